import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Path, readPick, type Step } from "../../src/metatools/paths.ts";
import { pick } from "../../src/metatools/pick.ts";
import { resolve } from "../../src/metatools/resolve.ts";
import { jsonText } from "../wire/generators.ts";

function picked(value: string, ...paths: readonly string[]) {
  const out = pick(
    Buffer.from(value),
    paths.map((path) => readPick(path) as Path),
  );
  return [out.value.toString(), ...out.missing];
}

const issues =
  '{"total":2, "items":[{"id":1,"title":"x","user":{"login":"u","id":5}},{"id":18446744073709551616,"title":"y"}]}';

describe("pick", () => {
  test.each([
    [["items[*].title"], '{"items":[{"title":"x"},{"title":"y"}]}'],
    [["total"], '{"total":2}'],
    [
      ["items[*].id", "total", "items[*].title"],
      '{"total":2,"items":[{"id":1,"title":"x"},{"id":18446744073709551616,"title":"y"}]}',
    ],
    [["items[0].title"], '{"items":[{"title":"x"}]}'],
    [["items[-1].id"], '{"items":[{"id":18446744073709551616}]}'],
    [["items.1.title"], '{"items":[{"title":"y"}]}'],
    [["items[*].title", "items[0].id"], '{"items":[{"id":1,"title":"x"},{"title":"y"}]}'],
    [["items[*].user.login"], '{"items":[{"user":{"login":"u"}},{}]}'],
    [["items"], `{"items":${issues.slice(issues.indexOf("["), -1)}}`],
    [["items[*]"], `{"items":${issues.slice(issues.indexOf("["), -1)}}`],
  ])("%j keeps that, in its place", (paths, expected) => {
    expect(picked(issues, ...paths)).toEqual([expected]);
  });

  test.each([
    [issues, ["x"], ["{}", "x"]],
    [issues, ["total", "items[*].nope", "items[7]"], ['{"total":2}', "items[*].nope", "items[7]"]],
    [issues, ["total.x", "items.title"], ["{}", "total.x", "items.title"]],
    [issues, ["__proto__", "constructor"], ["{}", "__proto__", "constructor"]],
    [
      issues,
      ["items[*].nope", "items", "items[*].id"],
      [`{"items":${issues.slice(issues.indexOf("["), -1)}}`, "items[*].nope"],
    ],
    ["[1,2]", ["x"], ["[]", "x"]],
    ['"text"', ["x", "[0]", "x"], ["null", "x", "[0]"]],
    ["5", ["[*]"], ["null", "[*]"]],
  ])("of %s names what is missing in %j", (value, paths, expected) => {
    expect(picked(value, ...paths)).toEqual(expected);
  });

  test.each([
    ['{"items":[]}', ["items[*].a.b", "items[*]"], ['{"items":[]}']],
    ['{"items":[null,5,{"a":1},[2],"s"]}', ["items[*].a"], ['{"items":[null,null,{"a":1},[],null]}']],
    ['{"a":1,"b":2,"a":{"x":3,"y":4}}', ["a.x"], ['{"a":{"x":3}}']],
    ['{"\\u0061":[ 1 , 2 ]}', ["a"], ['{"\\u0061":[ 1 , 2 ]}']],
    ['{"__proto__":{"x":1},"y":2}', ["__proto__.x"], ['{"__proto__":{"x":1}}']],
    ["[[1,2],[3]]", ["[*][0]"], ["[[1],[3]]"]],
    [' {"a":1} ', ["a"], ['{"a":1}']],
    ["[1,2,3]", ["[2]", "[0]"], ["[1,3]"]],
    ["[1,2,3]", ["[-1]", "[2]"], ["[3]"]],
  ])("of %s with %j is right", (value, paths, expected) => {
    expect(picked(value, ...paths)).toEqual(expected);
  });

  test("of nothing is nothing: the status alone is wanted", () => {
    expect(picked(issues)).toEqual(["{}"]);
  });

  const name = fc.constantFrom("a", "b", "0", "__proto__").map((text): Step => ({ kind: "name", name: text }));
  const index = fc.integer({ min: -2, max: 2 }).map((at): Step => ({ kind: "index", index: at }));
  const all = fc.constant<Step>({ kind: "all" });
  const paths = fc.array(
    fc
      .array(fc.oneof(name, index, all), { minLength: 1, maxLength: 4 })
      .map((steps): Path => ({ text: JSON.stringify(steps), root: "", steps })),
    { minLength: 1, maxLength: 4 },
  );
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.constantFrom(1, "x", null, [], {}),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b", "0"), tie("value"), { maxKeys: 3 }),
    ),
  })).value;

  test("is always JSON, and misses exactly the paths that lead nowhere", () => {
    fc.assert(
      fc.property(value, paths, fc.constantFrom(undefined, " "), (original, wanted, space) => {
        const json = Buffer.from(JSON.stringify(original, undefined, space));
        const out = pick(json, wanted);
        JSON.parse(out.value.toString());
        const missing = wanted.filter((path) => "problem" in resolve(path, json)).map(({ text }) => text);
        expect(out.missing).toEqual([...new Set(missing)]);
      }),
      { numRuns: 3000 },
    );
  });

  test("of names and all elements can be followed again, to the same values", () => {
    const simple = fc.array(
      fc.oneof(
        fc.constantFrom("a", "b").map((text): Step => ({ kind: "name", name: text })),
        all,
      ),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(value, fc.array(simple, { minLength: 1, maxLength: 3 }), (original, wanted) => {
        const json = Buffer.from(JSON.stringify(original));
        const out = pick(
          json,
          wanted.map((steps) => ({ text: "", root: "", steps })),
        );
        for (const steps of wanted) {
          const before = resolve({ text: "", root: "", steps }, json);
          if ("problem" in before) continue;
          expect(resolve({ text: "", root: "", steps }, out.value).toString()).toBe(before.toString());
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("is JSON whatever the text looks like", () => {
    fc.assert(
      fc.property(jsonText, jsonText, paths, (one, other, wanted) => {
        const json = Buffer.from(`{"a":${one},"b":[${other},{"a":${one}}]}`);
        JSON.parse(pick(json, wanted).value.toString());
      }),
    );
  });

  test("of something hostile costs little: wide, deep", () => {
    const wide = Buffer.from(`[${'{"a":1},'.repeat(200_000)}{"a":1}]`);
    expect(pick(wide, [readPick("[*].a") as Path]).value.equals(wide)).toBe(true);
    const deep = Buffer.from(`${"[".repeat(10_000)}${"]".repeat(10_000)}`);
    const steps = Array.from({ length: 64 }, (): Step => ({ kind: "all" }));
    expect(pick(deep, [{ text: "", root: "", steps }])).toEqual({ value: deep, missing: [] });
  });
});
