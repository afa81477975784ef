import { expect, test } from "vitest";
import { runSeed } from "./run.ts";

/** Seeds that have found defects, and what they found. What a seed does changes with the simulation; each defect has a test of its own. */
const found: readonly (readonly [seed: number, what: string])[] = [
  [32, "a question was put into the reply to completion/complete, which may not be answered by one"],
];

for (const [seed, what] of found) {
  test(`seed ${seed}: ${what}`, async () => {
    expect((await runSeed({ seed })).violations).toEqual([]);
  });
}
