import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { areUtf8 } from "../../src/wire/utf8.ts";
import { cuts, cutUp } from "./drive.ts";

const whole = fc.constantFrom(
  "a",
  "\n",
  "é",
  "€",
  "😀",
  "\u07ff",
  "\u0800",
  "\ud7ff",
  "\ue000",
  "\uffff",
  "\u{10ffff}",
);
const broken = fc.constantFrom(
  "c0af",
  "e080af",
  "eda080",
  "f08080af",
  "f4908080",
  "c3",
  "e282",
  "f09f98",
  "80",
  "a9a9a9",
  "ff",
);
const bytes = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: whole.map((text) => Buffer.from(text)) },
      broken.map((hex) => Buffer.from(hex, "hex")),
    ),
    {
      maxLength: 12,
    },
  )
  .map((parts) => Buffer.concat(parts));

test("pieces are UTF-8 where what they make together is, wherever they were cut", () => {
  fc.assert(
    fc.property(bytes, cuts, (text, at) => {
      expect(areUtf8(cutUp(text, at))).toBe(isUtf8(text));
    }),
    { numRuns: 5000 },
  );
});

test("no pieces are UTF-8", () => {
  expect(areUtf8([])).toBe(true);
});
