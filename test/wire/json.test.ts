import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Scanner } from "../../src/wire/json.ts";
import { cuts, cutUp, isTaken, scan } from "./drive.ts";
import { envelopeText, jsonText, mutated } from "./generators.ts";
import { keepsBounds, naiveTree } from "./naive.ts";

const runs = { numRuns: 2000 };
const text = fc.oneof(jsonText, envelopeText);

function scanText(content: string, maxDepth?: number) {
  return scan([Buffer.from(content)], maxDepth);
}

/** Whether the referee would take the text: JSON.parse after a strict UTF-8 check, and the scanner's own bounds. */
function shouldTake(bytes: Buffer, maxDepth: number): boolean {
  const tree = naiveTree(bytes);
  return tree !== undefined && keepsBounds(tree, maxDepth);
}

describe("the scanner takes what JSON.parse takes", () => {
  test("when it is any JSON, printed in any way", () => {
    fc.assert(
      fc.property(text, fc.constantFrom(2, 3, 512), (content, maxDepth) => {
        const bytes = Buffer.from(content);
        expect(isTaken(bytes, maxDepth)).toBe(shouldTake(bytes, maxDepth));
      }),
      runs,
    );
  });

  test("when its bytes were flipped, put in, taken out or cut off", () => {
    fc.assert(
      fc.property(mutated(text), (bytes) => {
        expect(isTaken(bytes)).toBe(shouldTake(bytes, 512));
      }),
      { numRuns: 8000 },
    );
  });

  test("however the text is split, and with all it says of it", () => {
    fc.assert(
      fc.property(fc.oneof(text.map(Buffer.from), mutated(text)), cuts, (bytes, at) => {
        expect(scan(cutUp(bytes, at))).toEqual(scan([bytes]));
      }),
      runs,
    );
  });

  test("when a byte stands anywhere in a long string, wherever that begins", () => {
    for (const byte of [0x00, 0x1f, 0x20, 0x22, 0x5c, 0x7f, 0x80, 0xa2, 0xdc, 0xff]) {
      for (let start = 0; start < 8; start++) {
        for (let at = 1; at < 150; at++) {
          // Long enough to be read four bytes at a time.
          const bytes = Buffer.from(`${" ".repeat(start)}"${"x".repeat(260)}"`);
          bytes[start + at] = byte;
          expect([byte, start, at, isTaken(bytes)]).toEqual([byte, start, at, shouldTake(bytes, 512)]);
        }
      }
    }
  });

  test("when any byte stands anywhere in a short text", () => {
    const texts = [
      '{"a":{"b":1,"abcdefghijklmnopqrst":1}}',
      '["abcdefghijklmnopqrst"]',
      '{"id":-1.5e+2,"a\\u0041":[true,{}]}',
    ];
    for (const text of texts) {
      for (let byte = 0; byte < 256; byte++) {
        for (let at = 0; at < text.length; at++) {
          const bytes = Buffer.from(text);
          bytes[at] = byte;
          expect([byte, at, isTaken(bytes)]).toEqual([byte, at, shouldTake(bytes, 512)]);
        }
      }
    }
  });

  test("whatever text the same scanner read before, whole or not", () => {
    const scanner = new Scanner(4);
    fc.assert(
      fc.property(fc.oneof(text.map(Buffer.from), mutated(text)), cuts, (bytes, at) => {
        expect(scan(cutUp(bytes, at), 4, scanner)).toEqual(scan([bytes], 4));
      }),
      runs,
    );
  });
});

test("whether there are bytes beyond ASCII in a string is said of each text by itself", () => {
  const scanner = new Scanner(4);
  const told = ['"a"', '"é"', '"a"', `"${"a".repeat(300)}"`].map((content) => {
    scanner.push(Buffer.from(content), 0, Buffer.byteLength(content));
    const { hasHighBytes } = scanner;
    scanner.reset();
    return hasHighBytes;
  });
  expect(told).toEqual([false, true, false, false]);
});

describe("a text is refused for", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const unknown = (count: number) => `{${Array.from({ length: count }, (_, index) => `"m${index}":0`).join()}}`;

  test("513 levels, where 512 are taken", () => {
    expect(scanText(nested(512))).toMatchObject({ isTaken: true, problem: undefined });
    expect(scanText(nested(513))).toMatchObject({ isTaken: false, problem: "too_deep" });
    expect(scanText(`${'{"a":'.repeat(512)}1${"}".repeat(512)}`).isTaken).toBe(true);
    expect(scanText('{"a":'.repeat(513)).problem).toBe("too_deep");
  });

  test("a scalar's depth only where there is none to have", () => {
    expect(scanText("1", 0).isTaken).toBe(true);
    expect(scanText("[]", 0).problem).toBe("too_deep");
  });

  test("the 65th member of an envelope that nobody knows", () => {
    expect(scanText(unknown(64)).isTaken).toBe(true);
    expect(scanText(unknown(65))).toMatchObject({ isTaken: false, problem: "duplicate" });
    expect(scanText(`[${unknown(1000)}]`).isTaken).toBe(true);
  });

  test.each([
    ["nothing", ""],
    ["white space alone", " \t\r\n "],
    ["a second text", "1 2"],
    ["a BOM", "\ufeff{}"],
    ["NUL between tokens", "[1,\u0000]"],
    ["NUL in a string", '"\u0000"'],
    ["a no-break space", "[1,\u00a0]"],
  ])("%s", (_what, content) => {
    expect(scanText(content)).toMatchObject({ isTaken: false, problem: "not_json" });
  });

  test("one reason for good, whatever still comes", () => {
    const scanner = new Scanner(8);
    const push = (part: string) => scanner.push(Buffer.from(part), 0, part.length);
    expect([push("[1,]"), push("1]"), scanner.end(), scanner.problem]).toEqual([false, false, false, "not_json"]);
    scanner.reset();
    expect([push('{"id":1,"id":'), scanner.end(), scanner.problem]).toEqual([false, false, "duplicate"]);
    scanner.reset();
    expect([push("[1]"), scanner.end(), scanner.problem]).toEqual([true, true, undefined]);
  });
});

describe("a number that ends with the text", () => {
  test.each(["0", "-0", "10", "1.5", "1e5", "1E-05"])("is whole: %s", (content) => {
    expect(scanText(content)).toMatchObject({ isTaken: true, isObject: false });
  });

  test.each(["-", "1.", "1e", "1e+", "[1", "01", "1.e1", "--1", "1.5.1", "1e5e5", "1e5.5"])(
    "is not whole: %s",
    (content) => {
      expect(scanText(content)).toMatchObject({ isTaken: false, problem: "not_json" });
    },
  );
});

describe("the scanner reads", () => {
  const readsPerByte = (value: unknown) => {
    const bytes = Buffer.from(JSON.stringify({ result: value }));
    let reads = 0;
    const counted = new Proxy(bytes, {
      get(target, key) {
        reads++;
        const found = Reflect.get(target, key, target);
        return typeof found === "function" ? found.bind(target) : found;
      },
    });
    expect(new Scanner(8).push(counted, 0, bytes.length)).toBe(true);
    return reads / bytes.length;
  };
  const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ id, name: `é"${id}` }));

  test("each byte of a long text about once", () => {
    expect(readsPerByte(rows(100))).toBeLessThan(1.5);
    expect(readsPerByte(rows(10_000))).toBeLessThan(1.5);
  });

  test("the characters of a long string four at a time, and no byte for itself", () => {
    const plain = Array.from({ length: 0x60 }, (_, code) => String.fromCharCode(0x20 + code).repeat(12));
    expect(readsPerByte(plain.join("").replace(/["\\]/g, ""))).toBeLessThan(0.1);
  });
});
