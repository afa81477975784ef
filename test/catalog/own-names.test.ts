import { describe, expect, test } from "vitest";
import { buildCatalog, expose } from "../../src/catalog/catalog.ts";
import { ownNames } from "../../src/catalog/names.ts";
import { exposed, noRules, offerOf } from "./offered.ts";

const bare = (server: string, tools: readonly string[]) =>
  expose(server, server, noRules, offerOf({ tools, prompts: tools }), false).exposed;

describe("a server without prefix", () => {
  test("shows its tools and prompts under their own names", () => {
    const catalog = buildCatalog([bare("one", ["get", "a.b"])]);
    expect(catalog.tools.map((tool) => tool.exposed)).toEqual(["get", "a.b"]);
    expect(catalog.prompts.map((prompt) => prompt.exposed)).toEqual(["get", "a.b"]);
    expect(catalog.route("get")?.server).toBe("one");
    expect(catalog.promptRoute("get")?.server).toBe("one");
    expect(catalog.conflicts).toEqual([]);
  });

  test("leaves a name to whoever has it first, and says so", () => {
    const catalog = buildCatalog([bare("one", ["get"]), bare("two", ["get", "put"])]);
    expect(catalog.tools.map(({ exposed: name, server }) => `${server} ${name}`)).toEqual(["one get", "two put"]);
    expect(catalog.route("get")?.server).toBe("one");
    expect(catalog.conflicts).toEqual([
      'tool "get" of two is left out: its name, without a prefix, is one of one\'s',
      'prompt "get" of two is left out: its name, without a prefix, is one of one\'s',
    ]);
  });

  test("never takes a name that is under the prefix of another, though that one has no such tool", () => {
    const catalog = buildCatalog([bare("one", ["two__delete", "three__x"]), exposed("two", { tools: ["get"] })]);
    expect(catalog.tools.map((tool) => tool.exposed)).toEqual(["three__x", "two__get"]);
    expect(catalog.route("two__delete")).toBeUndefined();
  });

  test("has a name made fit where clients would refuse it", () => {
    const long = "x".repeat(70);
    const [first, second, third] = ownNames([long, "with blank", "1st"]);
    expect(first).toMatch(/^x{43}-[0-9a-f]{6}$/);
    expect([second, third]).toEqual(["with_blank", "_1st"]);
  });
});
