// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what models write
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isRoot, readPath, readPathInBraces, readPick, shownPath } from "../../src/metatools/paths.ts";

function name(text: string) {
  return { kind: "name", name: text };
}

function index(at: number) {
  return { kind: "index", index: at };
}

const all = { kind: "all" };

describe("a path", () => {
  test.each([
    ["a", "a", []],
    ["a.x", "a", [name("x")]],
    ["a.items[0].id", "a", [name("items"), index(0), name("id")]],
    ["a.items[*].id", "a", [name("items"), all, name("id")]],
    ["a[-1]", "a", [index(-1)]],
    ["a[ 2 ]", "a", [index(2)]],
    ['a["odd.name"].b', "a", [name("odd.name"), name("b")]],
    ['a["q\\"\\u0041\\\\"]', "a", [name('q"A\\')]],
    ["a['single']", "a", [name("single")]],
    ['a[""]', "a", [name("")]],
    ['a[" kept "]', "a", [name(" kept ")]],
    ["a.__proto__.constructor", "a", [name("__proto__"), name("constructor")]],
    ["a.@type.$ref.é-b c", "a", [name("@type"), name("$ref"), name("é-b c")]],
    ["a.items.0", "a", [name("items"), name("0")]],
    ["  a . x  [0] ", "a", [name("x"), index(0)]],
    ["r_7Kd2.items[40].id", "r_7Kd2", [name("items"), index(40), name("id")]],
    ["my call.x", "my call", [name("x")]],
    ["1.x", "1", [name("x")]],
  ])("%j is read", (text, root, steps) => {
    expect(readPath(text)).toEqual({ text: text.trim(), root, steps });
  });

  test.each([
    ["", 1],
    [".x", 1],
    ["$.a.x", 1],
    ["[0]", 1],
    ["{{a.x}}", 1],
    ["a..x", 2],
    ["a.", 2],
    ["a[", 2],
    ["a[x]", 2],
    ["a[1.5]", 2],
    ["a[12345678901]", 2],
    ["a['b]", 2],
    ['a["b]', 2],
    ['a["\\x"]', 2],
    ["a[?(@.x)]", 2],
    ["a.b}", 4],
    ['a.b"c', 4],
    ["a[0]b", 5],
    ["a]", 2],
  ])("%j is refused, with the place", (text, at) => {
    const read = readPath(text);
    expect(read).toHaveProperty("problem");
    expect("problem" in read && read.problem).toContain(
      `the path ${JSON.stringify(text)} is wrong at character ${at}: `,
    );
  });

  test("of pick begins in the value itself", () => {
    expect(readPick("items[*].title")).toMatchObject({ root: "", steps: [name("items"), all, name("title")] });
    expect(readPick("[*].a")).toMatchObject({ root: "", steps: [all, name("a")] });
    expect(readPick('["a b"]')).toMatchObject({ root: "", steps: [name("a b")] });
    expect(readPick("$schema")).toMatchObject({ root: "", steps: [name("$schema")] });
    for (const bad of ["", " ", ".a", "a..b", "a[", "a}"]) expect(readPick(bad)).toHaveProperty("problem");
  });

  test("in braces ends where they do, and not in a name in quotes", () => {
    const text = 'x ${ a["}"].b } y';
    expect(readPathInBraces(text, 4)).toEqual({
      path: { text: 'a["}"].b', root: "a", steps: [name("}"), name("b")] },
      end: 14,
    });
    expect(readPathInBraces("${a.b", 2)).toMatchObject({ problem: expect.stringContaining('"}" is missing') });
  });

  test("is shown as it could be written, and read again the same", () => {
    const step = fc.oneof(
      fc.string({ unit: "binary" }).map(name),
      fc.constantFrom("__proto__", "a b", 'x"y', "", " ", "…").map(name),
      fc.integer({ min: -99, max: 999 }).map(index),
      fc.constant(all),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 4 }), (steps) => {
        const text = shownPath({ text: "", root: "a", steps: steps as never });
        fc.pre(text.length <= 120);
        expect(readPath(text)).toMatchObject({ root: "a", steps });
      }),
    );
  });

  test("that is hostile costs little: long, with many steps, never closed", () => {
    expect(readPath(`a${".b".repeat(65)}`)).toMatchObject({ problem: expect.stringContaining("more than 64 steps") });
    expect(readPath(`a.${"b".repeat(1001)}`)).toMatchObject({ problem: expect.stringContaining("longer than 1000") });
    for (const unit of ["a", "[", '\\"', "\\", "' ", ".", "${a", " "]) {
      const read = readPath(`a["${unit.repeat(1_000_000)}`);
      expect("problem" in read && read.problem.length).toBeLessThan(400);
    }
  });

  test("can begin with what is no part of its grammar, and with nothing else", () => {
    for (const root of ["a", "get issue", "é", "a-b_1", "r_x", "item"]) expect(isRoot(root)).toBe(true);
    for (const root of ["", " a", "a ", "a.b", "a[0]", "$a", "a\n", "{a}", 'a"']) expect(isRoot(root)).toBe(false);
  });
});
