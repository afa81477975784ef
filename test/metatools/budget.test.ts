import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fairShares, shorten } from "../../src/metatools/budget.ts";

function shortened(value: unknown, mostBytes: number) {
  const { value: bytes, cuts } = shorten(Buffer.from(JSON.stringify(value)), mostBytes);
  return { value: JSON.parse(bytes.toString()) as unknown, cuts, bytes: bytes.length };
}

describe("fair shares", () => {
  test("give small ones all they want, and the others the same", () => {
    expect(fairShares([10, 1000, 30, 500], 340)).toEqual([10, 150, 30, 150]);
  });

  test("give all what they want where there is enough", () => {
    expect(fairShares([10, 1000], 2000)).toEqual([10, 1000]);
    expect(fairShares([10, 1000], Number.POSITIVE_INFINITY)).toEqual([10, 1000]);
  });

  test("never give more than there is", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5000)), fc.nat(20_000), (wanted, total) => {
        const shares = fairShares(wanted, total);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(total);
        expect(shares.every((share, index) => share <= (wanted[index] as number))).toBe(true);
      }),
    );
  });
});

describe("what is too long", () => {
  test("is left as it is where it is not", () => {
    expect(shortened([1, 2], 100)).toEqual({ value: [1, 2], cuts: [], bytes: 5 });
  });

  test("loses elements from the end where it is an array", () => {
    const list = Array.from({ length: 312 }, (_, index) => ({ id: index }));
    const { value, cuts, bytes } = shortened(list, 200);
    expect(value).toEqual(list.slice(0, 20));
    expect(cuts).toEqual([{ path: "", shown: 20, of: 312 }]);
    expect(bytes).toBeLessThanOrEqual(200);
  });

  test("loses the elements of an array in it, and says which", () => {
    const value = { total: 312, "a list": { items: Array.from({ length: 312 }, () => "0123456789") } };
    const fitted = shortened(value, 200);
    expect(fitted.cuts).toEqual([{ path: '["a list"].items', shown: expect.any(Number), of: 312 }]);
    expect(fitted.value).toMatchObject({ total: 312 });
    expect(fitted.bytes).toBeLessThanOrEqual(200);
  });

  test("ends with a line where it is a text of several", () => {
    const { value, cuts } = shortened(`${"line\n".repeat(100)}`, 53);
    expect(value).toBe("line\n".repeat(8));
    expect(cuts).toEqual([{ path: "", shown: 40, of: 500 }]);
  });

  test("ends with a whole character where it is one line", () => {
    expect(shortened("😀".repeat(20), 13).value).toBe("😀😀");
    expect(shortened('"'.repeat(20), 13).value).toBe('"'.repeat(5));
  });

  test("shows the beginning of a first element that is too long itself", () => {
    const { value, cuts } = shortened([{ body: "x".repeat(1000) }, 2, 3], 100);
    expect(value).toEqual([{ body: expect.stringMatching(/^x{50,100}$/) }]);
    expect(cuts[0]).toEqual({ path: "[0].body", shown: expect.any(Number), of: 1000 });
    expect(cuts[1]).toEqual({ path: "", shown: 1, of: 3 });
  });

  test("loses members where it is nothing else", () => {
    const value = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`name${index}`, index]));
    const fitted = shortened(value, 100);
    expect(fitted.cuts).toEqual([{ path: "", shown: Object.keys(fitted.value as object).length, of: 100 }]);
    expect(fitted.cuts[0]?.shown).toBeGreaterThan(2);
  });

  test("is null where it is a number of too many digits", () => {
    const { value } = shorten(Buffer.from("1".repeat(500)), 100);
    expect(value.toString()).toBe("null");
  });

  test("is cut in no more levels than 16, however deep it is", () => {
    const depth = 5000;
    const deep = Buffer.from(`${'{"a":['.repeat(depth)}${'"x"'.repeat(1)}${"]}".repeat(depth)}`);
    const { value } = shorten(deep, 2000);
    expect(value.toString()).toBe(`${'{"a":['.repeat(8)}null${"]}".repeat(8)}`);
  });

  test("is JSON and no longer than it may be, whatever it is", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 4, max: 300 }), (value, most) => {
        const whole = JSON.stringify(value);
        const fitted = shorten(Buffer.from(whole), most);
        const text = fitted.value.toString();
        JSON.parse(text);
        expect(fitted.value.length).toBeLessThanOrEqual(Math.max(most, 4));
        expect(fitted.cuts.length > 0).toBe(text !== whole);
      }),
      { numRuns: 500 },
    );
  });
});
