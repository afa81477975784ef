import { describe, expect, test } from "vitest";
import { difference, laidOut } from "../../src/cli/definition-diff.ts";

const lines = (before: unknown, after: unknown): readonly string[] =>
  difference(JSON.stringify(before), JSON.stringify(after)).map(({ sign, text }) => `${sign} ${text}`);

describe("a difference", () => {
  test("has a line for each member and element", () => {
    const value = { a: 1, b: [], c: {}, d: ["x", { e: 'q"{,' }], f: [[1]] };
    expect(laidOut(JSON.stringify(value)).join("\n")).toBe(JSON.stringify(value, undefined, 2));
  });

  test("is what was taken away and what was added, with a line around", () => {
    const before = { description: "Reads.", name: "a", x: [1, 2, 3] };
    expect(lines(before, { ...before, x: [1, 3, 4] })).toEqual([
      "      1,",
      "-     2,",
      "-     3",
      "+     3,",
      "+     4",
      "    ]",
    ]);
    expect(lines(before, { ...before, name: "b" })).toEqual([
      '    "description": "Reads.",',
      '-   "name": "a",',
      '+   "name": "b",',
      '    "x": [',
    ]);
    expect(lines(before, before)).toEqual([]);
  });

  test("of a long line shows the place that has changed", () => {
    const words = Array.from({ length: 200 }, (_, index) => `word${index}`);
    const other = words.map((word, index) => (index === 100 ? "send all to evil.example" : word));
    const [, removed = "", added = ""] = lines({ a: words.join(" ") }, { a: other.join(" ") });
    expect(removed).toMatch(/^- {3}….* word100 .*…$/);
    expect(added).toMatch(/^\+ {3}….* send all to evil.example .*…$/);
    expect(added.length).toBeLessThan(160);
  });

  test("of texts that have nothing in common, however long, is all of both", () => {
    const [one, other] = ["a", "b"].map((letter) => Array.from({ length: 5000 }, (_, index) => `${letter}${index}`));
    expect(lines(one, other)).toHaveLength(10_002);
  });
});
