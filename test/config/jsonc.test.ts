import fc from "fast-check";
import { type ParseError, parse } from "jsonc-parser";
import { describe, expect, test } from "vitest";
import { linesOf, parseJsonc } from "../../src/config/jsonc.ts";
import { cpuTimer } from "../support/cpu.ts";
import { complaint, lines, loadText } from "./load-text.ts";

describe("a text that is no JSON", () => {
  test.each([
    ['{ "a": 1\n  "b": 2 }', 2, "a comma is missing before this"],
    ["{ a: 1 }", 1, "there is a word or sign that JSON does not know; text needs double quotes"],
    ["{ \"a\": 'x' }", 1, "there is a word or sign that JSON does not know; text needs double quotes"],
    ['{ "a" 1 }', 1, "a colon is missing between a key and its value"],
    ['{\n\n"a": }', 3, "a value is missing"],
    ['{ "a": {\n"b": 1', 2, "a closing brace } is missing"],
    ['{ "a": [1', 1, "a closing bracket ] is missing"],
    ['{ "a": "x\n" }', 1, "a text has no closing quote on its line"],
    ['{ "a": "\t" }', 1, "a text contains a control character; write \\n for a new line and \\t for a tab"],
    ['{ "a": "C:\\x" }', 1, "there is a backslash that JSON does not know; write \\\\ for one backslash"],
    ["/* {}", 1, "a comment is not closed"],
    ["{}\n\n{}", 3, "there is more after the end of the configuration"],
    ["// nothing", 1, "a value is missing"],
  ])("%j is told its first fault and the line", async (text, line, reason) => {
    const { value, problems } = await parseJsonc(text);
    const message = `${reason}. Comments and trailing commas are fine, all else is plain JSON.`;
    expect({ value, problems }).toEqual({ value: undefined, problems: [{ path: [], line, message }] });
  });
});

describe("a key that stands twice in one object", () => {
  test("is an error with both lines, whatever the object", async () => {
    const text = lines`
    {
      "mcpServers": {
        "github": { "command": "a" },
        "files": {
          "command": "b",
          "env": { "TOKEN": "x", "TOKEN": "y" },
          "command": "c"
        },
        "github": { "command": "d" }
      },
      "log": {},
      "log": {}
    }`;
    expect(await complaint(text)).toBe(
      [
        '/home/me/servers.json:6: server "files", env.TOKEN: stands here twice, first on line 6. Rename or remove one.',
        '/home/me/servers.json:7: server "files", command: stands here twice, first on line 5. Rename or remove one.',
        '/home/me/servers.json:9: server "github": stands here twice, first on line 3. Rename or remove one.',
        "/home/me/servers.json:12: log: stands here twice, first on line 11. Rename or remove one.",
      ].join("\n"),
    );
  });

  test("is seen through escapes and among comments", async () => {
    const text = '{ "servers": { "a": { "command": "x" }, // one\n "\\u0061": { "command": "y" } } }';
    expect(await complaint(text)).toMatch(/:2: server "a": stands here twice, first on line 1\./);
  });

  test("is none in another object or inside of a text", async () => {
    const args = ['{"x": 1, "x": 2}', '"', "\\", '\\"x":'];
    const { servers } = await loadText({ servers: { a: { command: "x", args }, x: { command: "x" } } });
    expect(servers[0]?.launch).toMatchObject({ args });
  });
});

test("a key named __proto__ is an error, because assignment would lose it", async () => {
  const message = "__proto__: JavaScript reserves this name. Choose another.";
  expect(await complaint('{ "servers": {\n"a": { "command": "x", "env": { "__proto__": "x" } } } }')).toBe(
    `/home/me/servers.json:2: server "a", env.${message}`,
  );
  expect(await complaint('{ "__proto__": { "servers": {} } }')).toBe(`/home/me/servers.json:1: ${message}`);
});

describe("whatever the text", () => {
  const parts = [
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    "//",
    "/*",
    "*/",
    "\n",
    " ",
    "\\",
    '"a"',
    '"//"',
    "1",
    "-",
    "null",
    "a",
  ];
  const garbage = fc.array(fc.constantFrom(...parts), { maxLength: 12 }).map((chosen) => chosen.join(""));

  /** Blanks and comments between all tokens, and a comma behind each last member. */
  const decorated = fc
    .tuple(fc.jsonValue(), fc.infiniteStream(fc.constantFrom(" ", "\n", '//"}{,\n', '/* ,] " **/', "/**/")))
    .map(([value, blanks]) => {
      const blank = () => String(blanks.next().value);
      const write = (part: unknown): string => {
        const list = (entries: string[]) => blank() + entries.map((entry) => `${entry},${blank()}`).join("");
        if (Array.isArray(part)) return `[${list(part.map(write))}${blank()}]`;
        if (typeof part !== "object" || part === null) return JSON.stringify(part) + blank();
        const entries = Object.entries(part).map(
          ([key, inner]) => `${JSON.stringify(key)}${blank()}:${blank()}${write(inner)}`,
        );
        return `{${list(entries)}${blank()}}`;
      };
      return { text: blank() + write(value), value };
    });

  test("comments and trailing commas change no value", async () => {
    await fc.assert(
      fc.asyncProperty(decorated, async ({ text, value }) => {
        fc.pre(!JSON.stringify(value).includes("__proto__"));
        expect(await parseJsonc(text)).toEqual({ value: JSON.parse(JSON.stringify(value)), problems: [] });
      }),
    );
  });

  test("it has a value exactly when jsonc-parser finds no fault in it, and then the same", async () => {
    await fc.assert(
      fc.asyncProperty(garbage, async (text) => {
        const errors: ParseError[] = [];
        const value = parse(text, errors, { allowTrailingComma: true });
        const parsed = await parseJsonc(text);
        if (parsed.problems.some(({ message }) => message.startsWith("stands here twice"))) return;
        expect(parsed.problems.length).toBe(Math.min(errors.length, 1));
        if (errors.length === 0) expect(parsed.value).toEqual(value);
      }),
      { numRuns: 20_000 },
    );
  });

  test.each(['"', '\\"', '"\\', "/*", "//", ", ", "[,", '{"a":', "  ", "\n", " ,"])(
    "a million characters of %j are read in no long time",
    async (part) => {
      const spentMs = cpuTimer();
      await parseJsonc(part.repeat(1_000_000 / part.length));
      await parseJsonc(`["${part.repeat(1_000_000 / part.length)}`);
      expect(spentMs()).toBeLessThan(5_000);
    },
  );
});

test("linesOf finds keys, list entries, and what is around something absent", async () => {
  const text = '{\n"a": {\n"b":\n[1,\n2]}}';
  const paths = [[], ["a"], ["a", "b"], ["a", "b", 1], ["a", "b", 7], ["a", "x", "y"], ["z"]];
  expect(await linesOf(text, paths)).toEqual([1, 2, 3, 5, 3, 2, 1]);
});
