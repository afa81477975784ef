import fc from "fast-check";
import { expect, test } from "vitest";
import { OpenRequests } from "../../src/downstream/open-requests.ts";

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ do: "add" as const, pick: 0 }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), pick: fc.nat() }) },
  fc.record({ do: fc.constantFrom("delete what was" as const, "get what was" as const), pick: fc.nat() }),
);

test("ids are given once for all, and lead to what was added under them until that is deleted", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const requests = new OpenRequests<object>();
      const open = new Map<number, object>();
      const given: number[] = [];
      for (const { do: what, pick } of steps) {
        const [id] = what === "delete" ? [...open.keys()].slice(pick % (open.size || 1)) : [given[pick % given.length]];
        if (what === "add") {
          const request = {};
          const added = requests.add(request);
          expect(given).not.toContain(added);
          expect(Number.isSafeInteger(added) && added > 0).toBe(true);
          given.push(added);
          open.set(added, request);
        } else if (id !== undefined && what !== "get what was") {
          requests.delete(id);
          open.delete(id);
        }
        expect(requests.size).toBe(open.size);
        for (const one of given) expect(requests.get(one)).toBe(open.get(one));
        expect(new Set(requests.values())).toEqual(new Set(open.values()));
      }
    }),
    { numRuns: 1000 },
  );
});
