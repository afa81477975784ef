import { expect, test } from "vitest";
import { harmless } from "../../src/process/harmless.ts";

test("text without anything invisible stays as it is, tabs too", () => {
  const text = "naïve – 日本語 \u{1f600}\tend \\x1b";
  expect(harmless(text)).toBe(text);
  expect(harmless("\u2764\ufe0f 葛\u{e0100}")).toBe("\u2764\ufe0f 葛\u{e0100}");
});

test.each([
  ["an ESC sequence", "\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"],
  ["C0, DEL and C1", "\x00\x08\x7f\x9b", "\\x00\\x08\\x7f\\x9b"],
  ["line ends", "a\r\nb\u2028c\u2029", "a\\x0d\\x0ab\\u2028c\\u2029"],
  ["bidi controls", "\u202a\u202e\u2066\u2069\u061c", "\\u202a\\u202e\\u2066\\u2069\\u061c"],
  ["zero-width characters", "\u200b\u200d\u200f\ufeff", "\\u200b\\u200d\\u200f\\ufeff"],
  ["runs of variation selectors", "a\ufe01\u{e0102}\ufe0f", "a\\ufe01\\u{e0102}\\ufe0f"],
  ["tag characters", "\u{e0000}\u{e0041}\u{e007f}", "\\u{e0000}\\u{e0041}\\u{e007f}"],
])("%s become visible", (_, text, shown) => {
  expect(harmless(text)).toBe(shown);
});
