import { specTypeSchemas } from "@modelcontextprotocol/client";
import { ListPromptsResultSchema, ListToolsResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, test } from "vitest";
import { buildCatalog, expose } from "../../src/catalog/catalog.ts";
import { emptyOffer, neverOffered, type Offer } from "../../src/catalog/definition.ts";
import type { ToolRules } from "../../src/config/config.ts";
import { defined, exposed, noRules, offerOf } from "./offered.ts";

/** What is exposed of a server `s` with these tools: original name → exposed name. */
function exposeTools(names: readonly string[], rules: Partial<ToolRules> = {}) {
  const definitions = names.map((name) => defined("tools", name, ',"inputSchema":{"type":"object"}'));
  const offer: Offer = { ...emptyOffer, tools: { ...emptyOffer.tools, definitions } };
  const { exposed, leftOut } = expose("server", "s", { ...noRules, ...rules }, offer);
  const tools = exposed.lists.tools.items;
  return { tools, leftOut, names: tools.map(({ original, exposed }) => [original, exposed]) };
}

describe("the tools of a server", () => {
  test("are all exposed, in its order", () => {
    expect(exposeTools(["b", "a", "__proto__"]).names).toEqual([
      ["b", "s__b"],
      ["a", "s__a"],
      ["__proto__", "s____proto__"],
    ]);
  });

  test("are those that are included, where any are", () => {
    const { names } = exposeTools(["get_a", "set_a", "list"], { include: ["get_*", "list"] });
    expect(names.map(([name]) => name)).toEqual(["get_a", "list"]);
  });

  test("are never those that are excluded", () => {
    const rules = { include: ["*_a"], exclude: ["set_*"] };
    expect(exposeTools(["get_a", "set_a", "list"], rules).names.map(([name]) => name)).toEqual(["get_a"]);
  });

  test("are exposed under the name that they were given, and excluded and annotated under their own", () => {
    const rename = new Map([
      ["search_code", "code"],
      ["gone", "x"],
      ["secret", "open"],
    ]);
    const { tools, names } = exposeTools(["search_code", "secret"], {
      rename,
      exclude: ["secret", "code"],
      annotations: [["search_*", { readOnlyHint: true }]],
    });
    expect(names).toEqual([["search_code", "s__code"]]);
    expect(tools[0]?.bytes.toString()).toBe(
      '{"annotations":{"readOnlyHint":true},"name":"s__code","inputSchema":{"type":"object"}}',
    );
  });

  test("that are listed twice count once, and that is said of those that are offered", () => {
    const { names, leftOut } = exposeTools(["a", "b", "a", "x", "x"], { exclude: ["x"] });
    expect(names.map(([name]) => name)).toEqual(["a", "b"]);
    expect(leftOut).toEqual(['tool "a" is listed twice; the first one counts']);
  });

  test("that are given the name of another lose it to the first, and that is said", () => {
    const { names, leftOut } = exposeTools(["a", "b"], { rename: new Map([["b", "a"]]) });
    expect(names).toEqual([["a", "s__a"]]);
    expect(leftOut).toEqual(['tool "b" would have the same name as another, s__a']);
  });

  test("that are swapped by renaming are swapped", () => {
    const rename = new Map([
      ["a", "b"],
      ["b", "a"],
    ]);
    expect(exposeTools(["a", "b"], { rename }).names).toEqual([
      ["a", "s__b"],
      ["b", "s__a"],
    ]);
  });
});

describe("the prompts of a server", () => {
  test("are exposed under names like those of tools, whatever the rules for tools, every other byte kept", () => {
    const definitions = [
      defined("prompts", "sum up", ' , "title" : 1.0'),
      defined("prompts", "x".repeat(60)),
      defined("prompts", "do"),
    ];
    const offer = { ...emptyOffer, prompts: { ...emptyOffer.prompts, definitions } };
    const rules: ToolRules = {
      include: ["none"],
      exclude: ["*"],
      rename: new Map([["do", "did"]]),
      annotations: [["*", { readOnlyHint: true }]],
    };
    const { items } = expose("server", "s", rules, offer).exposed.lists.prompts;
    expect(items.map(({ original, exposed }) => [original, exposed])).toEqual([
      ["sum up", "s__sum_up"],
      ["x".repeat(60), expect.stringMatching(/^s__x{40}-[0-9a-f]{6}$/)],
      ["do", "s__do"],
    ]);
    expect(items[0]?.bytes.toString()).toBe('{"name":"s__sum_up" , "title" : 1.0}');
  });

  test("that are listed twice count once, and that is said, on one short line", () => {
    const long = `a\n${"b".repeat(200)}`;
    const { exposed, leftOut } = expose("server", "s", noRules, offerOf({ prompts: [long, long] }));
    expect(exposed.lists.prompts.items.length).toBe(1);
    expect(leftOut).toEqual([`prompt "a\\n${"b".repeat(78)}…" is listed twice; the first one counts`]);
  });
});

for (const [kind, by] of [
  ["tools", "route"],
  ["prompts", "promptRoute"],
] as const) {
  describe(`a catalog's ${kind}`, () => {
    const catalog = buildCatalog([exposed("s", { [kind]: ["a"] }), exposed("t", { [kind]: ["a", "b"] })]);
    const ofOriginal = kind === "tools" ? catalog.routeOfOriginal : catalog.promptRoute;

    test("have routes by their exposed names, and by original ones that only one server has", () => {
      expect(catalog[by]("s__a")).toEqual({ server: "s", original: '"a"', isWrapped: false });
      expect(catalog[by]("t__a")).toEqual({ server: "t", original: '"a"', isWrapped: false });
      expect(ofOriginal("b")).toEqual({ server: "t", original: '"b"', isWrapped: false });
      expect(ofOriginal("a")).toBeUndefined();
    });

    test("have none by an original name that three servers have", () => {
      const three = buildCatalog(["s", "t", "u"].map((server) => exposed(server, { [kind]: ["a"] })));
      expect([three.routeOfOriginal("a"), three.promptRoute("a")]).toEqual([undefined, undefined]);
    });

    test("have routes with the original name as a JSON string in bytes", () => {
      const { items } = exposed("s", { [kind]: ['é"\ud800'] }).lists[kind];
      const odd = buildCatalog([exposed("s", { [kind]: ['é"\ud800'] })]);
      const bytes = Buffer.from('"é\\"\\ud800"').toString("latin1");
      expect(odd[by](items[0]?.exposed as string)?.original).toBe(bytes);
    });

    test("have none by a name that JavaScript knows and no server has", () => {
      for (const name of ["__proto__", "constructor", "toString", ""]) {
        expect([catalog[by](name), ofOriginal(name)]).toEqual([undefined, undefined]);
      }
    });

    test("are listed in order, and that list is made once", () => {
      const { member } = { member: kind };
      expect(catalog.list(kind, false).toString()).toBe(
        `{"${member}":[{"name":"s__a"},{"name":"t__a"},{"name":"t__b"}]}`,
      );
      expect(catalog.list(kind, false)).toBe(catalog.list(kind, false));
      expect(catalog.list(kind, true)).toBe(catalog.list(kind, true));
      expect(buildCatalog([]).list(kind, false).toString()).toBe(`{"${member}":[]}`);
    });
  });
}

test("a prompt is never found by a name that is under another server's prefix, also while that one has none", () => {
  const catalog = buildCatalog([exposed("github", {}), exposed("evil", { prompts: ["github__review", "other__x"] })]);
  expect(catalog.promptRoute("github__review")).toBeUndefined();
  expect(catalog.promptRoute("evil__github__review")?.original).toBe('"github__review"');
  expect(catalog.promptRoute("other__x")?.server).toBe("evil");
});

describe("a tool whose output schema older clients refuse", () => {
  const definitions = [
    defined("tools", "a", ',"inputSchema":{"type":"object"},"outputSchema":{"type":"array"}'),
    defined("tools", "b", ',"inputSchema":{"type":"object"},"outputSchema":{"type":"object"}'),
  ];
  const offer = { ...emptyOffer, tools: { ...emptyOffer.tools, definitions } };
  const catalog = buildCatalog([expose("s", "s", noRules, offer).exposed]);

  test("is listed as it is for newer ones, and wrapped for older ones, who take the list", () => {
    const schemas = (isHinted: boolean) =>
      JSON.parse(catalog.list("tools", isHinted).toString()).tools.map(
        (tool: { outputSchema: unknown }) => tool.outputSchema,
      );
    expect(schemas(true)).toEqual([{ type: "array" }, { type: "object" }]);
    expect(schemas(false)).toEqual([
      { type: "object", properties: { result: { type: "array" } }, required: ["result"] },
      { type: "object" },
    ]);
    expect(ListToolsResultSchema.safeParse(JSON.parse(catalog.list("tools", false).toString())).error).toBeUndefined();
  });

  test("is known by its route, by either name", () => {
    expect(catalog.tools.map(({ isWrapped }) => isWrapped)).toEqual([true, false]);
    expect([catalog.route("s__a"), catalog.routeOfOriginal("a"), catalog.route("s__b")]).toEqual([
      { server: "s", original: '"a"', isWrapped: true },
      { server: "s", original: '"a"', isWrapped: true },
      { server: "s", original: '"b"', isWrapped: false },
    ]);
  });
});

describe("the hints of a list", () => {
  const hinted = (...hints: readonly object[]) => {
    const catalog = buildCatalog(hints.map((hint, n) => exposed(`s${n}`, { prompts: ["a"] }, hint)));
    const { resultType, ttlMs, cacheScope } = JSON.parse(catalog.list("prompts", true).toString());
    return [resultType, ttlMs, cacheScope];
  };

  test("are those of the strictest server", () => {
    const keeps = { ttlMs: 5000, isPublic: true };
    expect(hinted(keeps)).toEqual(["complete", 5000, "public"]);
    expect(hinted(keeps, { ttlMs: 9000, isPublic: true })).toEqual(["complete", 5000, "public"]);
    expect(hinted(keeps, { ttlMs: 9000, isPublic: false })).toEqual(["complete", 5000, "private"]);
    expect(hinted(keeps, {})).toEqual(["complete", 0, "private"]);
    expect(hinted()).toEqual(["complete", 0, "private"]);
  });

  test("are not those of servers that have no such list at all", () => {
    const [keeps, none] = [{ ttlMs: 5000, isPublic: true }, { ...neverOffered }];
    expect(hinted(keeps, none)).toEqual(["complete", 5000, "public"]);
    expect(hinted(none)).toEqual(["complete", 0, "private"]);
  });

  test("stand in a result that the official SDK takes", () => {
    const catalog = buildCatalog([exposed("s", { prompts: ["a"] }, { ttlMs: 5000, isPublic: true })]);
    const text = catalog.list("prompts", true).toString();
    expect(text).toBe('{"resultType":"complete","prompts":[{"name":"s__a"}],"ttlMs":5000,"cacheScope":"public"}');
    expect(specTypeSchemas.ListPromptsResult["~standard"].validate(JSON.parse(text))).toHaveProperty("value");
    expect(ListPromptsResultSchema.safeParse(JSON.parse(text)).error).toBeUndefined();
  });
});
