import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { onOneLine } from "../../src/metatools/compact.ts";
import { jsonIn, valueOfResult } from "../../src/metatools/values.ts";
import { jsonText } from "../wire/generators.ts";

function text(...texts: readonly string[]): string {
  return JSON.stringify({ content: texts.map((one) => ({ type: "text", text: one })) });
}

describe("the value of a call", () => {
  test.each([
    [
      '{"content":[{"type":"text","text":"no"}],"structuredContent":{ "n": 18446744073709551616 }}',
      '{ "n": 18446744073709551616 }',
    ],
    ['{"structuredContent":{"a":1},"structuredContent":[1]}', "[1]"],
    ['{"structuredContent":null,"content":[{"type":"text","text":"x"}]}', '"x"'],
    ['{"structuredContent":"text"}', '"text"'],
    [text('{"id":1e400,"__proto__":{}}'), '{"id":1e400,"__proto__":{}}'],
    [text(" \n[1, 2]\r\n\t"), "[1, 2]"],
    [text('{\n  "id": 1,\r\n  "t": "a  b"\n}'), '{"id":1,"t":"a  b"}'],
    [text('{"id":1,"id":2}'), '{"id":1,"id":2}'],
    [text("5"), '"5"'],
    [text("null"), '"null"'],
    [text('"quoted"'), '"\\"quoted\\""'],
    [text("{}{}"), '"{}{}"'],
    [text("{},{}"), '"{},{}"'],
    [text("[1],[2"), '"[1],[2"'],
    [text('{"a":1'), '"{\\"a\\":1"'],
    [text("[link] to it"), '"[link] to it"'],
    [text("\ufeff{}"), '"\ufeff{}"'],
    [text("a", "b"), '"a\\nb"'],
    [text('{"a":1}', '{"b":2}'), '"{\\"a\\":1}\\n{\\"b\\":2}"'],
    ['{"content":[{"type":"text","text":"caf\\u00e9 \\/"}]}', '"caf\\u00e9 \\/"'],
    ['{"content":[{"type":"te\\u0078t","text":"\\u007b\\"a\\":1}"}]}', '{"a":1}'],
    ['{"content":[{"type":"image","data":"AA","mimeType":"image/png"},{"type":"text","text":"[1]"}]}', "[1]"],
    ['{"content":[{"type":"image","data":"AA","mimeType":"image/png"}]}', '""'],
    ['{"content":[]}', '""'],
    ["{}", '""'],
    ['{"content":{"type":"text"}}', '""'],
    ['{"content":[null,5,{"type":5},{"type":"text"},{"type":"text","text":5}]}', '""'],
  ])("of %s is %s", (result, value) => {
    expect(valueOfResult(Buffer.from(result)).toString()).toBe(value);
  });

  test("is the text read as JSON exactly where that is an object or array", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          jsonText,
          fc.tuple(jsonText, fc.string()).map(([json, more]) => json + more),
        ),
        (written) => {
          const value = valueOfResult(Buffer.from(text(written))).toString();
          let parsed: unknown;
          try {
            parsed = JSON.parse(written);
          } catch {
            parsed = undefined;
          }
          const trimmed = Buffer.from(written.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
          if (typeof parsed === "object" && parsed !== null) expect(value).toBe(onOneLine(trimmed).toString());
          else expect(JSON.parse(value)).toBe(written);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("stays text where that is too deep", () => {
    const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    expect(valueOfResult(Buffer.from(text(deep(500)))).toString()).toBe(deep(500));
    expect(valueOfResult(Buffer.from(text(deep(501)))).toString()).toBe(JSON.stringify(deep(501)));
    expect(jsonIn(Buffer.from('"[[]]"'), 1)).toBeUndefined();
    expect(valueOfResult(Buffer.from(text("[".repeat(1_000_000)))).length).toBe(1_000_002);
  });
});
