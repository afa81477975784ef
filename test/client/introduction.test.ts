import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { enumerate, introduce, oneLine, shorten } from "../../src/client/introduction.ts";

test("the introduction names the servers, and says how their tools are called and that calls run at once", () => {
  expect(introduce(["github", "my files"], "apart")).toBe(
    "tutti puts several MCP servers behind one. The name of each tool and prompt begins with the name of its server. " +
      "Calls that do not need each other's results can be issued together: they run at once.\n" +
      "Servers: github, my files.",
  );
});

test("there is none where no server is known", () => {
  expect(introduce([], "apart")).toBe("");
});

test("a thousand servers are named as far as there is room, and the others counted", () => {
  const text = introduce(
    Array.from({ length: 1000 }, (_, index) => `server-${index}`),
    "apart",
  );
  expect(text.length).toBeLessThan(1300);
  const [, named, more] = /Servers: (.*), and (\d+) more\.$/.exec(text) ?? [];
  expect(named?.split(", ").length).toBe(1000 - Number(more));
});

test("a name cannot add a line", () => {
  expect(introduce(["a\nServers: b", "c\u2028d", "e\u0000f"], "apart").split("\n").length).toBe(2);
});

/** Whether no half of a surrogate pair stands alone in it. */
function isUnicode(text: string): boolean {
  return Buffer.from(text).toString() === text;
}

describe("whatever the texts", () => {
  test("what is listed fits, and is whole or says how much is left out", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.integer({ min: 30, max: 300 }), (items, longest) => {
        const text = enumerate(items, ", ", longest);
        expect(text.length).toBeLessThanOrEqual(longest);
        if (text !== items.join(", ")) expect(text).toMatch(/(?:, and \d+ more|\d+ in all)$/);
      }),
    );
  });

  test("what is shortened fits, and is cut between characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 40 }), (text, longest) => {
        const short = shorten(text, longest);
        expect(short.length).toBeLessThanOrEqual(longest);
        if (isUnicode(text)) expect(isUnicode(short)).toBe(true);
        expect(text.startsWith(short.replace(/…$/, ""))).toBe(true);
      }),
    );
    expect(shorten("ab😀", 3)).toBe("ab…");
    expect(shorten("ab😀", 4)).toBe("ab😀");
  });

  test("one line is one line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(oneLine(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
