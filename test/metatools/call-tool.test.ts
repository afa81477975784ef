import { describe, expect, test } from "vitest";
import { callTool } from "../../src/metatools/call-tool.ts";
import { Shapes } from "../../src/metatools/shapes.ts";
import { Begun, catalogOf } from "./lazy.ts";

const readOnly = { readOnlyHint: true, openWorldHint: false };
const catalog = catalogOf({
  files: [
    { name: "read_file", annotations: readOnly },
    { name: "delete_file", annotations: { destructiveHint: true } },
  ],
  notes: [{ name: "find_note", annotations: readOnly }],
});

function begin(args: object | string, shapes = new Shapes()): Begun {
  return new Begun(callTool(shapes), catalog, args);
}

const read = { name: "files__read_file", arguments: { path: "a" } };

describe("the definition of call_tool", () => {
  test("says of itself what all that it can call is like", () => {
    const annotationsOf = (among: typeof catalog) => callTool(new Shapes()).definition(among);
    expect(annotationsOf(catalog)).toMatchObject({
      name: "call_tool",
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
      _meta: { "anthropic/alwaysLoad": true },
    });
    expect(annotationsOf(catalogOf({ notes: [{ name: "find_note", annotations: readOnly }] }))).toMatchObject({
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    });
  });
});

describe("call_tool", () => {
  test("calls the tool, and gives its result as it stands", () => {
    const shapes = new Shapes();
    const begun = begin('{"name":"files__read_file","arguments":{"n":12345678901234567890, "b":1}}', shapes);
    expect(begun.calls).toEqual([
      { tool: "files__read_file", args: '{"n":12345678901234567890, "b":1}', answers: undefined, cancelled: undefined },
    ]);
    const result = '{"content":[{"type":"image","data":"AA=="}],"structuredContent":{"n":1.0},"x":{}}';
    begun.settle({ kind: "result", result: Buffer.from(result) });
    expect(begun.replies).toEqual([result]);
    expect(shapes.of("files__read_file")).toBe('{"n":"number"}');
  });

  test("gives the result of a tool that failed as it stands", () => {
    const begun = begin(read);
    const result = '{"content":[{"type":"text","text":"no"}],"isError":true}';
    begun.settle({ kind: "result", result: Buffer.from(result) });
    expect(begun.replies).toEqual([result]);
  });

  test("gives a server's JSON-RPC error as a result that has all of it", () => {
    const begun = begin(read);
    begun.settle({
      kind: "error",
      code: -32000,
      message: 'déjà "vu"',
      data: Buffer.from('{"n":12345678901234567890,"é":1}'),
    });
    expect(begun.replies).toEqual([
      '{"content":[{"type":"text","text":"déjà \\"vu\\""}],"isError":true,"_meta":{"tutti/error":{"origin":"server",' +
        '"server":"files","code":-32000,"message":"déjà \\"vu\\"","data":{"n":12345678901234567890,"é":1}}}}',
    ]);
  });

  for (const [how, args, wanted] of [
    ["without arguments", { name: "files__read_file" }, "{}"],
    ["with null for arguments", { name: "files__read_file", arguments: null }, "{}"],
    ["with arguments in a text", { name: "files__read_file", arguments: '{"path": "ä"}' }, '{"path": "ä"}'],
    ["with an empty text for arguments", { name: "files__read_file", arguments: "" }, "{}"],
    ["by other names of the members", { tool: "files__read_file", args: { path: "a" } }, '{"path":"a"}'],
    ["by the tool's original name", { name: "read_file", input: { path: "a" } }, '{"path":"a"}'],
    ["by what a client calls it", { name: "mcp__tutti__files__read_file" }, "{}"],
  ] as const) {
    test(`calls a tool ${how}`, () => {
      expect(begin(args).calls).toMatchObject([{ tool: "files__read_file", args: wanted }]);
    });
  }

  for (const [what, args, code, says] of [
    ["no name", {}, "bad_arguments", "call_tool: name: has to be"],
    ["a name that is none", { name: 5 }, "bad_arguments", "call_tool: name: has to be"],
    ["an array of arguments", { ...read, arguments: [] }, "bad_arguments", "call_tool: arguments: has to be an object"],
    ["a text that is no object", { ...read, arguments: '{"a"' }, "bad_arguments", "arguments: has to be an object"],
    ["a text of two objects", { ...read, arguments: "{},{}" }, "bad_arguments", "arguments: has to be an object"],
    ["a deep text", { ...read, arguments: `{"a":${"[".repeat(9999)}` }, "bad_arguments", "has to be an object"],
    ["an unknown tool", { name: "files__read_flie" }, "unknown_tool", "files__read_file"],
    ["itself", { name: "call_tool" }, "unknown_tool", "call_tool"],
    ["call_tools", { name: "call_tools" }, "unknown_tool", "call_tools"],
  ] as const) {
    test(`refuses ${what}, and calls nothing`, () => {
      const begun = begin(args);
      expect(begun.calls).toEqual([]);
      expect(begun.reply.isError).toBe(true);
      expect(begun.reply.content[0]?.text).toContain(says);
      expect(begun.reply._meta).toEqual({ "tutti/error": { origin: "tutti", code, mayHaveRun: false } });
    });
  }

  test("takes its call back when it is cancelled", () => {
    const begun = begin(read);
    begun.cancel("the user left");
    expect(begun.calls).toMatchObject([{ cancelled: "the user left" }]);
    expect(begun.replies).toEqual([]);
  });

  test("passes questions on, as often as there are some, and the answers back with what the tool wants to see again", () => {
    const begun = begin(read);
    const inputRequests = Buffer.from('{"q":{"method":"elicitation/create","params":{}}}');
    begun.settle({ kind: "asks", inputRequests, requestState: Buffer.from('"state"') });
    expect(begun.asked).toEqual([inputRequests.toString()]);
    begun.answer({ q: { action: "accept" } });
    expect(begun.calls.at(-1)).toMatchObject({ tool: "files__read_file", args: '{"path":"a"}' });
    expect(begun.calls.at(-1)?.answers?.inputResponses.toString()).toBe('{"q":{"action":"accept"}}');
    expect(begun.calls.at(-1)?.answers?.requestState?.toString()).toBe('"state"');
    begun.settle({ kind: "asks", inputRequests: undefined, requestState: Buffer.from('"later"') });
    begun.answer({});
    expect(begun.asked.at(-1)).toBe("{}");
    begun.cancel("enough");
    expect(begun.calls.map(({ cancelled }) => cancelled)).toEqual([undefined, undefined, "enough"]);
  });

  test("says that it may have run when nobody answers", () => {
    const begun = begin(read);
    begun.settle({ kind: "asks", inputRequests: Buffer.from("{}"), requestState: undefined });
    begun.abandon();
    expect(begun.reply._meta).toEqual({
      "tutti/error": { origin: "tutti", server: "files", code: "cannot_ask", mayHaveRun: true },
    });
    expect(begun.reply.content[0]?.text).toMatch(/^files: .*may have run/);
  });
});
