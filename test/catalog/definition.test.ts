import { specTypeSchemas } from "@modelcontextprotocol/client";
import { ToolSchema } from "@modelcontextprotocol/sdk/types.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exposeTool, type Kind, readDefinition, withKey } from "../../src/catalog/definition.ts";
import type { ToolRules } from "../../src/config/config.ts";

/** What is read of a definition: its key, or why it is left out. */
function read(definition: unknown, kind: Kind = "tools"): { key: string } | string {
  const read = readDefinition(kind, Buffer.from(JSON.stringify(definition)));
  return typeof read === "string" ? read : { key: read.key };
}

const usable = { name: "a", inputSchema: { type: "object" } };

describe("a definition", () => {
  test("is usable with a name and an input schema", () => {
    expect(read(usable)).toEqual({ key: "a" });
  });

  for (const more of [
    {
      inputSchema: {
        type: "object",
        properties: { __proto__: {}, constructor: {} },
        required: ["x"],
        anyOf: [],
        $defs: 7,
      },
    },
    { outputSchema: { type: "object", properties: {} } },
    { outputSchema: { type: "array", items: true } },
    { outputSchema: { $schema: "https://json-schema.org/draft/2020-12/schema", anyOf: 7 } },
    { outputSchema: true },
    { outputSchema: false },
    { outputSchema: {} },
    { annotations: { title: "t", readOnlyHint: true, custom: [1] } },
    { icons: [{ src: "data:," }], execution: { taskSupport: "optional" }, _meta: { "x/y": null } },
    { unknown: null, title: "t", description: "" },
    { name: "__proto__" },
    { name: " 😀\ud800" },
    { inputSchema: { type: "object", properties: { a: { pattern: "^(a+)+$", anyOf: Array(10_000).fill({}) } } } },
  ]) {
    test(`is usable with ${JSON.stringify(more).slice(0, 80)}`, () => {
      expect(typeof read({ ...usable, ...more })).toBe("object");
    });
  }

  const broken: readonly (readonly [unknown, string])[] = [
    [{ inputSchema: usable.inputSchema }, "name: "],
    [{ ...usable, name: "" }, "name: "],
    [{ ...usable, name: 7 }, "name: "],
    [{ ...usable, name: null }, "name: "],
    [{ ...usable, inputSchema: null }, "inputSchema: "],
    [{ ...usable, inputSchema: true }, "inputSchema: "],
    [{ ...usable, inputSchema: {} }, "inputSchema.type: "],
    [{ ...usable, inputSchema: { type: "string" } }, "inputSchema.type: "],
    [{ ...usable, inputSchema: { type: ["object"] } }, "inputSchema.type: "],
    [{ ...usable, inputSchema: { type: "object", properties: [] } }, "inputSchema.properties: "],
    [{ ...usable, inputSchema: { type: "object", properties: { x: true } } }, "inputSchema.properties.x: "],
    [{ ...usable, inputSchema: { type: "object", required: "x" } }, "inputSchema.required: "],
    [{ ...usable, outputSchema: null }, "outputSchema: "],
    [{ ...usable, outputSchema: "array" }, "outputSchema: "],
    [{ ...usable, outputSchema: [] }, "outputSchema: "],
    [{ ...usable, outputSchema: { $schema: 7 } }, "outputSchema: "],
    [{ ...usable, title: 7 }, "title: "],
    [{ ...usable, description: null }, "description: "],
    [{ ...usable, annotations: { readOnlyHint: "yes" } }, "annotations.readOnlyHint: "],
    [{ ...usable, annotations: null }, "annotations: "],
    [{ ...usable, icons: [{}] }, "icons.0.src: "],
    [{ ...usable, icons: [{ src: "", theme: "blue" }] }, "icons.0.theme: "],
    [{ ...usable, icons: [{ src: "", sizes: "any" }] }, "icons.0.sizes: "],
    [{ ...usable, execution: { taskSupport: "always" } }, "execution.taskSupport: "],
    [{ ...usable, _meta: [] }, "_meta: "],
    [7, "the definition: "],
    [null, "the definition: "],
    ["a", "the definition: "],
    [[usable], "the definition: "],
  ];
  for (const [definition, field] of broken) {
    test(`is left out, naming the field: ${JSON.stringify(definition)}`, () => {
      expect(read(definition)).toMatch(new RegExp(`^is not usable: ${field.replaceAll(".", "\\.")}`));
    });
  }

  test("is left out in plain words where it has no input schema", () => {
    expect(read({ name: "a" })).toBe("is left out: it has no inputSchema");
    expect(read({ inputSchema: undefined, name: 7 })).toMatch(/^is not usable: name: /);
  });

  test("is left out in a bounded text however long the names in it are", () => {
    const properties = { ["x".repeat(100_000)]: 7 };
    expect((read({ ...usable, inputSchema: { type: "object", properties } }) as string).length).toBeLessThan(500);
  });

  test("is usable only where both lines of the official SDK take it, and then as it is exposed", () => {
    const value = fc.constantFrom<unknown>(undefined, null, true, 7, "text", [], {}, ["text"], [{ src: "s" }], [7]);
    const oddly = (...names: string[]) =>
      fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
    const schema = fc.oneof(
      value,
      oddly("type", "properties", "required").map((odd) => ({ type: "object", ...odd })),
    );
    const icons = fc.array(
      oddly("mimeType", "sizes", "theme").map((odd) => ({ src: "s", ...odd })),
      { maxLength: 2 },
    );
    const definition = fc.record(
      {
        name: fc.oneof(value, fc.constant("a")),
        title: value,
        description: value,
        inputSchema: schema,
        outputSchema: schema,
        icons: fc.oneof(value, icons),
        annotations: fc.oneof(
          value,
          oddly("title", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"),
        ),
        execution: fc.oneof(value, oddly("taskSupport")),
        _meta: value,
      },
      { requiredKeys: ["name", "inputSchema"] },
    );
    const near = fc.tuple(
      definition,
      fc.subarray(
        Object.keys({
          ...usable,
          title: 0,
          description: 0,
          outputSchema: 0,
          icons: 0,
          annotations: 0,
          execution: 0,
          _meta: 0,
        }),
      ),
    );
    let taken = 0;
    fc.assert(
      fc.property(near, ([odd, kept]) => {
        const chosen = Object.fromEntries(Object.entries(odd).filter(([name]) => kept.includes(name)));
        const bytes = Buffer.from(JSON.stringify({ ...usable, ...chosen }));
        const read = readDefinition("tools", bytes);
        if (typeof read === "string") return;
        taken++;
        const exposed = exposeTool(read, "x__a", [["*", { readOnlyHint: true }]]);
        const older = JSON.parse(exposed.olderBytes.toString());
        expect(ToolSchema.safeParse(older).error).toBeUndefined();
        for (const definition of [older, JSON.parse(exposed.bytes.toString())]) {
          expect(specTypeSchemas.Tool["~standard"].validate(definition)).toHaveProperty("value");
        }
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(300);
  });
});

describe("annotations from the configuration", () => {
  const expose = (text: string, ...rules: ToolRules["annotations"]) =>
    exposeTool({ key: "get_x", bytes: Buffer.from(text) }, "s__get_x", rules).bytes.toString();
  const schema = '"inputSchema" : {"type":"object"}';

  test("are added where the server gave none, every other byte kept", () => {
    expect(expose(`{ "name": "get_x", ${schema} }`, ["get_*", { readOnlyHint: true }])).toBe(
      `{"annotations":{"readOnlyHint":true}, "name": "s__get_x", ${schema} }`,
    );
  });

  test("are merged over the server's, every other byte kept", () => {
    const own = '"annotations": { "x" : 1.0, "readOnlyHint": false ,"title":"\\u0041"}';
    expect(expose(`{${own},"name":"get_x",${schema}}`, ["*", { readOnlyHint: true, idempotentHint: true }])).toBe(
      `{"annotations": {"idempotentHint":true, "x" : 1.0, "readOnlyHint": true ,"title":"\\u0041"},"name":"s__get_x",${schema}}`,
    );
  });

  test("go into empty annotations", () => {
    expect(expose(`{"annotations":{ },"name":"get_x",${schema}}`, ["*", { title: "é" }])).toBe(
      `{"annotations":{"title":"é" },"name":"s__get_x",${schema}}`,
    );
  });

  test("of several patterns are merged, the later one winning field by field", () => {
    const text = expose(
      `{"name":"get_x",${schema}}`,
      ["*", { readOnlyHint: false, title: "a" }],
      ["get_?", { readOnlyHint: true }],
      ["set_*", { title: "b" }],
    );
    expect(JSON.parse(text).annotations).toEqual({ readOnlyHint: true, title: "a" });
  });

  test("that match no tool change nothing", () => {
    expect(expose(`{"name":"get_x",${schema}}`, ["set_*", { title: "b" }])).toBe(`{"name":"s__get_x",${schema}}`);
  });

  test("win over annotations and hints given twice, whichever is read", () => {
    const twice = '"annotations":{"title":"t"},"annotations":{"readOnlyHint":false,"readOnlyHint":false}';
    const { annotations } = JSON.parse(expose(`{${twice},"name":"get_x",${schema}}`, ["*", { readOnlyHint: true }]));
    expect(annotations).toEqual({ readOnlyHint: true });
  });
});

describe("a key given twice", () => {
  test("is replaced each time in a tool", () => {
    const bytes = Buffer.from('{"name":"first","inputSchema":{"type":"object"},"n\\u0061me":"second"}');
    const definition = readDefinition("tools", bytes);
    if (typeof definition === "string") throw new Error(definition);
    expect(definition.key).toBe("second");
    expect(exposeTool(definition, "s__second", []).bytes.toString()).toBe(
      '{"name":"s__second","inputSchema":{"type":"object"},"n\\u0061me":"s__second"}',
    );
  });

  test("is replaced each time in a resource, whose name stays", () => {
    const bytes = Buffer.from('{ "uri":"a", "name" : "n","uri":"b" }');
    expect(readDefinition("resources", bytes)).toEqual({ key: "b", bytes });
    expect(withKey("resources", bytes, "é").toString()).toBe('{ "uri":"é", "name" : "n","uri":"é" }');
  });
});
