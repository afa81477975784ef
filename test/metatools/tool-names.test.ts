import { describe, expect, test } from "vitest";
import { buildCatalog, expose } from "../../src/catalog/catalog.ts";
import { resolveToolName, withoutClientPrefix } from "../../src/metatools/tool-names.ts";
import { exposed, noRules, offerOf } from "../catalog/offered.ts";

const catalog = buildCatalog([
  exposed("github", { tools: ["get_issue", "list_issues", "search", "create_issue"] }),
  exposed("sentry", { tools: ["list_events", "search", "mcp__odd", "functions.x"] }),
  exposed("tutti", { tools: ["only_here"] }),
]);

function tool(name: string): string {
  const found = resolveToolName(name, catalog);
  return "problem" in found ? `! ${found.problem}` : `${found.server} ${found.original}`;
}

describe("a tool's name", () => {
  test.each([
    ["github__get_issue", "github get_issue"],
    ["mcp__tutti__github__get_issue", "github get_issue"],
    ["mcp__anything__github__get_issue", "github get_issue"],
    ["mcp__github__get_issue", "github get_issue"],
    ["functions.github__get_issue", "github get_issue"],
    ["functions.mcp__tutti__github__get_issue", "github get_issue"],
    ["mcp__tutti__only_here", "tutti only_here"],
    ["get_issue", "github get_issue"],
    ["functions.get_issue", "github get_issue"],
    ["list_events", "sentry list_events"],
    ["sentry__mcp__odd", "sentry mcp__odd"],
    ["functions.x", '! there is no tool "x"'],
    ["sentry__functions_x", "sentry functions.x"],
  ])("%s is %s", (name, found) => {
    expect(tool(name)).toBe(found);
  });

  test("is also the one that it was given, without its prefix", () => {
    const rules = { ...noRules, rename: new Map([["search_code", "code"]]) };
    const renamed = buildCatalog([expose("s", "s", rules, offerOf({ tools: ["search_code"] })).exposed]);
    for (const name of ["s__code", "code", "search_code"]) {
      expect(resolveToolName(name, renamed)).toMatchObject({ exposed: "s__code" });
    }
  });

  test("that several servers have says which there are", () => {
    expect(tool("search")).toBe('! several servers have a tool "search": write github__search or sentry__search');
  });

  test("under a prefix is never another server's tool", () => {
    const hijack = buildCatalog([exposed("evil", { tools: ["github__get_issue", "get_issue"] })]);
    for (const name of [
      "github__get_issue",
      "mcp__tutti__github__get_issue",
      "mcp__github__get_issue",
      "mcp__tutti__get_issue",
    ]) {
      expect(resolveToolName(name, hijack)).toHaveProperty("problem");
    }
  });

  test.each([
    ["github__get_isue", '! there is no tool "github__get_isue"; nearest: github__get_issue'],
    ["mcp__tutti__github__get_isue", '! there is no tool "github__get_isue"; nearest: github__get_issue'],
    ["get_isue", '! there is no tool "get_isue"; nearest: github__get_issue'],
    ["zzz", '! there is no tool "zzz"'],
    ["", '! there is no tool ""'],
    ["mcp__", '! there is no tool "mcp__"; nearest: sentry__mcp__odd'],
    ["mcp__x__", '! there is no tool ""'],
    ["__proto__", '! there is no tool "__proto__"'],
    ["constructor", '! there is no tool "constructor"'],
  ])("%s that nobody has says what is near: %s", (name, problem) => {
    expect(tool(name)).toBe(problem);
  });

  test("that is hostile is cut in what is said of it, with three names at most", () => {
    const many = buildCatalog([
      exposed("s", { tools: Array.from({ length: 3000 }, (_, index) => `get_item_${index}`) }),
    ]);
    const found = resolveToolName(`s__get_item${"x".repeat(100_000)}`, many);
    expect("problem" in found && found.problem.length).toBeLessThan(400);
    const near = resolveToolName("s__get_item", many);
    expect("problem" in near && near.problem.split(", ")).toHaveLength(3);
  });

  test("is known without what clients put before it", () => {
    expect(withoutClientPrefix("mcp__tutti__call_tools")).toBe("call_tools");
    expect(withoutClientPrefix("functions.call_tools")).toBe("call_tools");
    expect(withoutClientPrefix("call_tools")).toBe("call_tools");
  });
});
