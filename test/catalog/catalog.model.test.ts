import fc from "fast-check";
import { expect, test } from "vitest";
import { buildCatalog, type Exposed, expose, type OwnTools, withhold } from "../../src/catalog/catalog.ts";
import { prefixOf } from "../../src/catalog/names.ts";
import { entryKey } from "../../src/catalog/pins.ts";
import { addressOf } from "../../src/catalog/uris.ts";
import { noRules, offerOf } from "./offered.ts";

/** Few names, so that servers have the same ones, and some that look like those of others. */
const name = fc.constantFrom<string>("a", "b", "c", "s0__a", "s1__b", "call_tools", "a b", "__proto__", "é");
const uri = fc.constantFrom(
  "mem://a",
  "mem://b",
  "mem://c",
  "file:///a",
  addressOf("s0", "mem://a"),
  "tutti://nobody/x",
);
const names = fc.uniqueArray(name, { maxLength: 6 });
const server = fc.record({
  tools: names,
  prompts: names,
  resources: fc.uniqueArray(uri, { maxLength: 5 }),
  isPrefixed: fc.boolean(),
  /** Of its tools. */
  withheld: names,
});
type Server = (typeof server extends fc.Arbitrary<infer T> ? T : never) & { readonly id: string };

const own: OwnTools = { names: new Set(["call_tools"]), definitions: () => [] };

function exposedBy({ id, withheld, isPrefixed, ...keys }: Server): Exposed {
  const { exposed } = expose(id, id, noRules, offerOf(keys), isPrefixed);
  return withhold(exposed, new Set(withheld.map((tool) => entryKey("tool", tool))));
}

function original(route: { readonly server: string; readonly original: string } | undefined) {
  return route && [route.server, JSON.parse(Buffer.from(route.original, "latin1").toString())];
}

function propertyOf(check: (servers: readonly Server[]) => void) {
  return fc.property(fc.array(server, { minLength: 1, maxLength: 4 }), (all) =>
    check(all.map((one, index) => ({ ...one, id: `s${index}` }))),
  );
}

test("what is listed is routed to who lists it, under names that are nobody else's; what is not listed goes nowhere", () => {
  fc.assert(
    propertyOf((servers) => {
      const catalog = buildCatalog(servers.map(exposedBy), own);
      const seen = new Set<string>();
      for (const { exposed, original: tool, server: id } of catalog.tools) {
        expect(seen.has(exposed)).toBe(false);
        seen.add(exposed);
        expect(own.names.has(exposed)).toBe(false);
        const prefix = prefixOf(exposed) ?? "";
        if (servers.some((one) => one.id === prefix)) expect(id).toBe(prefix);
        expect(original(catalog.route(exposed))).toEqual([id, tool]);
      }
      for (const { exposed, original: prompt, server: id } of catalog.prompts)
        expect(original(catalog.promptRoute(exposed))).toEqual([id, prompt]);
      const listed = JSON.parse(catalog.list("tools", true).toString()) as { tools: readonly { name: string }[] };
      expect(listed.tools.map((tool) => tool.name)).toEqual(catalog.tools.map(({ exposed }) => exposed));
      for (const tool of ["s0__nothing", "nothing"]) expect(catalog.route(tool)).toBeUndefined();
    }),
    { numRuns: 1000 },
  );
});

test("a tool is left out only where its name without prefix is somebody else's, and withheld ones keep theirs", () => {
  fc.assert(
    propertyOf((servers) => {
      const all = servers.map(exposedBy);
      const catalog = buildCatalog(all, own);
      const taken = new Map<string, string>();
      for (const [index, { lists }] of all.entries()) {
        const { id, withheld } = servers[index] as Server;
        for (const { exposed, original: tool } of lists.tools.items) {
          const prefix = prefixOf(exposed) ?? "";
          const isUnder = prefix !== id && servers.some((one) => one.id === prefix);
          const isLost = own.names.has(exposed) || isUnder || (taken.get(exposed) ?? id) !== id;
          if (!isLost) taken.set(exposed, id);
          const isKept = !isLost && withheld.includes(tool);
          const isListed = catalog.tools.some((one) => one.server === id && one.original === tool);
          expect(isListed).toBe(!isLost && !isKept);
          if (isKept) expect([catalog.route(exposed), catalog.withheldBy("tool", exposed)]).toEqual([undefined, id]);
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test("an original name is routed where one server alone has a tool of it", () => {
  fc.assert(
    propertyOf((servers) => {
      const all = servers.map((one) => ({ ...one, isPrefixed: true }));
      const catalog = buildCatalog(all.map(exposedBy), own);
      for (const tool of new Set(all.flatMap(({ tools }) => tools))) {
        const [first, ...others] = all.filter(({ tools }) => tools.includes(tool));
        const isOne = others.length === 0 && first !== undefined && !first.withheld.includes(tool);
        expect(original(catalog.routeOfOriginal(tool))).toEqual(isOne ? [first.id, tool] : undefined);
      }
    }),
    { numRuns: 1000 },
  );
});

test("each resource is read from its server: the first that lists a URI under that, all others under addresses of tutti's own", () => {
  fc.assert(
    propertyOf((servers) => {
      const catalog = buildCatalog(servers.map(exposedBy), own);
      const owners = new Map<string, string>();
      for (const { id, resources } of servers) {
        for (const one of resources) {
          expect(original(catalog.resourceRoute(addressOf(id, one)))).toEqual([id, one]);
          const isAddress = servers.some((other) => one.startsWith(`tutti://${other.id}/`));
          if (isAddress || owners.has(one)) continue;
          owners.set(one, id);
          expect(original(catalog.listedRoute(one))).toEqual([id, one]);
        }
      }
      const listed = catalog.resources.map(({ exposed }) => exposed);
      expect(new Set(listed).size).toBe(listed.length);
      for (const one of listed) expect(catalog.resourceRoute(one)).toEqual(catalog.listedRoute(one));
    }),
    { numRuns: 1000 },
  );
});
