import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { longestMessage } from "../../src/metatools/outcomes.ts";
import { errorOf, type Result, stage } from "./scripted.ts";

const image = { type: "image", data: "AA==", mimeType: "image/png" };
const audio = { type: "audio", data: "BB==", mimeType: "audio/wav" };
const resource = { type: "resource", resource: { uri: "a:b", text: "hello" } };
const words = (text: string) => ({ type: "text", text });

function result(value: object) {
  return { kind: "result", result: Buffer.from(JSON.stringify(value)) } as const;
}

/** One call of each of these results; maxTokens is of bytes. */
function printed(values: readonly (object | string)[], maxBytes = 80_000, more: object = {}) {
  const at = stage({ maxTokens: maxBytes / 4 });
  const scripted = at.run(values.map((_, index) => ({ id: `c${index + 1}`, name: "one__plain", ...more })));
  for (const [index, value] of values.entries()) {
    if (typeof value === "string") scripted.sent[index]?.give(value);
    else scripted.sent[index]?.end(result(value));
  }
  const text = scripted.reply().content[0]?.text ?? "";
  return { ...at, reply: scripted.reply(), results: scripted.results(), text };
}

describe("the results", () => {
  test("stand in the order of the calls, whichever ended first, without white space", () => {
    const { run } = stage();
    const { sent, reply } = run([
      { id: "a", name: "one__plain" },
      { id: "b", name: "one__plain" },
    ]);
    sent[1]?.end(result({ content: [words('{ "x" : [ 1, 2 ] }')] }));
    sent[0]?.give("é\n");
    expect(reply().content).toEqual([
      words('{"results":[{"id":"a","ok":true,"result":"é\\n"},{"id":"b","ok":true,"result":{"x":[1,2]}}]}'),
    ]);
  });

  test("keep the digits of numbers", () => {
    const { text } = printed([{ content: [words('{"n":12345678901234567890.50}')] }]);
    expect(text).toContain('{"n":12345678901234567890.50}');
  });

  test("have images, audio and resources behind them, and say which is whose", () => {
    const { reply, results } = printed([
      { content: [image] },
      { content: [words("text"), audio, resource] },
      "plain",
      { content: [image, audio] },
    ]);
    expect(reply.content.slice(1)).toEqual([image, audio, resource, image, audio]);
    expect(results).toEqual([
      { id: "c1", ok: true, result: { $content: 1 } },
      { id: "c2", ok: true, result: "text", content: [{ $content: 2 }, { $content: 3 }] },
      { id: "c3", ok: true, result: "plain" },
      { id: "c4", ok: true, result: [{ $content: 4 }, { $content: 5 }] },
    ]);
  });

  test("have what was picked alone, and name what was not there", () => {
    const items = [
      { title: "a", body: "long" },
      { title: "b", body: "long" },
    ];
    const { reply, results } = printed([{ structuredContent: { items, total: 2 }, content: [image] }], 80_000, {
      pick: ["items[*].title", "x"],
    });
    expect(results).toEqual([
      { id: "c1", ok: true, result: { items: [{ title: "a" }, { title: "b" }] }, missing: ["x"] },
    ]);
    expect(reply.content.length).toBe(1);
  });

  test("are only how it went where nothing is to be picked", () => {
    const { results, reply } = printed(["x", { content: [image] }], 80_000, { pick: [] });
    expect(results).toEqual([
      { id: "c1", ok: true },
      { id: "c2", ok: true },
    ]);
    expect(reply.content.length).toBe(1);
  });
});

describe("the budget", () => {
  const list = (count: number) => ({ items: Array.from({ length: count }, (_, id) => ({ id, name: `item ${id}` })) });

  test("leaves small results whole, and gives the others the same", () => {
    const { results, text } = printed(
      [{ structuredContent: list(3) }, { structuredContent: list(500) }, "x".repeat(20_000)],
      4000,
    );
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4000);
    expect(Buffer.byteLength(text)).toBeGreaterThan(3500);
    const [small, long, words] = results as readonly [Result, Result, Result];
    expect(small).toEqual({ id: "c1", ok: true, result: list(3) });
    const { items } = long.result as { items: readonly unknown[] };
    expect(items).toEqual(list(items.length).items);
    expect(long.truncated).toEqual({
      path: "items",
      shown: items.length,
      of: 500,
      result_id: expect.stringMatching(/^r_/),
    });
    expect(words.truncated).toMatchObject({ shown: (words.result as string).length, of: 20_000 });
    const sizes = [long, words].map((one) => JSON.stringify(one).length);
    expect(Math.abs((sizes[0] as number) - (sizes[1] as number))).toBeLessThan(150);
  });

  test("cuts messages too, and gives no handle for them", () => {
    const { run } = stage({ maxTokens: 1000 });
    const { running, results, reply } = run(Array.from({ length: 20 }, () => ({ name: "one__plain" })));
    for (const one of running()) one.end(errorOf("x".repeat(longestMessage)));
    expect(reply().content[0]?.text.length).toBeLessThanOrEqual(4000);
    for (const { error, truncated } of results()) {
      expect(error?.message).toMatch(/^x{50,}/);
      expect(truncated).toBeUndefined();
    }
  });

  test("leaves out elements at the end where there are too many", () => {
    const { run } = stage({ maxTokens: 500 });
    const { call, running, results, reply } = run([
      { id: "l", name: "two__plain", pick: [] },
      { id: "a", name: "one__plain", each: "l" },
    ]);
    call("two__plain").give(Array(100).fill(1));
    for (const [index, one] of running().entries()) {
      if (index % 10 === 9) one.end(errorOf(`no ${index}`));
      else one.give({ index, text: "y".repeat(200) });
    }
    const text = reply().content[0]?.text ?? "";
    expect(text.length).toBeLessThanOrEqual(2000);
    const each = results()[1] as Result;
    expect(each.failed).toBe(10);
    expect(each.truncated).toMatchObject({ shown: each.results?.length, of: 100, result_id: expect.any(String) });
    expect(each.results?.length).toBeGreaterThan(5);
  });

  test("cuts the elements alike where they all have room", () => {
    const { run } = stage({ maxTokens: 1000 });
    const { call, running, results } = run([
      { id: "l", name: "two__plain", pick: [] },
      { id: "a", name: "one__plain", each: "l" },
    ]);
    call("two__plain").give([1, 2, 3]);
    for (const one of running()) one.give("y".repeat(5000));
    const each = results()[1] as Result;
    expect(each.results?.map(({ truncated }) => truncated?.["of"])).toEqual([5000, 5000, 5000]);
    expect(each.truncated).toMatchObject({ shown: 3, of: 3 });
  });

  test("holds though what stands around the results is all there is room for", () => {
    const { text } = printed(Array(32).fill({ structuredContent: list(500) }), 400);
    expect(JSON.parse(text)).toMatchObject({ results: Array.from({ length: 32 }, () => ({ ok: true })) });
    expect(text.length).toBeLessThan(32 * 150);
  });

  test("holds, and leaves JSON, whatever the results are", () => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 5 }), fc.string({ maxLength: 3000 }), fc.array(fc.nat()));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), fc.integer({ min: 200, max: 4000 }), (all, most) => {
        const { text, results } = printed(
          all.map((one) => ({ structuredContent: [one] })),
          most,
        );
        expect(results.length).toBe(all.length);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(most + 150 * all.length);
        for (const [index, { result, truncated }] of results.entries()) {
          if (truncated === undefined) expect(JSON.stringify(result)).toBe(JSON.stringify([all[index]]));
          else expect(truncated).toHaveProperty("result_id");
        }
      }),
      { numRuns: 200 },
    );
  });

  test("is none where it is 0", () => {
    expect(printed([{ structuredContent: list(20_000) }], 0).results[0]?.truncated).toBeUndefined();
  });

  test("keeps long resources out, where they can be had", () => {
    const long = { type: "resource", resource: { uri: "a:b", text: "x".repeat(10_000) } };
    const { results, reply, handles, owner } = printed([{ content: [long] }, { content: [resource] }], 4000);
    expect(reply.content.slice(1)).toEqual([resource]);
    const [left, given] = results as readonly [Result, Result];
    const { truncated } = left.result as { truncated: { result_id: string } };
    expect(JSON.parse(handles.value(owner, truncated.result_id)?.toString() ?? "")).toEqual(long);
    expect(given.result).toEqual({ $content: 1 });
  });
});

describe("a handle", () => {
  const value = { items: Array.from({ length: 90 }, (_, id) => ({ id, name: "x".repeat(100) })) };

  function cut() {
    const at = printed([{ structuredContent: value }], 2000);
    return { ...at, handle: at.results[0]?.truncated?.["result_id"] as string };
  }

  test("stands for the whole result in a later plan of the same client", () => {
    const { run, handle } = cut();
    const { call, running } = run([
      { id: "a", name: "one__read", arguments: { id: { $from: `${handle}.items[80].id` } } },
      { id: "b", name: "one__plain", each: `${handle}.items[*].id`, arguments: { id: { $from: "item" } } },
    ]);
    expect(call("one__read").args).toEqual({ id: 80 });
    expect(running().length).toBe(91);
  });

  test("is nothing in a plan of another client, and fails that call alone", () => {
    const { run, handle } = cut();
    const { call, results } = run(
      [
        { id: "a", name: "one__read", arguments: { id: { $from: `${handle}.items[80].id` } } },
        { id: "b", name: "one__plain" },
        { id: "c", name: "one__read", each: `${handle}.items` },
      ],
      {},
    );
    call("one__plain").give("x");
    const missing = { code: "no_such_value", message: expect.stringMatching(/no result "r_\w+": .*15 minutes/) };
    expect(results()).toEqual([
      { id: "a", ok: false, error: missing },
      { id: "b", ok: true, result: "x" },
      { id: "c", ok: false, error: missing },
    ]);
  });

  test("is nothing any more when it has expired, and says so", async () => {
    const { run, handle, clock } = cut();
    await clock.advance(15 * 60_000);
    const { results } = run([{ id: "a", name: "one__read", arguments: { id: { $from: `${handle}.items[0].id` } } }]);
    expect(results()[0]?.error?.message).toContain("15 minutes");
  });
});
