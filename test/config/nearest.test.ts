import fc from "fast-check";
import { expect, test } from "vitest";
import { nearest } from "../../src/config/nearest.ts";
import { cpuTimer } from "../support/cpu.ts";

test.each([
  ["comand", ["command", "args"], ["command"]],
  ["COMMAND", ["command"], ["command"]],
  ["agrs", ["args", "env"], ["args"]],
  ["timout", ["timeout", "type"], ["timeout"]],
  ["search_code", ["github__search_code", "x__list"], ["github__search_code"]],
  [
    "github_search_code",
    ["github__search_code", "gitlab__search_code"],
    ["github__search_code", "gitlab__search_code"],
  ],
  ["get", ["git__get_file", "widget", "ge"], ["ge", "git__get_file", "widget"]],
  ["xyz", ["command", "args"], []],
  ["", ["a", "abc"], ["a"]],
  ["abc", [], []],
])("the nearest of %j among %j are %j", (word, candidates, expected) => {
  expect(nearest(word, candidates)).toEqual(expected);
});

test("the best come first, equally near ones in the order given, at most as many as asked for", () => {
  const candidates = ["lists", "lost", "list", "last"];
  expect(nearest("list", candidates)).toEqual(["list", "lists", "lost"]);
  expect(nearest("list", candidates, 1)).toEqual(["list"]);
});

test("a word is always found among others", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), fc.string({ unit: "binary" }), (others, word) => {
      expect(nearest(word, [...others, word], others.length + 1)).toContain(word);
    }),
  );
});

test("two thousand long names that are all nearly alike cost no more than a blink", () => {
  const candidates = Array.from({ length: 10_000 }, (_, i) => `${"a".repeat(50)}${i}${"b".repeat(1_000)}`);
  nearest("warm", candidates);
  const spentMs = cpuTimer();
  expect(nearest("ab".repeat(1_000_000), candidates)).toBeDefined();
  expect(nearest(`${"a".repeat(54)}${"b".repeat(10)}`, candidates)).toHaveLength(3);
  expect(spentMs()).toBeLessThan(500);
});
