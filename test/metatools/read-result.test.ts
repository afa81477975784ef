import { describe, expect, test } from "vitest";
import { readResult } from "../../src/metatools/read-result.ts";
import { script, stage } from "./scripted.ts";

const items = Array.from({ length: 312 }, (_, id) => ({ id, body: `body ${id}` }));
const text = "a line\n".repeat(1000);

function kept(value: unknown, maxTokens = 20_000) {
  const { handles, owner, catalog, clock } = stage();
  const tool = readResult({ handles, maxTokens });
  const handle = handles.keep(owner, Buffer.from(JSON.stringify(value))) as string;
  const read = (args: object, who: object = owner) => script(tool, args, who, catalog).reply();
  const get = (more: object = {}) => JSON.parse(read({ result: handle, ...more }).content[0]?.text ?? "") as unknown;
  return { tool, handle, read, get, clock, catalog };
}

describe("read_result", () => {
  test("changes nothing, and says so", () => {
    const { tool, catalog } = kept(1);
    expect(tool.definition(catalog)).toMatchObject({
      name: "read_result",
      inputSchema: { type: "object", additionalProperties: false, required: ["result"] },
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
      _meta: { "anthropic/alwaysLoad": true },
    });
  });

  test("gives elements of an array from where it is asked, and says where the next ones are", () => {
    const { get } = kept({ items });
    expect(get({ path: "items", offset: 20, limit: 2 })).toEqual({
      result: items.slice(20, 22),
      offset: 20,
      shown: 2,
      of: 312,
      next_offset: 22,
    });
    expect(get({ path: "items", offset: 311 })).toEqual({ result: [items[311]], offset: 311, shown: 1, of: 312 });
    expect(get({ path: "items", offset: 400 })).toEqual({ result: [], offset: 400, shown: 0, of: 312 });
  });

  test("gives members of an object, and characters of a text", () => {
    const { get } = kept({ a: 1, b: text, c: { d: 2 } });
    expect(get({ offset: 2 })).toEqual({ result: { c: { d: 2 } }, offset: 2, shown: 1, of: 3 });
    expect(get({ path: "b", offset: 7, limit: 6 })).toEqual({
      result: "a line",
      offset: 7,
      shown: 6,
      of: 7000,
      next_offset: 13,
    });
    expect(get({ path: "c.d" })).toEqual({ result: 2, offset: 0, shown: 1, of: 1 });
  });

  test("gives as much as there is room for, until all has been read", () => {
    const { get, read, handle } = kept({ items }, 500);
    const all: unknown[] = [];
    for (let offset: number | undefined = 0; offset !== undefined; ) {
      const part = get({ path: "items", offset }) as { result: readonly unknown[]; next_offset?: number };
      expect(read({ result: handle, path: "items", offset }).content[0]?.text.length).toBeLessThanOrEqual(2000);
      all.push(...part.result);
      offset = part.next_offset;
    }
    expect(all).toEqual(items);
  });

  test("shows where it has cut an element that is too long itself", () => {
    const { get } = kept({ list: [1, { body: "x".repeat(10_000) }, 3] }, 500);
    const part = get({ path: "list", offset: 1 }) as { result: readonly { body: string }[] };
    expect(part).toMatchObject({
      offset: 1,
      shown: 1,
      of: 3,
      next_offset: 2,
      truncated: { path: "list[1].body", of: 10_000 },
    });
    expect(get({ path: "list[1].body", offset: part.result[0]?.body.length ?? 0, limit: 3 })).toMatchObject({
      result: "xxx",
    });
  });

  test("takes a path behind the handle too", () => {
    const { read, handle } = kept({ items });
    const reply = read({ result: `${handle}.items[3]`, path: "id" });
    expect(JSON.parse(reply.content[0]?.text ?? "")).toMatchObject({ result: 3 });
  });

  test("gives nothing to another client, and nothing that has expired", async () => {
    const { read, handle, clock } = kept({ items });
    const foreign = read({ result: handle }, {});
    expect(foreign).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/^read_result: no result "r_\w+": .*15 minutes/) }],
      _meta: { "tutti/error": { code: "bad_arguments", mayHaveRun: false } },
    });
    await clock.advance(15 * 60_000);
    expect(read({ result: handle })).toEqual(foreign);
  });

  const wrong = [
    {},
    { result: 7 },
    { result: "" },
    { path: 7 },
    { path: "a..b" },
    { path: "nothing" },
    { offset: -1 },
    { offset: 1.5 },
    { limit: 0 },
    { limit: "x" },
  ];
  for (const args of wrong) {
    test(`says what is wrong with ${JSON.stringify(args)}`, () => {
      const { read, handle } = kept({ items });
      const given = Object.keys(args).length === 0 || "result" in args ? args : { result: handle, ...args };
      expect(read(given)).toMatchObject({
        isError: true,
        content: [{ text: expect.stringMatching(/^read_result: /) }],
      });
    });
  }
});
