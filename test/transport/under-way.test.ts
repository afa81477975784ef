import fc from "fast-check";
import { expect, test } from "vitest";
import { UnderWay } from "../../src/transport/under-way.ts";

test("holds what a map would, whatever is added and taken", () => {
  const steps = fc.array(fc.record({ isAdded: fc.boolean(), key: fc.nat(9) }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (all) => {
      const held = new UnderWay<number, string>();
      const map = new Map<number, string>();
      for (const [index, { isAdded, key }] of all.entries()) {
        if (isAdded && !map.has(key)) {
          held.add(key, `${index}`);
          map.set(key, `${index}`);
        } else if (!isAdded) {
          expect(held.take(key)).toBe(map.get(key));
          map.delete(key);
        }
        expect(held.size).toBe(map.size);
        expect(held.has(key)).toBe(map.has(key));
        expect(held.get(key)).toBe(map.get(key));
      }
      expect(new Map(held.entries())).toEqual(map);
      expect(new Set(held.values())).toEqual(new Set(map.values()));
    }),
  );
});

test("can be gone through while it changes, and be emptied", () => {
  const held = new UnderWay<number, number>();
  for (const one of [1, 2, 3]) held.add(one, one);
  for (const one of held.values()) held.take(one);
  expect(held.size).toBe(0);
  held.add(4, 4);
  held.clear();
  expect([held.size, held.get(4)]).toEqual([0, undefined]);
});
