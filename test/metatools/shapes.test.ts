import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noShape, printShape, shapeOfSchema, widen } from "../../src/metatools/shape.ts";
import { Shapes } from "../../src/metatools/shapes.ts";
import { cpuTimer } from "../support/cpu.ts";

function shapeOf(...values: readonly unknown[]): unknown {
  const shape = noShape();
  for (const value of values) widen(shape, value);
  return JSON.parse(printShape(shape));
}

function schemaShape(schema: unknown): unknown {
  return JSON.parse(printShape(shapeOfSchema(schema)));
}

describe("the shape of values", () => {
  test("tells keys and types, and no value", () => {
    expect(shapeOf({ id: 7, title: "secret", open: true, closedAt: null, labels: ["a", "b"] })).toEqual({
      id: "number",
      title: "string",
      open: "boolean",
      closedAt: "null",
      labels: ["string"],
    });
  });

  test("is what all of them together are made of", () => {
    expect(shapeOf({ items: [] }, { items: [{ id: 1 }, { id: "x", at: null }] }, { total: 3 })).toEqual({
      items: [{ id: "number|string", at: "null" }],
      total: "number",
    });
    expect(shapeOf([], [1])).toEqual(["number"]);
    expect(shapeOf("text")).toBe("string");
    expect(shapeOf([])).toEqual([]);
    expect(shapeOf({})).toEqual({});
    expect(shapeOf()).toBe("any");
  });

  test("ends at three objects inside one another", () => {
    expect(shapeOf({ a: [{ b: { c: { d: 1 }, e: 2 } }] })).toEqual({ a: [{ b: { c: "object", e: "number" } }] });
    expect(shapeOf([[[[[1]]]]])).toEqual([[[["object"]]]]);
  });

  test("has thirty keys at most, outer ones first", () => {
    const inner = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`i${index}`, 1]));
    const outer = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`o${index}`, inner]));
    const text = JSON.stringify(shapeOf(outer, outer));
    expect(text.match(/"[io]\d+"/g)).toHaveLength(30);
    expect(text.match(/"o\d+"/g)).toHaveLength(20);
    expect(text).toContain('"…":"…"');
  });

  for (const [what, key] of [
    ["an address", "jane@example.com"],
    ["a number", "90210"],
    ["an identifier", "a1b2c3d4e5f6"],
    ["a date", "d2024-01-01"],
    ["a long text", "x".repeat(41)],
    ["a text of another script", "名前"],
    ["a path", "./home/jane.txt"],
  ] as const) {
    test(`does not tell a key that is ${what}`, () => {
      expect(shapeOf({ people: { [key]: { age: 5 } } })).toEqual({ people: { "*": { age: "number" } } });
    });
  }

  test("does not tell keys of which there are too many to be members' names", () => {
    const map = Object.fromEntries(Array.from({ length: 31 }, (_, index) => [`k${index}`, 1]));
    expect(shapeOf(map)).toEqual({ "*": "number" });
  });

  test("tells keys that mean something elsewhere", () => {
    expect(JSON.stringify(shapeOf(JSON.parse('{"__proto__":{"x":1},"constructor":2}')))).toBe(
      '{"__proto__":{"x":"number"},"constructor":"number"}',
    );
  });

  test("is JSON of bounded size without any text of the values, whatever they are", () => {
    const value = fc.jsonValue({ maxDepth: 8, noUnicodeString: false });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), (values) => {
        const text = JSON.stringify(shapeOf(...values));
        expect(text.length).toBeLessThan(30 * 120 + 100);
      }),
    );
  });
});

describe("the shape that a schema promises", () => {
  test("is that of its types, properties, elements and alternatives", () => {
    expect(
      schemaShape({
        type: "object",
        properties: {
          total: { type: "integer" },
          items: { type: "array", items: { type: "object", properties: { id: { type: ["string", "null"] } } } },
          next: { anyOf: [{ type: "string" }, { type: "number" }] },
          free: { type: "object" },
          any: true,
          list: { type: "array" },
        },
      }),
    ).toEqual({
      total: "number",
      items: [{ id: "string|null" }],
      next: "string|number",
      free: "object",
      any: "any",
      list: [],
    });
  });

  test("follows references inside it", () => {
    const $defs = { User: { type: "object", properties: { login: { type: "string" } } } };
    expect(schemaShape({ $defs, type: "array", items: { $ref: "#/$defs/User" } })).toEqual([{ login: "string" }]);
    expect(schemaShape({ $ref: "https://example.com/schema.json" })).toBe("any");
    expect(schemaShape({ $ref: "#/__proto__/x" })).toBe("any");
  });

  test("is told in a moment of a schema that refers to itself in many ways", () => {
    const many = Array.from({ length: 8 }, () => ({ $ref: "#" }));
    const spentMs = cpuTimer();
    schemaShape({ anyOf: many, oneOf: many, allOf: many, items: { $ref: "#" }, properties: { a: { $ref: "#" } } });
    schemaShape({ $ref: "#" });
    expect(spentMs()).toBeLessThan(200);
  });

  test("is any of something else", () => {
    for (const schema of [true, null, 5, [], { type: {} }]) expect(schemaShape(schema)).toBe("any");
  });
});

describe("learnt shapes", () => {
  const structured = (value: unknown) => Buffer.from(JSON.stringify({ content: [], structuredContent: value }));
  const text = (value: string) => Buffer.from(JSON.stringify({ content: [{ type: "text", text: value }] }));

  test("are those of what references see: structured content, JSON in a text, or text", () => {
    const shapes = new Shapes();
    shapes.note("a", structured({ id: 1 }));
    shapes.note("b", text('[{"id": 1}]'));
    shapes.note("c", text("hello"));
    expect(["a", "b", "c", "d"].map((tool) => shapes.of(tool))).toEqual([
      '{"id":"number"}',
      '[{"id":"number"}]',
      '"string"',
      undefined,
    ]);
  });

  test("are not learnt of calls that failed, nor of results too long to look through", () => {
    const shapes = new Shapes();
    shapes.note("a", Buffer.from('{"content":[{"type":"text","text":"no such file"}],"isError": true}'));
    shapes.note("a", structured({ long: "x".repeat(300_000) }));
    expect(shapes.of("a")).toBeUndefined();
  });

  test("are learnt of a tool's first results, and of the tools called last", () => {
    const shapes = new Shapes();
    for (let count = 0; count < 20; count++) shapes.note("a", structured({ [`key${count}`]: 1 }));
    expect(Object.keys(JSON.parse(shapes.of("a") as string))).toHaveLength(16);
    for (let count = 0; count < 500; count++) shapes.note(`t${count}`, structured({}));
    expect(shapes.of("a")).toBeUndefined();
    expect(shapes.of("t499")).toBe("{}");
  });
});
