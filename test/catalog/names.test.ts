import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exposedNames, prefixes, prefixOf } from "../../src/catalog/names.ts";
import { cpuTimer } from "../support/cpu.ts";

const valid = /^[A-Za-z_][A-Za-z0-9_-]{0,49}$/;
const hostile = [
  "__proto__",
  "constructor",
  "toString",
  "",
  " ",
  ".",
  "_",
  "__",
  "-",
  "😀",
  "é",
  "a.b",
  "a b",
  "a_b",
  "1",
  "1a",
  "é".repeat(60),
];
const anyName = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.string({ unit: fc.constantFrom("a", "_", ".", "-", "😀"), minLength: 10, maxLength: 200 }),
);
const someNames = fc.uniqueArray(anyName, { minLength: 1, maxLength: 12 });

describe("the exposed name of a tool", () => {
  const name = (tool: string, server = "srv") => exposedNames(prefixes([server]).get(server) as string, [tool])[0];

  test("is server__tool where that is a name already", () => {
    expect(name("search-code_2")).toBe("srv__search-code_2");
    expect(name("a__b")).toBe("srv__a__b");
    expect(name("__proto__")).toBe("srv____proto__");
    expect(name("constructor")).toBe("srv__constructor");
  });

  test("has _ for what is not allowed, one for each character", () => {
    expect(name("do.it now/é😀")).toBe("srv__do_it_now___");
  });

  test("may begin with a digit behind the prefix; the prefix itself may not", () => {
    expect(name("7zip")).toBe("srv__7zip");
    expect(name("zip", "7")).toBe("_7__zip");
  });

  test("of 200 characters is cut to 50, and told apart by its end", () => {
    const [a, b] = exposedNames("srv", [`${"x".repeat(200)}a`, `${"x".repeat(200)}b`]);
    expect(a).toMatch(/^srv__x{38}-[0-9a-f]{6}$/);
    expect(b).toMatch(/^srv__x{38}-[0-9a-f]{6}$/);
    expect(a).not.toBe(b);
  });

  test("of exactly 50 characters stays as it is", () => {
    expect(name("x".repeat(45))).toBe(`srv__${"x".repeat(45)}`);
    expect(name("x".repeat(46))).toMatch(/-[0-9a-f]{6}$/);
  });

  test("that would be another's keeps only where it did not have to change", () => {
    const names = exposedNames("srv", ["a.b", "a_b", "a b"]);
    expect(names[1]).toBe("srv__a_b");
    expect(names[0]).toMatch(/^srv__a_b-[0-9a-f]{6}$/);
    expect(names[2]).toMatch(/^srv__a_b-[0-9a-f]{6}$/);
    expect(new Set(names).size).toBe(3);
  });

  test("is valid, at most 50 characters, unique, and its prefix can be read from it", () => {
    fc.assert(
      fc.property(someNames, someNames, (servers, tools) => {
        const all = prefixes(servers);
        const seen = new Set<string>();
        for (const server of servers) {
          const prefix = all.get(server) as string;
          for (const exposed of exposedNames(prefix, tools)) {
            expect(exposed).toMatch(valid);
            expect(prefixOf(exposed)).toBe(prefix);
            seen.add(exposed);
          }
        }
        expect(seen.size).toBe(servers.length * tools.length);
      }),
      { numRuns: 800 },
    );
  });

  test("costs the same whether a server has ten tools or twenty thousand", () => {
    const tools = Array.from({ length: 20_000 }, (_, n) => `${"x".repeat(100)}${n}`);
    const spentMs = cpuTimer();
    expect(new Set(exposedNames("srv", tools)).size).toBeGreaterThan(19_950);
    expect(spentMs()).toBeLessThan(2000);
  });

  test("does not depend on the order in which servers and tools come", () => {
    const shuffled = someNames.chain((names) =>
      fc.tuple(fc.constant(names), fc.shuffledSubarray(names, { minLength: names.length })),
    );
    fc.assert(
      fc.property(shuffled, shuffled, ([servers, otherServers], [tools, otherTools]) => {
        const [one, other] = [prefixes(servers), prefixes(otherServers)];
        for (const server of servers) expect(one.get(server)).toBe(other.get(server));
        const named = new Map(exposedNames("p", tools).map((exposed, index) => [tools[index], exposed]));
        for (const [index, exposed] of exposedNames("p", otherTools).entries()) {
          expect(exposed).toBe(named.get(otherTools[index]));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("the prefix of a server", () => {
  const prefix = (server: string) => prefixes([server]).get(server) as string;

  test("is its name where that is one already", () => {
    expect(prefix("github")).toBe("github");
    expect(prefix("My-Server_2")).toBe("My-Server_2");
  });

  test("holds no __ and does not end with _, so that the first __ of a name ends it", () => {
    expect(prefix("a__b")).toBe("a_b");
    expect(prefix("a_")).toBe("a");
    expect(prefix("a. b!")).toBe("a_b");
  });

  test("of a long name is cut to 24 characters, wherever that cuts it", () => {
    for (let at = 0; at < 40; at++) {
      const server = `${"x".repeat(at)}_${"y".repeat(60 - at)}`;
      expect(prefix(server).length).toBeLessThanOrEqual(24);
      expect(prefix(server)).toMatch(/^[A-Za-z_][A-Za-z0-9_-]*[A-Za-z0-9-]$/);
      expect(prefix(server)).not.toContain("__");
    }
  });

  test("of a name of which nothing is left is server", () => {
    expect(prefix("é😀")).toBe("server");
    expect(prefix("_")).toBe("server");
  });

  test("tells servers apart whose names look the same", () => {
    const names = ["alpha", "\u0430lpha", "a1pha", "ALPHA", "é", "ü", "a b", "a.b"];
    const all = prefixes(names);
    expect(new Set(all.values()).size).toBe(names.length);
    expect(all.get("alpha")).toBe("alpha");
  });
});

test("what has no prefix has none", () => {
  expect(["", "echo", "_echo", "__echo", "a_b"].map(prefixOf)).toEqual(Array(5).fill(undefined));
});
