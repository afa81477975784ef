import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeString } from "../../src/wire/message.ts";

const writtenAs = (text: string): string => Buffer.from(encodeString(text), "latin1").toString();

test.each([...'\u0000\u001f \u007e\u007f\u0080"\\/é€😀', "", "plain", "\ud800"])("%j is written as JSON", (letter) => {
  for (const text of [letter, `a${letter}`, `${letter}b`]) expect(writtenAs(text)).toBe(JSON.stringify(text));
});

test("a text is written as JSON.stringify writes it, whatever it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(writtenAs(text)).toBe(JSON.stringify(text));
    }),
    { numRuns: 1000 },
  );
});
