import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ExposedTool, exposeTool } from "../../src/catalog/definition.ts";
import { cpuTimer } from "../support/cpu.ts";

/** The tool with this output schema, as it stands, as clients get it. */
function expose(outputSchema: string): ExposedTool {
  const bytes = Buffer.from(`{"name":"a", "outputSchema" : ${outputSchema} ,"inputSchema":{"type":"object"}}`);
  return exposeTool({ key: "a", bytes }, "s__a", []);
}

/** Its output schema for older clients, as it stands. */
function older(outputSchema: string): string {
  const text = expose(outputSchema).olderBytes.toString();
  return text.slice('{"name":"s__a", "outputSchema" : '.length, -' ,"inputSchema":{"type":"object"}}'.length);
}

const head = '{"type":"object","properties":{"result":';
const tail = '},"required":["result"]}';

describe("an output schema", () => {
  for (const schema of [
    '{"type":"object"}',
    '{ "type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{}},"required":["a"] }',
    '{"type":"array","type":"object"}',
  ]) {
    test(`of objects stays as it is for everybody: ${schema}`, () => {
      const { bytes, olderBytes, isWrapped } = expose(schema);
      expect([isWrapped, olderBytes === bytes]).toEqual([false, true]);
      expect(bytes.toString()).toBe(`{"name":"s__a", "outputSchema" : ${schema} ,"inputSchema":{"type":"object"}}`);
    });
  }

  for (const schema of [
    '{"type":"array","items":{"type" : "number","maximum":12345678901234567890.0}}',
    '{"anyOf":[{"type":"object"},{"type":"null"}]}',
    "{ }",
    '{"type":["object","null"]}',
    '{"type":"string","const":"é{\\"[,"}',
    '{"type":"object","properties":{"a":true}}',
    '{"type":"object","required":"a"}',
  ]) {
    test(`of anything else is one of {"result": …} for older clients, byte for byte inside: ${schema}`, () => {
      const { bytes, isWrapped } = expose(schema);
      expect(isWrapped).toBe(true);
      expect(bytes.toString()).toBe(`{"name":"s__a", "outputSchema" : ${schema} ,"inputSchema":{"type":"object"}}`);
      expect(older(schema)).toBe(head + schema + tail);
    });
  }

  test("that is true or false becomes an object, which every client wants", () => {
    expect(JSON.parse(expose("true").bytes.toString()).outputSchema).toEqual({});
    expect(JSON.parse(expose("false").bytes.toString()).outputSchema).toEqual({ not: {} });
    expect([older("true"), older("false")]).toEqual([`${head}{}${tail}`, `${head}{"not":{}}${tail}`]);
  });

  test("is wrapped beside the configured annotations", () => {
    const bytes = Buffer.from('{"outputSchema":{},"name":"a","inputSchema":{"type":"object"}}');
    const { olderBytes } = exposeTool({ key: "a", bytes }, "s__a", [["*", { readOnlyHint: true }]]);
    expect(olderBytes.toString()).toBe(
      `{"annotations":{"readOnlyHint":true},"outputSchema":${head}{}${tail},"name":"s__a","inputSchema":{"type":"object"}}`,
    );
  });

  test("says its dialect for the whole when it is wrapped", () => {
    expect(older('{"type":"array","$schema":"http://x/é"}')).toBe(
      `{"$schema":"http://x/é","type":"object","properties":{"result":{"type":"array","$schema":"http://x/é"}},"required":["result"]}`,
    );
  });
});

describe("a reference in an output schema that is wrapped", () => {
  const cases: readonly (readonly [string, string])[] = [
    ['{"$ref":"#"}', '{"$ref":"#/properties/result"}'],
    ['{"items":[{ "$ref" : "#/$defs/a" }]}', '{"items":[{ "$ref" : "#/properties/result/$defs/a" }]}'],
    ['{"$dynamicRef":"#/x"}', '{"$dynamicRef":"#/properties/result/x"}'],
    ['{"$ref":"#\\/$defs\\/a"}', '{"$ref":"#/properties/result\\/$defs\\/a"}'],
    ['{"\\u0024ref":"#"}', '{"\\u0024ref":"#/properties/result"}'],
    ['{"$ref":"#anchor"}', '{"$ref":"#anchor"}'],
    ['{"$ref":"other#/a"}', '{"$ref":"other#/a"}'],
    ['{"$ref":["#"]}', '{"$ref":["#"]}'],
    ['{"properties":{"$ref":{"$ref":"#"}}}', '{"properties":{"$ref":{"$ref":"#/properties/result"}}}'],
    ['{"properties":{"const":{"$ref":"#"}}}', '{"properties":{"const":{"$ref":"#/properties/result"}}}'],
    ['{"properties":{"$id":{"$ref":"#"}}}', '{"properties":{"$id":{"$ref":"#/properties/result"}}}'],
    ['{"const":{"$ref":"#"},"enum":[{"$ref":"#"}]}', '{"const":{"$ref":"#"},"enum":[{"$ref":"#"}]}'],
    ['{"default":[{"properties":{"a":{"$ref":"#"}}}]}', '{"default":[{"properties":{"a":{"$ref":"#"}}}]}'],
    ['{"$ref":"#","$id":"http://x"}', '{"$ref":"#","$id":"http://x"}'],
    [
      '{"not":{"$id":"x","not":{"$ref":"#"}},"$ref":"#"}',
      '{"not":{"$id":"x","not":{"$ref":"#"}},"$ref":"#/properties/result"}',
    ],
    ['{"$id":"#local","$ref":"#"}', '{"$id":"#local","$ref":"#/properties/result"}'],
    ['{"title":"{\\"$ref\\":\\"#\\"}"}', '{"title":"{\\"$ref\\":\\"#\\"}"}'],
  ];
  for (const [schema, inside] of cases) {
    test(`is right where it stands then: ${schema}`, () => {
      expect(older(schema)).toBe(head + inside + tail);
    });
  }

  test("is right wherever it stands", () => {
    const name = fc.constantFrom(
      "$ref",
      "$id",
      "$defs",
      "properties",
      "items",
      "const",
      "default",
      "anyOf",
      "dependencies",
      "a",
    );
    const { schema } = fc.letrec((tie) => ({
      schema: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom<unknown>("#", "#/a", "#a", "x", 7, true, null),
        fc.array(tie("schema"), { maxLength: 3 }),
        fc.dictionary(name, tie("schema"), { maxKeys: 4 }),
      ),
    }));
    let changed = 0;
    fc.assert(
      fc.property(fc.dictionary(name, schema, { maxKeys: 4 }), fc.boolean(), (natural, isSpaced) => {
        const wrapped = JSON.parse(older(JSON.stringify(natural, null, isSpaced ? 2 : 0)));
        const expected = moved(natural, false);
        if (JSON.stringify(expected) !== JSON.stringify(natural)) changed++;
        expect(wrapped.properties.result).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
    expect(changed).toBeGreaterThan(50);
  });

  test("is found at once however deep the schema is", () => {
    const depth = 8000;
    const deep = `${'{"not":['.repeat(depth)}{"$ref":"#"}${"]}".repeat(depth)}`;
    const spentMs = cpuTimer();
    expect(older(deep)).toBe(head + deep.replace('"#"', '"#/properties/result"') + tail);
    expect(spentMs()).toBeLessThan(1000);
  });
});

/** The plain way: what a schema is when it stands at /properties/result. */
function moved(value: unknown, isMap: boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => moved(one, false));
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value);
  const id = isMap ? undefined : (value as Record<string, unknown>)["$id"];
  if (typeof id === "string" && !id.startsWith("#")) return value;
  return Object.fromEntries(
    members.map(([name, member]) => {
      if (isMap) return [name, moved(member, false)];
      if (name === "const" || name === "default") return [name, member];
      if (name !== "$ref" || typeof member !== "string") {
        return [name, moved(member, ["$defs", "properties", "dependencies"].includes(name))];
      }
      return [name, /^#(?:\/|$)/.test(member) ? `#/properties/result${member.slice(1)}` : member];
    }),
  );
}
