import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkArguments } from "../../src/metatools/check-arguments.ts";
import { jsonText } from "../wire/generators.ts";

function check(args: string, schema: unknown) {
  return checkArguments(Buffer.from(args), Buffer.from(typeof schema === "string" ? schema : JSON.stringify(schema)));
}

function property(schema: unknown) {
  return { type: "object", properties: { x: schema } };
}

describe("arguments", () => {
  test.each([
    ['{"x":1}', { type: "integer" }],
    ['{"x":1.0}', { type: "integer" }],
    ['{"x":1e400}', { type: "integer" }],
    ['{"x":18446744073709551616}', { type: "integer" }],
    ['{"x":1}', { type: "number" }],
    ['{"x":-0.5e-3}', { type: "number" }],
    ['{"x":null}', { type: ["string", "null"] }],
    ['{"x":null}', { type: "string", nullable: true }],
    ['{"x":"s"}', { type: ["integer", "string"] }],
    ['{"x":[]}', { type: "array", items: { type: "string" } }],
    ['{"x":true}', { type: "boolean" }],
    ['{"x":5}', {}],
    ['{"x":5}', true],
    ['{"x":5}', { type: "file" }],
    ['{"x":5}', { type: [] }],
    ['{"x":5}', { type: 7 }],
    ['{"x":5}', { type: "string", $ref: "#/$defs/x" }],
    ['{"x":"b"}', { type: "string", pattern: "^a$", enum: ["a"], maxLength: 0, format: "email" }],
    ['{"x":5}', { anyOf: [{ type: "string" }] }],
    ['{"y":5}', { type: "string" }],
  ])("%s fit a property of %j", (args, schema) => {
    expect(check(args, property(schema))).toBeUndefined();
  });

  test.each([
    ['{"x":"12"}', { type: "integer" }, '"x" must be integer, not the string "12"'],
    ['{"x":1.5}', { type: "integer" }, '"x" must be integer, not the number 1.5'],
    ['{"x":12345}', { type: "string" }, '"x" must be string, not the integer 12345'],
    ['{"x":null}', { type: "string" }, '"x" must be string, not null'],
    ['{"x":{"a":1}}', { type: ["string", "array"] }, '"x" must be string or array, not object'],
    ['{"x":[1]}', { type: "object" }, '"x" must be object, not array'],
    ['{"x":1,"\\u0078":false}', { type: "integer" }, '"x" must be integer, not the boolean false'],
    [
      '{"x":{"y":5}}',
      { type: "object", properties: { y: { type: "string" } } },
      '"x.y" must be string, not the integer 5',
    ],
    ['{"x":{"z":5}}', { type: "object", required: ["y"] }, '"x.y" is missing (given: "z")'],
  ])("%s do not fit a property of %j", (args, schema, problem) => {
    expect(check(args, property(schema))).toBe(problem);
  });

  test.each([
    ["{}", ["owner"], '"owner" is missing (given: nothing)'],
    ['{"own":1}', ["owner", "repo"], '"owner", "repo" are missing (given: "own")'],
    ['{"owner":1}', ["owner", 5, "owner"], undefined],
    ["{}", ["__proto__"], '"__proto__" is missing (given: nothing)'],
    ["{}", "owner", undefined],
  ])("%s with %j required", (args, required, problem) => {
    expect(check(args, { type: "object", required })).toBe(problem);
  });

  test("may lack what has a default, or what another schema decides", () => {
    expect(check("{}", { properties: { x: { default: 5 } }, required: ["x"] })).toBeUndefined();
    expect(check("{}", { $ref: "#/$defs/x", required: ["x"] })).toBeUndefined();
    expect(check("{}", { anyOf: [{ required: ["x"] }] })).toBeUndefined();
  });

  test("are looked at one level deep, and no deeper", () => {
    const inner = { type: "object", properties: { z: { type: "string" } }, required: ["z"] };
    const schema = property({ type: "object", properties: { y: inner } });
    expect(check('{"x":{"y":{"z":5}}}', schema)).toBeUndefined();
    expect(check('{"x":{"y":{}}}', schema)).toBeUndefined();
    expect(check('{"x":{"y":5}}', schema)).toBe('"x.y" must be object, not the integer 5');
  });

  test("with much that is wrong are told of three things, in short", () => {
    const names = Array.from({ length: 500 }, (_, index) => `${"n".repeat(100)}${index}`);
    const properties = Object.fromEntries(names.map((name) => [name, { type: "integer" }]));
    const args = JSON.stringify(Object.fromEntries(names.map((name) => [name, "v".repeat(1000)])));
    const problem = check(args, { properties, required: ["a", "b"] });
    expect(problem?.split("; ")).toHaveLength(3);
    expect(problem?.length).toBeLessThan(1500);
  });

  test("are taken where the schema is none, or too long to be read at every call", () => {
    for (const schema of ["true", "false", "null", "[]", '"x"', "{}"]) expect(check('{"x":1}', schema)).toBeUndefined();
    const long = property({ type: "string", description: "d".repeat(64 * 1024) });
    expect(check('{"x":1}', long)).toBeUndefined();
    expect(check(`{"x":1,"y":"${"y".repeat(1024 * 1024)}"}`, property({ type: "string" }))).toBeUndefined();
    expect(check("[]", property({ type: "string" }))).toBeUndefined();
  });

  test("cost little whatever the schema: deep, wide, with a pattern that never ends", () => {
    const deep = `${'{"properties":{"x":'.repeat(3000)}{}${"}}".repeat(3000)}`;
    const many = {
      properties: Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`p${i}`, { type: "string" }])),
    };
    const bad = property({ type: "string", pattern: "^(a+)+$" });
    const wide = `{${Array.from({ length: 20_000 }, (_, i) => `"p${i}":{}`).join(",")}}`;
    const nested = `{"x":${'{"x":'.repeat(400)}1${"}".repeat(401)}`;
    for (const schema of [deep, JSON.stringify(many), JSON.stringify(bad), " ".repeat(1_000_000)]) {
      for (const args of [wide, nested, `{"x":"${"a".repeat(50_000)}!"}`]) check(args, schema);
    }
  });

  test("never make it fail, whatever both look like", () => {
    const shape = fc.oneof(
      jsonText,
      jsonText.map((text) => `{"properties":{"x":${text}},"required":${text},"type":${text}}`),
    );
    fc.assert(
      fc.property(jsonText, shape, (args, schema) => {
        const problem = check(`{"x":${args}}`, schema);
        if (problem !== undefined) expect(problem).not.toContain("\n");
      }),
    );
  });
});
