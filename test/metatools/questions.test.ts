import { describe, expect, test } from "vitest";
import { asksOf, errorOf, stage } from "./scripted.ts";

const question = (message: string) => ({ method: "elicitation/create", params: { message } });
const yes = { action: "accept", content: { sure: true } };

describe("questions of servers", () => {
  test("are put when all else that can run has, under the id of their call", () => {
    const { run } = stage();
    const { call, asked } = run([
      { id: "a", name: "one__plain" },
      { id: "b", name: "two__plain" },
      { id: "c", name: "two__read", after: ["b"] },
      { id: "d", name: "one__read", after: ["a"] },
    ]);
    call("one__plain").end(asksOf({ sure: question("really?"), "x/y": question("and?") }, "state"));
    expect(asked()).toBeUndefined();
    call("two__plain").give("B");
    expect(asked()).toBeUndefined();
    call("two__read").give("C");
    expect(asked()).toEqual({ "a/sure": question("really?"), "a/x/y": question("and?") });
  });

  test("get their answers in another call of their tool alone, with its state to the byte", () => {
    const { run } = stage();
    const { call, comeBack, sent, results } = run([
      { id: "a", name: "one__plain", arguments: { n: 1 } },
      { id: "b", name: "two__plain" },
    ]);
    call("two__plain").give("B");
    call("one__plain").end({
      kind: "asks",
      inputRequests: Buffer.from('{"sure": {"method":"elicitation/create"}}'),
      requestState: Buffer.from('"st\\u0061te"'),
    });
    comeBack({ "a/sure": yes, "b/sure": yes, odd: 1 });
    expect(sent.map(({ tool }) => tool)).toEqual(["one__plain", "two__plain", "one__plain"]);
    const again = call("one__plain");
    expect(again.args).toEqual({ n: 1 });
    expect(again.answers?.requestState?.toString()).toBe('"st\\u0061te"');
    expect(JSON.parse(again.answers?.inputResponses.toString() ?? "")).toEqual({ sure: yes });
    again.give("A");
    expect(results().map(({ result }) => result)).toEqual(["A", "B"]);
  });

  test("of elements are told apart", () => {
    const { run } = stage();
    const { call, running, asked, comeBack } = run([
      { id: "l", name: "two__plain" },
      { id: "a", name: "one__plain", each: "l", arguments: { n: { $from: "item" } } },
    ]);
    call("two__plain").give([7, 8]);
    for (const one of running()) one.end(asksOf({ q: question("?") }));
    expect(Object.keys(asked() ?? {})).toEqual(["a.0/q", "a.1/q"]);
    comeBack({ "a.1/q": { n: 1 }, "a.0/q": { n: 0 } });
    expect(running().map(({ args, answers }) => [args, answers?.inputResponses.toString()])).toEqual([
      [{ n: 7 }, '{"q":{"n":0}}'],
      [{ n: 8 }, '{"q":{"n":1}}'],
    ]);
  });

  test("that are not answered are asked again, when those that were have gone on", () => {
    const { run } = stage();
    const { call, asked, comeBack } = run([
      { id: "a", name: "one__plain" },
      { id: "b", name: "two__plain" },
    ]);
    call("one__plain").end(asksOf({ q: question("1"), r: question("2") }));
    call("two__plain").end(asksOf({ q: question("3") }));
    comeBack({ "a/q": yes, "b/q": yes });
    expect(asked()).toBeUndefined();
    call("two__plain").give("B");
    expect(asked()).toEqual({ "a/r": question("2") });
    comeBack({ "a/r": { action: "decline" } });
    expect(call("one__plain").answers?.inputResponses.toString()).toBe(
      JSON.stringify({ q: yes, r: { action: "decline" } }),
    );
  });

  test("are asked as often as the server asks", () => {
    const { run } = stage();
    const { call, asked, comeBack, results } = run([{ id: "a", name: "one__plain" }]);
    for (const round of [1, 2, 3]) {
      call("one__plain").end(asksOf({ q: question(String(round)) }, `state ${round}`));
      expect(asked()).toEqual({ "a/q": question(String(round)) });
      comeBack({ "a/q": yes });
      expect(call("one__plain").answers?.requestState?.toString()).toBe(`"state ${round}"`);
    }
    call("one__plain").give("done");
    expect(results()).toEqual([{ id: "a", ok: true, result: "done" }]);
  });

  test("end with an error of their call alone where nobody answers them", () => {
    const { run } = stage();
    const { call, comeBack, results, replies } = run([
      { id: "a", name: "one__plain" },
      { id: "b", name: "one__read", after: ["a"] },
    ]);
    call("one__plain").end(asksOf({ q: question("?") }));
    for (let round = 0; replies.length === 0 && round < 100; round++) comeBack({});
    expect(results()).toMatchObject([{ error: { code: "input_required" } }, { error: { code: "skipped" } }]);
  });

  test("end so where the client does not come back, and nothing else is begun", () => {
    const { run } = stage();
    const { call, abandon, sent, results } = run([
      { id: "a", name: "one__write" },
      { id: "b", name: "one__write" },
      { id: "c", name: "two__plain" },
    ]);
    call("two__plain").give("C");
    call("one__write").end(asksOf({ q: question("?") }));
    abandon();
    expect(sent.length).toBe(2);
    expect(results()).toMatchObject([
      { ok: false, error: { code: "input_required" } },
      { ok: false, error: { code: "cancelled", sent: false } },
      { ok: true, result: "C" },
    ]);
  });

  test("of which there are none only ask to be called again, but not for ever", () => {
    const { run } = stage();
    const { call, asked, sent, results, replies } = run([{ id: "a", name: "one__plain" }]);
    for (let round = 0; replies.length === 0 && round < 100; round++) {
      call("one__plain").end(asksOf(round % 2 === 0 ? undefined : {}, `s${round}`));
    }
    expect(asked()).toBeUndefined();
    expect(sent.length).toBe(11);
    expect(sent[1]?.answers?.inputResponses.toString()).toBe("{}");
    expect(results()).toMatchObject([{ error: { code: "protocol_error" } }]);
  });

  test("keep others from overtaking a call that is marked as writing", () => {
    const { run } = stage();
    const { call, names, comeBack } = run([
      { id: "a", name: "one__write" },
      { id: "b", name: "one__read" },
    ]);
    call("one__write").end(asksOf({ q: question("?") }));
    expect(names()).toEqual([]);
    comeBack({ "a/q": yes });
    expect(names()).toEqual(["one__write"]);
    call("one__write").end(errorOf("no"));
    expect(names()).toEqual(["one__read"]);
  });

  test("have keys that are never the same", () => {
    const { run } = stage();
    const { running, asked } = run([
      { id: "a", name: "one__plain" },
      { id: "a/b", name: "one__plain" },
    ]);
    const [first, second] = running();
    first?.end(asksOf({ "b/c": question("1") }));
    second?.end(asksOf({ c: question("2") }));
    expect(Object.values(asked() ?? {})).toEqual([question("1"), question("2")]);
  });
});
