import { describe, expect, test } from "vitest";
import { type Definition, emptyOffer } from "../../src/catalog/definition.ts";
import { Cleaner } from "../../src/catalog/hygiene.ts";

function clean(tool: string, hygiene: "flag" | "strip" = "flag") {
  const definition: Definition = { key: "t", bytes: Buffer.from(tool) };
  const tools = { definitions: [definition], ttlMs: 0, isPublic: false };
  const cleaner = new Cleaner(hygiene);
  const { offer, said } = cleaner.clean({ ...emptyOffer, tools });
  const again = cleaner.clean({ ...emptyOffer, tools }).said;
  return { text: offer.tools.definitions[0]?.bytes.toString(), said, again };
}

const odd = {
  "U+001B": "\u001b[2J",
  "U+009B": "\u009b2J",
  "U+0008": "\b",
  "U+007F": "\u007f",
  "U+200B": "\u200b",
  "U+200D": "no\u200dthing",
  "U+202E": "\u202e",
  "U+2028": "\u2028",
  "U+2066": "\u2066",
  "U+FEFF": "\ufeff",
  "U+E0041": "\u{e0041}",
  "U+FE01": "\ufe01\u{e0102}",
};

describe("a definition", () => {
  for (const [name, characters] of Object.entries(odd)) {
    for (const [way, write] of [
      ["as it is", (text: string) => JSON.stringify(text)],
      [
        "escaped",
        (text: string) =>
          `"${[...text]
            .flatMap((one) => one.split(""))
            .map(escaped)
            .join("")}"`,
      ],
    ] as const) {
      test(`with ${name} in it, written ${way}, is named and left as it is, or rid of it`, () => {
        const tool = `{"name":"t","description":${write(`a${characters}b`)}, "x":[1.0]}`;
        const { text, said, again } = clean(tool);
        expect(text).toBe(tool);
        expect(said).toEqual([expect.stringMatching(/^tool "t" holds characters that nobody sees: U\+[\dA-F, U+]+$/)]);
        expect(said[0]).toContain(name);
        expect(again).toEqual([]);
        const stripped = clean(tool, "strip");
        expect(stripped.text).toMatch(/^\{"name":"t","description":"a[\x20-\x7e]*b", "x":\[1\.0\]\}$/);
        expect(stripped.said[0]).toContain('"hygiene": "strip"');
      });
    }
  }

  test.each(["ünïcode, 日本語, \t tab and \n line", "👩‍👩‍👧 and ❤️ and 👍🏽‍", "می‌خواهم", "क्‍ष", "葛\u{e0100}"])(
    "with nothing hidden in it is left alone: %s",
    (text) => {
      const tool = JSON.stringify({ name: "t", description: text });
      expect(clean(tool, "strip")).toEqual({ text: tool, said: [], again: [] });
    },
  );

  test("loses it from titles and descriptions at any depth, and from nothing else", () => {
    const hide = "a\u200bb";
    const tool = {
      name: "t",
      title: hide,
      inputSchema: {
        properties: { [hide]: { description: hide, enum: [hide], default: hide, items: [{ title: hide }] } },
        description: [hide],
      },
      annotations: { title: hide },
    };
    expect(JSON.parse(clean(JSON.stringify(tool), "strip").text as string)).toEqual({
      name: "t",
      title: "ab",
      inputSchema: {
        properties: { [hide]: { description: "ab", enum: [hide], default: hide, items: [{ title: "ab" }] } },
        description: [hide],
      },
      annotations: { title: "ab" },
    });
  });
});

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
