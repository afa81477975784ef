import { expect, describe as group, test } from "vitest";
import { describe } from "./report.ts";
import { runSeed } from "./run.ts";
import { shrink } from "./shrink.ts";

/** How many seeds run here; `npm run simulate` runs as many as one likes. */
const seeds = 2000;
const perTest = 100;

group("whatever clients and servers do, every invariant of the simulation holds,", () => {
  for (let first = 1; first <= seeds; first += perTest) {
    const last = first + perTest - 1;
    test(`seeds ${first} to ${last}`, { timeout: 300_000 }, async () => {
      for (let seed = first; seed <= last; seed++) {
        const outcome = await runSeed({ seed });
        if (outcome.violations.length === 0) continue;
        const smallest = await shrink(await runSeed({ seed, tail: 30 }));
        expect.fail(describe(smallest, smallest.faults));
      }
    });
  }
});

test("a seed gives the same trace each time it is run", async () => {
  for (const seed of [3, 14, 159]) {
    const [one, other] = [await runSeed({ seed }), await runSeed({ seed })];
    expect(other.traceHash).toBe(one.traceHash);
    expect(other.steps).toBe(one.steps);
    expect((await runSeed({ seed: seed + 1 })).traceHash).not.toBe(one.traceHash);
  }
});
