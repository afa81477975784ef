import fc from "fast-check";
import { expect, test } from "vitest";
import { exposedNames, ownNames, prefixes, prefixOf } from "../../src/catalog/names.ts";
import { addressOf, readAddress } from "../../src/catalog/uris.ts";

const odd = fc.constantFrom(
  "__proto__",
  "constructor",
  "a__b",
  "a_",
  "_",
  "é",
  "a b",
  "a-b",
  "a.b",
  "A",
  "а",
  "x".repeat(80),
);
const name = fc.oneof(
  odd,
  fc.string({ minLength: 1, maxLength: 70, unit: "grapheme" }),
  fc.stringMatching(/^[a-z_]{1,30}$/),
);
const some = fc.uniqueArray(name, { minLength: 1, maxLength: 8 });

test("exposed names are unique among all servers, fit every client, tell their server, and are the same each time", () => {
  fc.assert(
    fc.property(some, fc.array(some, { minLength: 8, maxLength: 8 }), (servers, lists) => {
      const given = prefixes(servers);
      expect(prefixes(servers)).toEqual(given);
      const seen = new Map<string, string>();
      for (const [index, server] of servers.entries()) {
        const prefix = given.get(server) as string;
        const originals = lists[index] as readonly string[];
        const exposed = exposedNames(prefix, originals);
        expect(exposedNames(prefix, originals)).toEqual(exposed);
        expect(exposed.length).toBe(originals.length);
        for (const [at, one] of exposed.entries()) {
          expect(one).toMatch(/^[A-Za-z_][A-Za-z0-9_-]{0,49}$/);
          expect(prefixOf(one)).toBe(prefix);
          expect(seen.has(one)).toBe(false);
          seen.set(one, `${server} ${originals[at]}`);
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test("names without a prefix are unique within their server, and stay what they are where clients take them", () => {
  fc.assert(
    fc.property(some, (originals) => {
      const names = ownNames(originals);
      expect(new Set(names).size).toBe(originals.length);
      for (const [index, original] of originals.entries()) {
        if (/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(original)) expect(names[index]).toBe(original);
      }
    }),
    { numRuns: 1000 },
  );
});

test("an address of ours leads back to the server and the URI that it was made of", () => {
  const prefix = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
  const uri = fc.oneof(
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc.string({ unit: "binary", maxLength: 30 }),
  );
  fc.assert(
    fc.property(prefix, uri, (server, original) => {
      expect(readAddress(addressOf(server, original))).toEqual({ prefix: server, uri: original });
    }),
    { numRuns: 1000 },
  );
});
