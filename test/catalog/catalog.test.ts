import { describe, expect, test } from "vitest";
import { buildCatalog, exposeTools } from "../../src/catalog/catalog.ts";
import type { ToolRules } from "../../src/config/config.ts";

const noRules: ToolRules = { include: [], exclude: [], rename: new Map(), annotations: [] };

/** What is exposed of a server `s` with these tools: original name → exposed name. */
function expose(names: readonly string[], rules: Partial<ToolRules> = {}) {
  const definitions = names.map((name) => ({
    name,
    bytes: Buffer.from(`{"name":${JSON.stringify(name)},"inputSchema":{"type":"object"}}`),
  }));
  const { tools, leftOut } = exposeTools("server", "s", { ...noRules, ...rules }, definitions);
  return { tools, leftOut, names: tools.map(({ original, exposed }) => [original, exposed]) };
}

describe("the tools of a server", () => {
  test("are all exposed, in its order", () => {
    expect(expose(["b", "a", "__proto__"]).names).toEqual([
      ["b", "s__b"],
      ["a", "s__a"],
      ["__proto__", "s____proto__"],
    ]);
  });

  test("are those that are included, where any are", () => {
    expect(expose(["get_a", "set_a", "list"], { include: ["get_*", "list"] }).names.map(([name]) => name)).toEqual([
      "get_a",
      "list",
    ]);
  });

  test("are never those that are excluded", () => {
    const rules = { include: ["*_a"], exclude: ["set_*"] };
    expect(expose(["get_a", "set_a", "list"], rules).names.map(([name]) => name)).toEqual(["get_a"]);
  });

  test("are exposed under the name that they were given, and excluded and annotated under their own", () => {
    const rename = new Map([
      ["search_code", "code"],
      ["gone", "x"],
      ["secret", "open"],
    ]);
    const { tools, names } = expose(["search_code", "secret"], {
      rename,
      exclude: ["secret", "code"],
      annotations: [["search_*", { readOnlyHint: true }]],
    });
    expect(names).toEqual([["search_code", "s__code"]]);
    expect(tools[0]?.bytes.toString()).toBe(
      '{"annotations":{"readOnlyHint":true},"name":"s__code","inputSchema":{"type":"object"}}',
    );
  });

  test("that are listed twice count once, and that is said", () => {
    const { names, leftOut } = expose(["a", "b", "a"]);
    expect(names.map(([name]) => name)).toEqual(["a", "b"]);
    expect(leftOut).toEqual(['tool "a" is listed twice; the first one counts']);
  });

  test("that are given the name of another lose it to the first, and that is said", () => {
    const { names, leftOut } = expose(["a", "b"], { rename: new Map([["b", "a"]]) });
    expect(names).toEqual([["a", "s__a"]]);
    expect(leftOut).toEqual(['tool "b" would have the same name as another, s__a']);
  });

  test("that are swapped by renaming are swapped", () => {
    const rename = new Map([
      ["a", "b"],
      ["b", "a"],
    ]);
    expect(expose(["a", "b"], { rename }).names).toEqual([
      ["a", "s__b"],
      ["b", "s__a"],
    ]);
  });
});

describe("a catalog", () => {
  const tool = (server: string, original: string) => ({
    server,
    original,
    exposed: `${server}__${original}`,
    bytes: Buffer.from(`{"name":"${server}__${original}"}`),
  });

  test("routes an exposed name, and an original one that only one server has", () => {
    const { route, routeOfOriginal } = buildCatalog([tool("s", "a"), tool("t", "a"), tool("t", "b")]);
    expect(route("s__a")).toEqual({ server: "s", original: '"a"' });
    expect(route("t__a")).toEqual({ server: "t", original: '"a"' });
    expect(route("b")).toBeUndefined();
    expect(routeOfOriginal("b")).toEqual({ server: "t", original: '"b"' });
    expect(routeOfOriginal("a")).toBeUndefined();
  });

  test("routes an original name that three servers have to none of them", () => {
    expect(buildCatalog(["s", "t", "u"].map((server) => tool(server, "a"))).routeOfOriginal("a")).toBeUndefined();
  });

  test("routes an original name as a JSON string in bytes", () => {
    const { route } = buildCatalog([tool("s", 'é"\ud800')]);
    expect(route('s__é"\ud800')?.original).toBe(Buffer.from('"é\\"\\ud800"').toString("latin1"));
  });

  test("routes no name that JavaScript knows and no server has", () => {
    const { route, routeOfOriginal } = buildCatalog([tool("s", "a")]);
    for (const name of ["__proto__", "constructor", "toString", ""]) {
      expect([route(name), routeOfOriginal(name)]).toEqual([undefined, undefined]);
    }
  });

  test("lists all tools in order, and makes that list once", () => {
    const catalog = buildCatalog([tool("s", "b"), tool("s", "a")]);
    expect(catalog.toolList().toString()).toBe('{"tools":[{"name":"s__b"},{"name":"s__a"}]}');
    expect(catalog.toolList()).toBe(catalog.toolList());
    expect(buildCatalog([]).toolList().toString()).toBe('{"tools":[]}');
  });
});
