import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressOf, readAddress, readTemplate, stands } from "../../src/catalog/uris.ts";
import { cpuTimer } from "../support/cpu.ts";

function matches(template: string, uri: string, steps = 1_000_000): boolean {
  const read = readTemplate(template);
  return read !== undefined && stands(read, uri, { steps });
}

describe("an address of tutti's own", () => {
  test("says the server's prefix and the URI, encoded", () => {
    expect(addressOf("files", "file:///a b?c#d/é%41")).toBe(
      "tutti://files/file%3A%2F%2F%2Fa%20b%3Fc%23d%2F%C3%A9%2541",
    );
  });

  test("can be read back, whatever the URI", () => {
    const uri = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }), fc.webUrl());
    fc.assert(
      fc.property(fc.constantFrom("a", "_7", "My-Server_2"), uri, (prefix, text) => {
        expect(readAddress(addressOf(prefix, text))).toEqual({ prefix, uri: text });
      }),
    );
  });

  test("of an address is another address", () => {
    expect(readAddress(addressOf("a", addressOf("b", "x")))).toEqual({ prefix: "a", uri: "tutti://b/x" });
  });

  test("of half a surrogate pair has the sign for it", () => {
    expect(addressOf("a", "x\ud800y😀")).toBe("tutti://a/x%EF%BF%BDy%F0%9F%98%80");
  });

  test("may be written with fewer escapes", () => {
    expect(readAddress("tutti://a/file:///x/y")).toEqual({ prefix: "a", uri: "file:///x/y" });
  });

  test("that cannot be decoded is one all the same", () => {
    for (const rest of ["%", "%zz", "%ff", "%e9x"]) {
      expect(readAddress(`tutti://a/${rest}`)).toEqual({ prefix: "a", uri: undefined });
    }
  });

  test("is not what only looks like one", () => {
    for (const text of ["", "tutti:", "tutti://", "tutti://a", "TUTTI://a/x", " tutti://a/x", "file:///x"]) {
      expect(readAddress(text)).toBeUndefined();
    }
  });
});

describe("a template", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["file:///{name}", "file:///a.txt", true],
    ["file:///{name}", "file:///", true],
    ["file:///{name}", "file:///a/b", false],
    ["file:///{name}", "FILE:///a", false],
    ["file:///{name}", "xfile:///a", false],
    ["file:///{name:3}", "file:///abc", true],
    ["file:///{list*}", "file:///a,b,c", true],
    ["file:///{+path}", "file:///a/b?c#d", true],
    ["{+all}", "", true],
    ["{a}{b}", "xy", true],
    ["a{x}b{y}c", "a-b-b-c", true],
    ["a{x}b{y}c", "a-c", false],
    ["a{x}b{y}c", "a/b-c", false],
    ["a{+x}b{y}c", "a/b/b-c", true],
    ["a{+x}b{y}c", "a-b/c", false],
    ["x{+a}x{b}y", "xx/xy", true],
    ["db://{t}/{id}.json", "db://users/7.json", true],
    ["db://{t}/{id}.json", "db://users/7.json5", false],
    ["a{/x}", "a", true],
    ["a{/x}", "a/b", true],
    ["a{/x}", "a/b/c", false],
    ["a{/x}", "ab", false],
    ["a{/x}{/y}", "a/b/c", true],
    ["a{/x,y}", "a/b/c", true],
    ["a{/x*}", "a/b/c/d", true],
    ["a{.x}", "a.b.c", true],
    ["a{.x}", "ab", false],
    ["a{;x,y}", "a;x=1;y=2", true],
    ["a{?x,y}", "a?x=1&y=/2", true],
    ["a{?x,y}", "a", true],
    ["a{?x,y}", "a&x=1", false],
    ["a{?x,y}", "a?x#y", false],
    ["a?f=1{&x}", "a?f=1&x=2", true],
    ["a{#x}", "a#b/c", true],
    ["a{#x}", "ab", false],
    ["é{x}", "é%20", true],
    ["plain", "plain", true],
    ["plain", "plain2", false],
    ["", "", true],
    ["a}b{x}", "a}bc", true],
    ["{=x}", "anything", true],
    ["a{x", "a{x", false],
    ["a{}", "a", false],
    ["a{+}", "ab", false],
    ["a{x{y}}", "ab", false],
  ];
  for (const [template, uri, isMatch] of cases) {
    test(`${JSON.stringify(template)} ${isMatch ? "stands" : "does not stand"} for ${JSON.stringify(uri)}`, () => {
      expect(matches(template, uri)).toBe(isMatch);
    });
  }

  test("stands for what the same regular expression matches", () => {
    const classes: readonly (readonly [string, string])[] = [
      ["{x}", "[^/]*"],
      ["{+x}", ".*"],
      ["{/x}", "(?:/[^/]*)?"],
      ["{/x*}", "(?:/.*)?"],
      ["{.x}", "(?:\\.[^/]*)?"],
      ["{?x}", "(?:\\?[^#]*)?"],
      ["{#x}", "(?:#.*)?"],
      ["a", "a"],
      ["/", "/"],
      ["/a", "/a"],
      [".", "\\."],
    ];
    const parts = fc.array(fc.constantFrom(...classes), { maxLength: 6 });
    const text = fc.string({ unit: fc.constantFrom("a", "/", ".", "?", "#"), maxLength: 8 });
    const seen = { true: 0, false: 0 };
    fc.assert(
      fc.property(parts, text, (some, uri) => {
        const template = some.map(([part]) => part).join("");
        const expression = new RegExp(`^${some.map(([, part]) => part).join("")}$`, "s");
        const isMatch = matches(template, uri);
        seen[`${isMatch}`]++;
        expect(isMatch).toBe(expression.test(uri));
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(200);
  });

  test("knows how much of it is text of its own", () => {
    const literals = (template: string) => readTemplate(template)?.literals;
    expect([literals("ab{x}c{+y}"), literals("{x}"), literals("abc"), literals("")]).toEqual([3, 0, 3, 0]);
  });

  test("stands for every URI that it is made into", () => {
    const value = fc.oneof(fc.string(), fc.webPath()).map(encodeURIComponent);
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(matches("x://{a}/{b}", `x://${a}/${b}`)).toBe(true);
        expect(matches("x://{a}{?b}", `x://${a}?b=${b}`)).toBe(true);
      }),
    );
  });
});

describe("the work for a template", () => {
  const took = (run: () => unknown): number => {
    const spentMs = cpuTimer();
    run();
    return spentMs();
  };

  test("is bounded whatever the template and the URI are", () => {
    const uri = "a".repeat(60_000);
    for (const template of [
      "{+a}".repeat(64),
      "{+a}a".repeat(64),
      `${"{+a}aaaaaaaaaaaaaaaaaaaa".repeat(64)}b`,
      `{+a}${"a".repeat(4000)}{+b}${"a".repeat(3000)}{c}`,
      "{a}{/b*}{.c}{;d}{?e}{&f}{#g}".repeat(9),
    ]) {
      const steps = { steps: 4_000_000 };
      const read = readTemplate(template);
      if (read === undefined) throw new Error(template);
      expect(took(() => stands(read, uri, steps))).toBeLessThan(500);
      expect(steps.steps).toBeGreaterThan(-100_000);
    }
  });

  test("comes out of one purse, and with that empty nothing is matched", () => {
    const read = readTemplate("{+a}a{+b}");
    if (read === undefined) throw new Error();
    const effort = { steps: 1000 };
    const found = Array.from({ length: 10 }, () => stands(read, "a".repeat(60), effort));
    expect(found[0]).toBe(true);
    expect(found.at(-1)).toBe(false);
  });

  test("is none for one that is too long or has too many expressions", () => {
    expect(readTemplate("x".repeat(8193))).toBeUndefined();
    expect(readTemplate("{x}".repeat(65))).toBeUndefined();
    expect(readTemplate("{".repeat(8000))).toBeUndefined();
    expect(took(() => readTemplate("{x".repeat(4000)))).toBeLessThan(100);
  });

  test("is none for a URI that is too long", () => {
    expect(matches("{+x}", "x".repeat(65_537), 10_000_000)).toBe(false);
    expect(matches("{+x}", "x".repeat(65_536), 10_000_000)).toBe(true);
  });
});
