import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cuts, cutUp, hear, isTaken, plain, scan } from "./drive.ts";
import { accepted } from "./json-suite/accept.ts";
import { eitherWay } from "./json-suite/either.ts";
import { rejectedStructures } from "./json-suite/reject-structures.ts";
import { rejectedValues } from "./json-suite/reject-values.ts";

/** Accepted by the suite, and by us inside a letter; an envelope may not have a member twice. */
const givenTwice = ["y_object_duplicated_key", "y_object_duplicated_key_and_value"];

/** Whether the owner of a scanner takes `text`, the same whole, byte by byte and cut up anyhow. */
function takes(text: Buffer): boolean {
  const whole = scan([text]);
  expect(scan(cutUp(text, "everywhere"))).toEqual(whole);
  fc.assert(
    fc.property(cuts, (at) => {
      expect(scan(cutUp(text, at))).toEqual(whole);
    }),
    { numRuns: text.length > 10_000 ? 2 : 20 },
  );
  return isTaken(text);
}

/** Whether a reply with `text` as its result is passed on; undefined where it cannot stand in a line. */
function passes(text: Buffer): boolean | undefined {
  if (text.includes(0x0a)) return undefined;
  const line = Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":7,"result":'), text, Buffer.from("}")]);
  const [heard, ...more] = hear([line]);
  expect(more).toEqual([]);
  expect(plain(hear(cutUp(line, text.length > 1000 ? [700, 70_000] : "everywhere")))).toEqual(
    plain(heard ? [heard] : []),
  );
  return heard !== undefined && !("problem" in heard);
}

function isJson(text: Buffer): boolean {
  if (!isUtf8(text)) return false;
  try {
    JSON.parse(text.toString());
    return true;
  } catch {
    return false; // Not JSON: that is the answer.
  }
}

describe("a text of the public suite", () => {
  const rejected = { ...rejectedStructures, ...rejectedValues };

  test("is one of 95 to accept, 188 to reject or 35 that are open", () => {
    expect([accepted, rejected, eitherWay].map((texts) => Object.keys(texts).length)).toEqual([95, 188, 35]);
  });

  test.each(Object.entries(accepted))("is taken where every parser must: %s", (name, content) => {
    const text = Buffer.from(content);
    expect(takes(text)).toBe(!givenTwice.includes(name));
    expect(takes(Buffer.from(`[${content}]`))).toBe(true);
    expect(passes(text) ?? true).toBe(true);
  });

  test.each(Object.entries(rejected))("is refused where every parser must: %s", (_name, content) => {
    const text = Buffer.from(content);
    expect(takes(text)).toBe(false);
    expect(passes(text) ?? false).toBe(false);
  });

  test.each(Object.entries(eitherWay))("goes JSON.parse's way where the suite leaves it open: %s", (_name, content) => {
    const text = Buffer.from(content);
    expect(takes(text)).toBe(isJson(text));
    expect(passes(text)).toBe(isJson(text));
  });
});
