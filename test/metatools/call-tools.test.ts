import { describe, expect, test } from "vitest";
import { catalogOf, resultOf, stage } from "./scripted.ts";

const text =
  'Call several tools in one request, each exactly as if called on its own. Calls run at the same time unless one uses another\'s result. To use a result, put {"$from":"<id>.<path>"} anywhere in arguments, e.g. {"$from":"a.items[0].id"}; that call starts once the result is ready. If a call fails, the others still run, and every call gets its own result or error. Use it to chain calls without waiting for each result, or when tools can only be called one at a time.';

describe("the definition", () => {
  test("is that of the reference", () => {
    const { tool, catalog } = stage();
    expect(JSON.parse(JSON.stringify(tool.definition(catalog)))).toEqual({
      name: "call_tools",
      title: "Call several tools in one request",
      description: text,
      inputSchema: {
        type: "object",
        additionalProperties: false,
        required: ["calls"],
        properties: {
          calls: {
            type: "array",
            minItems: 1,
            maxItems: 32,
            items: {
              type: "object",
              required: ["id", "name"],
              properties: {
                id: { type: "string", description: 'Short name for this call, unique in the list, e.g. "a"' },
                name: { type: "string", description: "Tool name" },
                arguments: {
                  type: "object",
                  additionalProperties: true,
                  description: 'Tool arguments; may hold {"$from":...}',
                },
                after: {
                  type: "array",
                  items: { type: "string" },
                  description: "Ids of calls that must succeed first, when no result is used",
                },
                each: {
                  type: "string",
                  description:
                    'Path to an array, e.g. "a.items": call once per element, written {"$from":"item.<path>"}',
                },
                pick: {
                  type: "array",
                  items: { type: "string" },
                  description: 'Return only these paths, e.g. "items[*].title"; [] returns only the status',
                },
              },
            },
          },
        },
      },
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
      _meta: { "anthropic/alwaysLoad": true },
    });
  });

  test("says read-only where the scope is", () => {
    const { tool, catalog } = stage({ scope: "read-only" });
    expect(tool.definition(catalog)).toMatchObject({ annotations: { readOnlyHint: true, destructiveHint: false } });
  });
});

describe("a plan that is wrong", () => {
  const wrong = [
    [
      "has a cycle",
      [
        { id: "a", name: "one__plain", after: ["b"] },
        { id: "b", name: "one__plain", arguments: { x: { $from: "a" } } },
      ],
    ],
    ["names a call that is not there", [{ id: "a", name: "one__plain", after: ["z"] }]],
    ["refers to a call that is not there", [{ id: "a", name: "one__plain", arguments: { x: { $from: "z.y" } } }]],
    [
      "has an id twice",
      [
        { id: "a", name: "one__plain" },
        { id: "a", name: "one__plain" },
      ],
    ],
    ["has too many calls", Array.from({ length: 33 }, () => ({ name: "one__plain" }))],
    ["has none", []],
  ] as const;
  for (const [how, calls] of wrong) {
    test(`runs nothing where it ${how}`, () => {
      const { run, clock } = stage();
      const { sent, reply, progress } = run(calls);
      expect(sent).toEqual([]);
      expect(reply()).toMatchObject({
        isError: true,
        content: [{ type: "text", text: expect.stringMatching(/^call_tools: .* Nothing was run\.$/s) }],
        _meta: { "tutti/error": { origin: "tutti", code: "bad_arguments", mayHaveRun: false } },
      });
      expect([progress, clock.timers()]).toEqual([[], 0]);
    });
  }
});

describe("one call", () => {
  test("reaches its server under the name that clients see, with its arguments to the byte", () => {
    const { begin } = stage();
    const { sent } = begin(
      '{"calls":[{"id":"a","name":"mcp__tutti__one__plain","arguments":{"n": 12345678901234567890}}]}',
    );
    expect(sent.map(({ tool, bytes }) => [tool, bytes])).toEqual([["one__plain", '{"n": 12345678901234567890}']]);
  });

  test("of a tool that is not there fails alone, and names the nearest", () => {
    const { run } = stage();
    const { call, results } = run([
      { id: "a", name: "one__plian" },
      { id: "b", name: "one__plain" },
      { id: "c", name: "one__plain", after: ["a"] },
    ]);
    call("one__plain").give("done");
    expect(results()).toEqual([
      { id: "a", ok: false, error: { code: "unknown_tool", message: expect.stringContaining("one__plain") } },
      { id: "b", ok: true, result: "done" },
      { id: "c", ok: false, error: { code: "skipped", message: 'needs "a", which failed' } },
    ]);
  });

  test("out of the scope fails alone, and says what to do", () => {
    const { run } = stage({ scope: "non-destructive" });
    const { call, results } = run([{ name: "one__destroy" }, { name: "one__plain" }]);
    call("one__plain").give("done");
    expect(results()).toEqual([
      {
        id: "c1",
        ok: false,
        error: { code: "out_of_scope", message: '"one__destroy" is marked destructive; call it on its own' },
      },
      { id: "c2", ok: true, result: "done" },
    ]);
  });

  for (const name of ["call_tools", "mcp__tutti__read_result", "functions.search_tools", "call_tool"]) {
    test(`of tutti's own ${name} fails alone`, () => {
      const { run } = stage();
      const { sent, results } = run([{ id: "a", name, arguments: { calls: [] } }]);
      expect(sent).toEqual([]);
      expect(results()).toMatchObject([{ ok: false, error: { code: "out_of_scope" } }]);
    });
  }

  test("with arguments that its tool does not take is not sent", () => {
    const { run } = stage();
    const { call, sent, results } = run([
      { id: "a", name: "one__plain" },
      { id: "b", name: "one__typed", arguments: { number: { $from: "a.n" } } },
      { id: "c", name: "one__typed", arguments: {} },
    ]);
    call("one__plain").give({ n: "seven" });
    expect(sent.length).toBe(1);
    const [, b, c] = results();
    expect(b).toMatchObject({
      ok: false,
      error: { code: "invalid_arguments", message: expect.stringContaining("number") },
    });
    expect(c).toMatchObject({
      ok: false,
      error: { code: "invalid_arguments", message: expect.stringContaining("number") },
    });
  });
});

test("all calls failing is no error of the whole, and does not say that nothing was run", () => {
  const { run } = stage();
  const { reply, results } = run([{ name: "nothing" }, { name: "nowhere" }]);
  expect(reply().isError).toBe(false);
  expect(results().map(({ ok }) => ok)).toEqual([false, false]);
});

test("what it has cost is written beside the result", async () => {
  const { run, clock } = stage();
  const { call, reply } = run([
    { id: "a", name: "one__read" },
    { id: "b", name: "one__plain", arguments: { x: { $from: "a" } } },
    { id: "c", name: "two__plain" },
    { id: "d", name: "nothing" },
    { id: "e", name: "one__plain", after: ["d"] },
  ]);
  await clock.advance(100);
  call("one__read").give("A");
  await clock.advance(50);
  call("one__plain").give("B");
  await clock.advance(20);
  const last = resultOf("C");
  call("two__plain").end(last);
  expect(reply()._meta?.["tutti/usage"]).toEqual({
    calls: 5,
    ok: 3,
    failed: 1,
    skipped: 1,
    ms: 170,
    criticalPathMs: 170,
    sumMs: 320,
    bytesIn: 3 * ("result" in last ? last.result.length : 0),
    bytesReturned: reply().content[0]?.text.length,
  });
});

test("two servers that are as quick take as long as the slower one", () => {
  const { run } = stage({ catalog: catalogOf("one", "two", "three") });
  expect(run([{ name: "one__plain" }, { name: "two__plain" }, { name: "three__plain" }]).names()).toEqual([
    "one__plain",
    "two__plain",
    "three__plain",
  ]);
});
