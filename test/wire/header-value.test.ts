import { validateHeaderValue } from "node:http";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHeaderValue, toHeaderValue } from "../../src/wire/header-value.ts";

describe("a header's value", () => {
  test.each([
    ["us-west1", "us-west1"],
    ["a b\tc", "a b\tc"],
    ["", "=?base64??="],
    [" us", "=?base64?IHVz?="],
    ["us ", "=?base64?dXMg?="],
    ["日本", "=?base64?5pel5pys?="],
    ["a\r\nHost: b", "=?base64?YQ0KSG9zdDogYg==?="],
    ["=?base64?x?=", "=?base64?PT9iYXNlNjQ/eD89?="],
    ["=?base64?=", "=?base64?="],
  ])("for %j is %s", (text, value) => {
    expect(toHeaderValue(text)).toBe(value);
    expect(fromHeaderValue(value)).toBe(text);
  });

  test("brings every text over, in what every header may hold", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" })), (text) => {
        const value = toHeaderValue(text);
        validateHeaderValue("x", value);
        expect(value.trim()).toBe(value);
        expect(fromHeaderValue(value)).toBe(Buffer.from(text).toString());
      }),
    );
  });

  test.each(["YQ", "Y Q=", "YQ==\n", "YQ==YQ==", "/w==", "YR==", "_-8=", "%", "="].map((text) => `=?base64?${text}?=`))(
    "is none where it is said to be base64 and is not: %s",
    (value) => {
      expect(fromHeaderValue(value)).toBeUndefined();
    },
  );
});
