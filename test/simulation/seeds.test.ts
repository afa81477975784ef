import { expect, test } from "vitest";
import { runSeed } from "./run.ts";

/** Seeds that have found defects, and what they found. What a seed does changes with the simulation; each defect has a test of its own. */
const found: readonly (readonly [seed: number, what: string])[] = [
  [32, "a question was put into the reply to completion/complete, which may not be answered by one"],
  [2477, "servers that a reload had prepared kept a timer for ever once tutti had stopped"],
  [3801, "tools were withheld as new for ever because a first start was cut short between two lists"],
  [20905, "two calls tried a server at a time, once a start had failed under one that tried"],
  [35938, "a log message came to a client that waited for nothing: its plan was at work while it was asked something"],
  [63452, "a reload that another had overtaken started servers of its own, which nobody ended"],
];

for (const [seed, what] of found) {
  test(`seed ${seed}: ${what}`, async () => {
    expect((await runSeed({ seed })).violations).toEqual([]);
  });
}
