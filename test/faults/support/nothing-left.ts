import { expect } from "vitest";
import { commandOf } from "../../e2e/support/processes.ts";
import type { Started } from "../../e2e/support/program.ts";
import { until } from "../../e2e/support/until.ts";
import { expectWithin } from "../../support/promise.ts";

/** Waits until nothing of it is left, which must be within 2 s of the beginning of its end. */
export async function untilNothingIsLeft(client: Started, startedAt = performance.now()): Promise<void> {
  let left: readonly number[] = [];
  const isEmpty = (): boolean => {
    left = client.processes();
    return left.length === 0;
  };
  await until("the end of all", isEmpty, 50).catch(() => {});
  const ms = performance.now() - startedAt;
  expect(left.map(commandOf)).toEqual([]);
  await expectWithin(2000, ms);
}
