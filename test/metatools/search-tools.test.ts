import { describe, expect, test } from "vitest";
import { searchTools } from "../../src/metatools/search-tools.ts";
import { Shapes } from "../../src/metatools/shapes.ts";
import { Begun, catalogOf, type Tool } from "./lazy.ts";

const schema = { type: "object", properties: { path: { type: "string" } }, required: ["path"] };
const files: readonly Tool[] = [
  { name: "read_file", description: "Reads a file.", inputSchema: schema },
  {
    name: "file_info",
    title: "Facts about a file",
    outputSchema: { type: "object", properties: { size: { type: "integer" } } },
  },
];
const catalog = catalogOf({ files, notes: [{ name: "find_note", description: "Looks for a note in a file." }] });

function search(args: object, shapes = new Shapes(), among = catalog) {
  return new Begun(searchTools(shapes), among, args);
}

function found(args: object, shapes?: Shapes, among?: typeof catalog): { name: string; [member: string]: unknown }[] {
  const { content, isError } = search(args, shapes, among).reply;
  expect(isError).toBeUndefined();
  expect(content).toHaveLength(1);
  return JSON.parse((content[0] as { text: string }).text).tools;
}

describe("search_tools", () => {
  test("says of itself that it only reads, and in few words what it takes", () => {
    const definition = JSON.parse(JSON.stringify(searchTools(new Shapes()).definition(catalog)));
    expect(definition).toMatchObject({
      name: "search_tools",
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
      _meta: { "anthropic/alwaysLoad": true },
    });
    expect(JSON.stringify(definition).length).toBeLessThan(900);
  });

  test("gives names, descriptions, schemas as data and what the tools return", () => {
    const shapes = new Shapes();
    shapes.note("files__read_file", Buffer.from('{"content":[{"type":"text","text":"{\\"lines\\":[\\"a\\"]}"}]}'));
    expect(found({ query: "file" }, shapes)).toEqual([
      { name: "files__read_file", description: "Reads a file.", inputSchema: schema, returns: { lines: ["string"] } },
      {
        name: "files__file_info",
        description: "Facts about a file",
        inputSchema: { type: "object" },
        returns: { size: "number" },
      },
      { name: "notes__find_note", description: "Looks for a note in a file.", inputSchema: { type: "object" } },
    ]);
  });

  test("leaves schemas out where they are not wanted", () => {
    expect(found({ query: "read a file", limit: 1, schema: false })).toEqual([
      { name: "files__read_file", description: "Reads a file." },
    ]);
  });

  test("finds five tools unless told otherwise, and those of one server only if told so", () => {
    const many = catalogOf({ s: Array.from({ length: 30 }, (_, index) => ({ name: `file_${index}` })), files });
    expect(found({ query: "file" }, undefined, many)).toHaveLength(5);
    expect(found({ query: "file", limit: 20 }, undefined, many)).toHaveLength(20);
    expect(found({ query: "file", limit: "2" }, undefined, many)).toHaveLength(2);
    expect(found({ query: "file", server: "files" }, undefined, many).map(({ name }) => name)).toEqual([
      "files__read_file",
      "files__file_info",
    ]);
    expect(found({ query: "zebra" }, undefined, many)).toEqual([]);
  });

  test("gives schemas as their server wrote them, but for white space", () => {
    const bytes = '{"type": "object", "x": 12345678901234567890, "d": "a  b"}';
    const odd = catalogOf({ s: [{ name: "odd" }] });
    const [tool] = odd.tools;
    if (tool === undefined) throw new Error("no tool");
    const written = Buffer.from(tool.bytes.toString().replace('{"type":"object"}', bytes));
    const among = { ...odd, tools: [{ ...tool, bytes: written }] };
    const [text] = search({ query: "odd" }, undefined, among).reply.content;
    expect(text?.text).toBe(
      '{"tools":[{"name":"s__odd","inputSchema":{"type":"object","x":12345678901234567890,"d":"a  b"}}]}',
    );
  });

  test("stays within a client's limits: long schemas after the first one are left out, and said to be", () => {
    const long = { type: "object", properties: { a: { type: "string", description: "x".repeat(60_000) } } };
    const among = catalogOf({ s: [1, 2, 3].map((count) => ({ name: `file_${count}`, inputSchema: long })) });
    const tools = found({ query: "file" }, undefined, among);
    expect(tools.map((tool) => "inputSchema" in tool)).toEqual([true, false, false]);
    expect(tools[1]?.["note"]).toMatch(/schema is left out here, 60\d\d\d bytes: search with limit 1/);
    const [described] = found(
      { query: "say" },
      undefined,
      catalogOf({ s: [{ name: "say", description: "x".repeat(9000) }] }),
    );
    expect(described?.["description"]).toHaveLength(4000);
  });

  for (const [args, says] of [
    [{}, "query: has to be a text"],
    [{ query: 5 }, "query: has to be a text"],
    [{ query: "x", limit: 0 }, "limit: takes 1 to 20"],
    [{ query: "x", limit: 21 }, "limit: takes 1 to 20"],
    [{ query: "x", limit: 1.5 }, "limit: takes 1 to 20"],
    [{ query: "x", schema: "no" }, "schema: takes true or false"],
    [{ query: "x", server: "file" }, 'server: there is no "file" with tools; there is files'],
    [{ query: "x", server: "zebra" }, 'server: there is no "zebra" with tools; there is files, notes'],
    [{ query: "x", server: 1 }, "server: has to be a server's name"],
  ] as const) {
    test(`says what is wrong with ${JSON.stringify(args)}`, () => {
      const { content, isError, _meta } = search(args).reply;
      expect(isError).toBe(true);
      expect(content[0]?.text).toContain(`search_tools: ${says}`);
      expect(_meta).toEqual({ "tutti/error": { origin: "tutti", code: "bad_arguments", mayHaveRun: false } });
    });
  }

  test("has nothing to take back", () => {
    const begun = search({ query: "file" });
    begun.cancel("late");
    expect(begun.replies).toHaveLength(1);
  });
});
