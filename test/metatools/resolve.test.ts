import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Path, readPath, type Step, shownPath } from "../../src/metatools/paths.ts";
import { resolve } from "../../src/metatools/resolve.ts";
import { jsonText } from "../wire/generators.ts";

function at(path: string, value: string): string | { readonly problem: string; readonly has: readonly string[] } {
  const found = resolve(readPath(path) as Path, Buffer.from(value));
  return "problem" in found ? found : found.toString();
}

/** What the path leads to by `JSON.parse`, and whether that is anything. */
function oracle(value: unknown, steps: readonly Step[]): readonly unknown[] | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return [value];
  if (step.kind === "all") {
    if (!Array.isArray(value)) return undefined;
    const found = value.map((element) => oracle(element, rest));
    return found.length > 0 && found.every((one) => one === undefined) ? undefined : found.flatMap((one) => one ?? []);
  }
  const key = step.kind === "name" ? step.name : Array.isArray(value) ? step.index : undefined;
  const place = typeof key === "number" && key < 0 ? key + (value as unknown[]).length : key;
  if (typeof value !== "object" || value === null || place === undefined || !Object.hasOwn(value, place))
    return undefined;
  return oracle((value as Record<string, unknown>)[place], rest);
}

describe("the value at a path", () => {
  const issues = '{ "items" : [ {"id":1,"t":"x"} , {"id": 18446744073709551616 }, {"t" : "y"} ], "total":3.10 }';

  test.each([
    ["a", issues, issues],
    ["a.total", issues, "3.10"],
    ["a.items[0]", issues, '{"id":1,"t":"x"}'],
    ["a.items[1].id", issues, "18446744073709551616"],
    ["a.items[-1].t", issues, '"y"'],
    ["a.items.2.t", issues, '"y"'],
    ["a.items[*].id", issues, "[1,18446744073709551616]"],
    ["a.items[*]", '{"items":[ 1, 2 ]}', "[1, 2 ]"],
    ["a[*]", "[ ]", "[]"],
    ["a[*].x", "[]", "[]"],
    ["a[*].x[*].y", '[{"x":[{"y":1},{"y":2}]},{"x":[]},{"x":[{"y":[3]}]}]', "[1,2,[3]]"],
    ["a[*][*]", "[[1,2],[],[3]]", "[1,2,3]"],
    ["a[*][0]", "[[1,2],[],[3]]", "[1,3]"],
    ["a[*].x", "[[],[]]", undefined],
    ["a[*][*]", "[[],[]]", "[]"],
    ["a.x", '{"x":1,"x":1e400}', "1e400"],
    ["a.x", '{"\\u0078":-0}', "-0"],
    ["a.é", '{"\\u00e9":"\\u00e9\\/"}', '"\\u00e9\\/"'],
    ["a.é", '{"é":1}', "1"],
    ['a["\\ud800"]', '{"\ufffd":1,"\\ud800":2}', "2"],
    ['a["\\ud800"]', '{"\ufffd":1}', undefined],
    ["a.__proto__", '{"__proto__":{"x":1}}', '{"x":1}'],
    ["a.__proto__", "{}", undefined],
    ["a.constructor", '{"x":1}', undefined],
    ["a.length", "[1,2]", undefined],
    ["a.length", '"text"', undefined],
    ["a[0]", '{"0":1}', undefined],
    ["a[0]", '"text"', undefined],
    ["a.x.y", '{"x":null}', undefined],
    ["a[2]", "[1,2]", undefined],
    ["a[-3]", "[1,2]", undefined],
    ["a", " \n[1]\n ", "[1]"],
  ])("%s in %s is %s", (path, value, found) => {
    if (found === undefined) expect(at(path, value)).toHaveProperty("problem");
    else expect(at(path, value)).toBe(found);
  });

  test.each([
    ["a.itms", '{"items":[],"total":0}', 'a has no "itms"; it has: items, total', ["items", "total"]],
    [
      "a.items.id",
      '{"items":[{"id":1}]}',
      'a.items is an array of 1 element, so it has no "id": write [0] or [*] before "id"',
      [],
    ],
    ["a.items[3]", '{"items":[1,2]}', "a.items is an array of 2 elements, so it has no [3]", []],
    ["a.x", '"plain"', 'a is text, so it has no "x"', []],
    ["a.b[*]", '{"b":{"c":1}}', "a.b is an object, so it has no [*]; it has: c", ["c"]],
    ["a.b.c", '{"b":null}', 'a.b is null, so it has no "c"', []],
    ["a.b", "{}", 'a has no "b"; it is empty', []],
    ["a[*].y", '[{"x":1},{"x":2}]', 'a[*] has no "y"; it has: x', ["x"]],
    ["a.x", '{"y":1,"y":2,"od\\nd":3}', 'a has no "x"; it has: y, "od\\nd"', ["y", '"od\\nd"']],
  ])("says of %s in %s what there is", (path, value, problem, has) => {
    expect(at(path, value)).toEqual({ problem, has });
  });

  test("names ten keys at most, and none of them whole when it is long", () => {
    const members = Array.from({ length: 1000 }, (_, index) => `"${"k".repeat(500)}${index}":0`);
    const found = at("a.x", `{"first":1,${members.join(",")},${members.slice(0, 9).map((_, i) => `"n${i}":0`)}}`);
    expect(found).toMatchObject({ has: expect.arrayContaining(["first"]) });
    if (typeof found === "string") throw new Error(found);
    expect(found.has.length).toBeLessThanOrEqual(10);
    expect(found.problem.length).toBeLessThan(1000);
  });

  test("is what JSON.parse and own properties give, whatever the text looks like", () => {
    const steps = fc.array(
      fc.oneof(
        {
          weight: 3,
          arbitrary: fc
            .constantFrom("a", "b", "__proto__", "0", "constructor", "é")
            .map((name) => ({ kind: "name" as const, name })),
        },
        fc.integer({ min: -3, max: 3 }).map((index) => ({ kind: "index" as const, index })),
        { weight: 2, arbitrary: fc.constant({ kind: "all" as const }) },
      ),
      { maxLength: 4 },
    );
    const value = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        fc.constantFrom(1, "x", null, true, [], {}),
        fc.array(tie("value"), { maxLength: 3 }),
        fc
          .array(fc.tuple(fc.constantFrom("a", "b", "__proto__", "0", "é"), tie("value")), { maxLength: 3 })
          .map((members) => Object.fromEntries(members)),
      ),
    })).value;
    fc.assert(
      fc.property(value, steps, fc.constantFrom(undefined, " ", "\n\t"), (original, path, space) => {
        const text = Buffer.from(JSON.stringify(original, undefined, space));
        const expected = oracle(JSON.parse(text.toString()), path);
        const found = resolve({ text: "", root: "a", steps: path }, text);
        if (expected === undefined) expect(found).toHaveProperty("problem");
        else {
          const isList = path.some(({ kind }) => kind === "all");
          expect(JSON.parse(found.toString())).toEqual(isList ? expected : expected[0]);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("is found in any JSON, and the exact bytes that stand there", () => {
    fc.assert(
      fc.property(jsonText, jsonText, (before, text) => {
        const whole = `{ "p":${before} , "x" : [0,${text} ] }`;
        expect(at("a.x[1]", whole)).toBe(text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
      }),
    );
  });

  test("in a hostile value costs little: deep, wide, millions of matches", () => {
    const depth = 10_000;
    const deep = Buffer.from(`${"[".repeat(depth)}${"]".repeat(depth)}`);
    const steps: Step[] = Array.from({ length: 64 }, () => ({ kind: "all" }));
    expect(resolve({ text: "", root: "a", steps }, deep)).toHaveLength(2 * (depth - 63));
    const wide = Buffer.from(`[${'{"i":1},'.repeat(300_000)}{"i":1}]`);
    expect(resolve(readPath("a[*].i") as Path, wide)).toHaveLength(2 * 300_001 + 1);
  });

  test("is said of the path as it is shown", () => {
    expect(shownPath(readPath('a["b c"][0].d[*]') as Path)).toBe('a["b c"][0].d[*]');
  });
});
