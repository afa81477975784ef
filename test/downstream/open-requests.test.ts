import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mostOpen, OpenRequests } from "../../src/downstream/open-requests.ts";

describe("open requests", () => {
  test("are found under their ids until they are deleted, and no id is ever given twice", () => {
    const step = fc.oneof(fc.constant(undefined), fc.nat());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const open = new OpenRequests<string>();
        const model = new Map<number, string>();
        const given: number[] = [];
        for (const [n, pick] of steps.entries()) {
          if (pick === undefined) {
            const id = open.add(`${n}`);
            expect(given).not.toContain(id);
            given.push(id);
            model.set(id, `${n}`);
          } else if (given.length > 0) {
            const id = given[pick % given.length] as number;
            open.delete(id);
            model.delete(id);
          }
          expect(open.size).toBe(model.size);
          for (const id of given) expect(open.get(id)).toBe(model.get(id));
        }
        expect([...open.values()].toSorted()).toEqual([...model.values()].toSorted());
      }),
      { numRuns: 200 },
    );
  });

  test("are not found under ids that were never given", () => {
    const open = new OpenRequests<string>();
    const id = open.add("a");
    for (const other of [-1, 0, 2, id + mostOpen, id - mostOpen, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(open.get(other)).toBeUndefined();
      open.delete(other);
    }
    expect(open.get(id)).toBe("a");
    expect(open.size).toBe(1);
  });

  test("may come and go while they are gone through", () => {
    const open = new OpenRequests<number>();
    const ids = [1, 2, 3, 4].map((n) => open.add(n));
    const seen: number[] = [];
    for (const request of open.values()) {
      seen.push(request);
      if (request === 1) {
        open.delete(ids[0] as number);
        open.delete(ids[2] as number);
      }
      if (request === 2) open.add(5);
    }
    expect(seen.slice(0, 2)).toEqual([1, 2]);
    expect(seen).toContain(4);
    expect(seen).not.toContain(3);
  });

  test("are bounded", () => {
    const open = new OpenRequests<number>();
    for (let n = 0; n < mostOpen; n++) open.add(n);
    expect(() => open.add(-1)).toThrow(`${mostOpen}`);
    open.delete(7);
    expect(open.get(open.add(-1))).toBe(-1);
  });
});
