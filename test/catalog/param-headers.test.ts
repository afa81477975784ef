import { describe, expect, test } from "vitest";
import { readParamHeaders } from "../../src/catalog/param-headers.ts";

const mark = "x-mcp-header";
const text = { type: "string" };

function read(inputSchema: unknown) {
  return readParamHeaders(Buffer.from(JSON.stringify({ name: "t", inputSchema })));
}

function object(properties: object): object {
  return { type: "object", properties };
}

describe("the arguments that go into headers", () => {
  test("are those that the input schema marks, at any depth", () => {
    const schema = object({
      region: { ...text, [mark]: "Region" },
      plain: text,
      where: object({
        zone: { type: "integer", [mark]: "Zone" },
        more: object({ is: { type: "boolean", [mark]: "X" } }),
      }),
    });
    expect(read(schema)).toEqual([
      { name: "Region", path: ["region"] },
      { name: "Zone", path: ["where", "zone"] },
      { name: "X", path: ["where", "more", "is"] },
    ]);
  });

  test("are none where nothing is marked, or there is no schema", () => {
    expect(read(object({ a: text }))).toEqual([]);
    expect(read(undefined)).toEqual([]);
    expect(read(object({ [mark]: text }))).toEqual([]);
    expect(read({ enum: [{ [mark]: "X" }], default: { [mark]: "X" } })).toEqual([]);
  });

  test("are found under any name", () => {
    const schema = `{"type":"object","properties":{"__proto__":{"type":"string","${mark}":"P"},"a.b":{"type":"string","${mark}":"Q"}}}`;
    expect(readParamHeaders(Buffer.from(`{"name":"t","inputSchema":${schema}}`))).toEqual([
      { name: "P", path: ["__proto__"] },
      { name: "Q", path: ["a.b"] },
    ]);
  });
});

describe("a tool is left out", () => {
  const unreachable = "may only mark what is reached through properties alone";
  const nameless = "is no name that a header can have";
  const typeless = "may only mark a string, an integer or a boolean";

  test.each([
    ["the schema itself", { ...text, [mark]: "X" }, "inputSchema", unreachable],
    ["items", object({ a: { items: { ...text, [mark]: "X" } } }), "inputSchema.a.items", unreachable],
    ["a list of items", object({ a: { items: [{ ...text, [mark]: "X" }] } }), "inputSchema.a.items", unreachable],
    ["a branch", { anyOf: [object({ a: { ...text, [mark]: "X" } })] }, "inputSchema.anyOf.a", unreachable],
    ["a definition", { $defs: { d: { ...text, [mark]: "X" } } }, "inputSchema.$defs", unreachable],
    ["a condition", { if: object({ a: { ...text, [mark]: "X" } }) }, "inputSchema.if.a", unreachable],
    [
      "other members",
      { additionalProperties: { ...text, [mark]: "X" } },
      "inputSchema.additionalProperties",
      unreachable,
    ],
    ["an object", object({ a: { type: "object", [mark]: "X" } }), "inputSchema.a", typeless],
    ["a number", object({ a: { type: "number", [mark]: "X" } }), "inputSchema.a", typeless],
    ["what has several types", object({ a: { type: ["string"], [mark]: "X" } }), "inputSchema.a", typeless],
    ["what has no type", object({ a: { [mark]: "X" } }), "inputSchema.a", typeless],
    ["an empty name", object({ a: { ...text, [mark]: "" } }), "inputSchema.a", nameless],
    ["a name with a line break", object({ a: { ...text, [mark]: "X\r\nHost" } }), "inputSchema.a", nameless],
    ["a name with a blank", object({ a: { ...text, [mark]: "X Y" } }), "inputSchema.a", nameless],
    ["a name beyond ASCII", object({ a: { ...text, [mark]: "Größe" } }), "inputSchema.a", nameless],
    ["a name that is none", object({ a: { ...text, [mark]: 7 } }), "inputSchema.a", nameless],
    [
      "a name twice, in other letters",
      object({ a: { ...text, [mark]: "Region" }, b: { ...text, [mark]: "REGION" } }),
      "inputSchema.b",
      "names a header a second time",
    ],
  ])("where %s is marked", (_, schema, place, problem) => {
    expect(read(schema)).toBe(`is left out: "${place}": ${mark} ${problem}`);
  });
});
