import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matches } from "../../src/catalog/glob.ts";
import { cpuTimer } from "../support/cpu.ts";

describe("a pattern", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["", "", true],
    ["", "a", false],
    ["*", "", true],
    ["*", "anything", true],
    ["?", "", false],
    ["?", "a", true],
    ["get_*", "get_", true],
    ["get_*", "forget_x", false],
    ["*_get", "x_get", true],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c-b", false],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["A", "a", false],
    [".*", "x", false],
    ["[ab]", "a", false],
    ["a", "ab", false],
    ["**?", "", false],
    ["**?", "x", true],
    ["*a", "aaaa", true],
  ];
  for (const [pattern, text, isMatch] of cases) {
    test(`${JSON.stringify(pattern)} ${isMatch ? "matches" : "does not match"} ${JSON.stringify(text)}`, () => {
      expect(matches(pattern, text)).toBe(isMatch);
    });
  }

  test("matches what the same regular expression does", () => {
    const letters = fc.constantFrom("a", "b", "*", "?");
    fc.assert(
      fc.property(
        fc.string({ unit: letters, maxLength: 8 }),
        fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 }),
        (pattern, text) => {
          const expression = pattern.replaceAll("*", ".*").replaceAll("?", ".");
          expect(matches(pattern, text)).toBe(new RegExp(`^${expression}$`).test(text));
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("costs no more than the product of both lengths", () => {
    const spentMs = cpuTimer();
    expect(matches(`${"*a".repeat(100)}b`, "a".repeat(10_000))).toBe(false);
    expect(spentMs()).toBeLessThan(500);
  });
});
