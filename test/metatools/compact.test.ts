import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compact, onOneLine } from "../../src/metatools/compact.ts";
import { jsonText } from "../wire/generators.ts";

/** The slow way: strings as they are, of the rest no white space. */
function withoutSpace(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/g, (_, string: string | undefined) => string ?? "");
}

describe("compact JSON", () => {
  test.each([
    ["{}", "{}"],
    [" { } ", "{}"],
    ['{ "a b" : [ 1 , "x \\" y" ] ,\n\t"c":\r\n1e400 }', '{"a b":[1,"x \\" y"],"c":1e400}'],
    ['"  \\\\"', '"  \\\\"'],
    [" 12 ", "12"],
  ])("of %j is %j", (text, expected) => {
    expect(compact(Buffer.from(text)).toString()).toBe(expected);
  });

  test("has every byte but the white space outside strings, and is the same buffer where there is none", () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        const json = Buffer.from(text);
        const out = compact(json);
        expect(out.toString()).toBe(withoutSpace(text));
        expect(compact(out)).toBe(out);
        if (out.length === json.length) expect(out).toBe(json);
      }),
      { numRuns: 2000 },
    );
  });

  test("is made only of what has line breaks where one line is wanted", () => {
    const json = Buffer.from('{ "a" : "\\n" }');
    expect(onOneLine(json)).toBe(json);
    expect(onOneLine(Buffer.from('{ "a" :\n1 }')).toString()).toBe('{"a":1}');
    expect(onOneLine(Buffer.from('{ "a" :\r1 }')).toString()).toBe('{"a":1}');
  });
});
