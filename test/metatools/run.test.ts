import { describe, expect, test } from "vitest";
import { errorOf, stage } from "./scripted.ts";

const from = (path: string) => ({ $from: path });

describe("a call starts", () => {
  test("at once where it needs nothing", () => {
    const { run } = stage();
    expect(run([{ name: "one__plain" }, { name: "one__plain" }, { name: "two__read" }]).names()).toEqual([
      "one__plain",
      "one__plain",
      "two__read",
    ]);
  });

  test("as soon as what it needs is there, though others of the row before it still run", () => {
    const { run } = stage();
    const { call, names, sent } = run([
      { id: "slow", name: "one__plain" },
      { id: "quick", name: "two__plain" },
      { id: "next", name: "two__read", arguments: { id: from("quick.items[0].id") } },
    ]);
    call("two__plain").give({ items: [{ id: 7 }] });
    expect(names()).toEqual(["one__plain", "two__read"]);
    expect(sent[2]?.args).toEqual({ id: 7 });
  });

  test("after those that it has to come after, with nothing of theirs", () => {
    const { run } = stage();
    const { call, names } = run([
      { id: "b", name: "one__read", after: ["a"] },
      { id: "a", name: "one__plain" },
    ]);
    expect(names()).toEqual(["one__plain"]);
    call("one__plain").give("x");
    expect(names()).toEqual(["one__read"]);
  });

  test("with the bytes of what it refers to, and what looks like a reference in a result stays data", () => {
    const { run } = stage();
    const { call, results } = run([
      { id: "a", name: "one__plain" },
      { id: "b", name: "one__read", arguments: { x: from("a"), s: { $template: `<\${a.text}>` } } },
    ]);
    const value = `{"text":"\${b.secret}","n":12345678901234567890,"trap":{"$from":"c.secret"},"__proto__":{"x":1}}`;
    call("one__plain").end({ kind: "result", result: Buffer.from(`{"content":[],"structuredContent":${value}}`) });
    expect(call("one__read").bytes).toBe(`{"x":${value},"s":"<\${b.secret}>"}`);
    call("one__read").give("done");
    expect(results()[1]).toEqual({ id: "b", ok: true, result: "done" });
  });

  test("never with what its result's prototype has", () => {
    const { run } = stage();
    const { call, results, sent } = run([
      { id: "a", name: "one__plain" },
      { id: "b", name: "one__read", arguments: { x: from("a.constructor") } },
      { id: "c", name: "one__read", arguments: { x: from("a.__proto__") } },
    ]);
    call("one__plain").give({ items: [], total: 0 });
    expect(sent.length).toBe(1);
    for (const result of results().slice(1)) {
      expect(result.error?.code).toBe("no_such_value");
      expect(result.error?.message).toMatch(/items.*total/);
    }
  });
});

describe("what fails", () => {
  test("fails alone, and those that need it are skipped, and those that need them", () => {
    const { run } = stage();
    const { call, results } = run([
      { id: "a", name: "one__plain" },
      { id: "b", name: "one__read", arguments: { x: from("a") } },
      { id: "c", name: "one__read", after: ["b"] },
      { id: "d", name: "two__plain" },
    ]);
    call("one__plain").end(errorOf("no"));
    call("two__plain").give([1]);
    expect(results()).toEqual([
      { id: "a", ok: false, error: { code: "tool_error", message: "no" } },
      { id: "b", ok: false, error: { code: "skipped", message: 'needs "a", which failed' } },
      { id: "c", ok: false, error: { code: "skipped", message: 'needs "b", which was skipped because "a" failed' } },
      { id: "d", ok: true, result: [1] },
    ]);
  });

  test("keeps the code of a JSON-RPC error", () => {
    const { run } = stage();
    const { call, results } = run([{ id: "a", name: "one__plain" }]);
    call("one__plain").end({ kind: "error", code: -32_000, message: "gone", data: undefined });
    expect(results()).toEqual([
      { id: "a", ok: false, error: { code: "protocol_error", message: "gone", rpc_code: -32_000 } },
    ]);
  });
});

describe("a tool that is marked as writing", () => {
  test("is called alone among those of its server, in the order of the list", () => {
    const { run } = stage();
    const { call, names } = run([
      { name: "one__read" },
      { name: "one__write" },
      { name: "one__plain" },
      { name: "two__read" },
      { name: "two__plain" },
    ]);
    expect(names()).toEqual(["one__read", "two__read", "two__plain"]);
    call("one__read").give("x");
    expect(names()).toEqual(["two__read", "two__plain", "one__write"]);
    call("one__write").give("x");
    expect(names()).toEqual(["two__read", "two__plain", "one__plain"]);
  });

  test("comes behind what its place in the list is behind, though that has waited for another", () => {
    const { run } = stage();
    const { call, names, sent } = run([
      { id: "a", name: "one__read" },
      { id: "b", name: "one__write", arguments: { x: from("a") } },
      { id: "c", name: "one__destroy" },
    ]);
    call("one__read").give("x");
    expect(names()).toEqual(["one__write"]);
    sent[1]?.give("x");
    expect(names()).toEqual(["one__destroy"]);
  });

  test("holds nobody up while it waits for another itself", () => {
    const { run } = stage();
    const { names } = run([
      { id: "a", name: "two__plain" },
      { id: "b", name: "one__write", arguments: { x: from("a") } },
      { id: "c", name: "one__read" },
    ]);
    expect(names()).toEqual(["two__plain", "one__read"]);
  });

  test("is called for one element after the other", () => {
    const { run } = stage();
    const { call, running } = run([
      { id: "a", name: "two__plain" },
      { id: "b", name: "one__write", each: "a", arguments: { x: from("item") } },
    ]);
    call("two__plain").give([1, 2, 3]);
    for (const element of [1, 2, 3]) {
      expect(running().map(({ args }) => args)).toEqual([{ x: element }]);
      call("one__write").give("x");
    }
  });
});

describe("a call for each element", () => {
  test("gives each its own outcome, in their order", () => {
    const { run } = stage();
    const { call, running, results } = run([
      { id: "list", name: "two__plain" },
      {
        id: "d",
        name: "one__read",
        each: "list.items",
        arguments: { n: from("item.number"), all: from("list.total") },
      },
      { id: "e", name: "one__plain", arguments: { x: from("d"), first: from("d[0].title") } },
    ]);
    call("two__plain").give({ total: 3, items: [{ number: 1 }, { number: 2 }, {}] });
    expect(running().map(({ args }) => args)).toEqual([
      { n: 1, all: 3 },
      { n: 2, all: 3 },
    ]);
    const [first, second] = running();
    second?.end(errorOf("not found"));
    first?.give({ title: "one" });
    expect(call("one__plain").bytes).toBe('{"x":[{"title":"one"},null,null],"first":"one"}');
    call("one__plain").give("done");
    expect(results()).toEqual([
      { id: "list", ok: true, result: { total: 3, items: [{ number: 1 }, { number: 2 }, {}] } },
      {
        id: "d",
        ok: true,
        results: [
          { ok: true, result: { title: "one" } },
          { ok: false, error: { code: "tool_error", message: "not found" } },
          { ok: false, error: { code: "no_such_value", message: expect.any(String) } },
        ],
        failed: 2,
      },
      { id: "e", ok: true, result: "done" },
    ]);
  });

  test("is no call where there are none", () => {
    const { run } = stage();
    const { call, results } = run([
      { id: "a", name: "two__plain" },
      { id: "b", name: "one__read", each: "a" },
      { id: "c", name: "one__plain", arguments: { x: from("b") } },
    ]);
    call("two__plain").give([]);
    expect(call("one__plain").args).toEqual({ x: [] });
    call("one__plain").give("x");
    expect(results()[1]).toEqual({ id: "b", ok: true, results: [] });
  });

  test("is no call of an empty result of before, and those that need it are called once", () => {
    const { run, handles, owner } = stage();
    const handle = handles.keep(owner, Buffer.from('{"items":[]}'));
    const { names } = run([
      { id: "a", name: "one__read", each: `${handle}.items` },
      { id: "b", name: "two__read", arguments: { x: from("a") } },
    ]);
    expect(names()).toEqual(["two__read"]);
  });

  test("has failed whole where all have, and then those that need it are skipped", () => {
    const { run } = stage();
    const { call, running, results } = run([
      { id: "a", name: "two__plain" },
      { id: "b", name: "one__read", each: "a" },
      { id: "c", name: "one__plain", after: ["b"] },
    ]);
    call("two__plain").give([1, 2]);
    for (const one of running()) one.end(errorOf("no"));
    expect(results().slice(1)).toEqual([
      {
        id: "b",
        ok: false,
        error: { code: "tool_error", message: "all 2 calls failed; the first: no" },
        results: [1, 2].map(() => ({ ok: false, error: { code: "tool_error", message: "no" } })),
        failed: 2,
      },
      { id: "c", ok: false, error: { code: "skipped", message: 'needs "b", which failed' } },
    ]);
  });

  test("is refused for what is no array, and for more than 100", () => {
    const { run } = stage();
    const { call, sent, results } = run([
      { id: "a", name: "two__plain" },
      { id: "b", name: "one__read", each: "a.many" },
      { id: "c", name: "one__read", each: "a.one" },
      { id: "d", name: "one__read", each: "a.none" },
      { id: "e", name: "one__read", each: "a.enough", pick: [] },
    ]);
    call("two__plain").give({ many: Array(101).fill(1), one: 1, enough: Array(100).fill(1) });
    expect(sent.length).toBe(101);
    for (const one of sent.slice(1)) one.give("x");
    const codes = results().map(({ error }) => error?.code);
    expect(codes).toEqual([undefined, "too_large", "no_such_value", "no_such_value", undefined]);
    expect(results()[4]?.results).toEqual(Array(100).fill({ ok: true }));
  });
});
