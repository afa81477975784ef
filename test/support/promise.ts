import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "vitest";

/** How many programs that do nothing could be run in the time that a busy machine is given more. */
const programs = 20;

/** Expects that what was measured took no longer than promised, and a machine that is late with everything late in proportion. */
export async function expectWithin(promisedMs: number, ms: number): Promise<void> {
  if (ms < promisedMs) return;
  const startedAt = performance.now();
  await once(spawn(process.execPath, ["-e", ""], { stdio: "ignore" }), "exit");
  const busyMs = programs * (performance.now() - startedAt);
  expect(ms, `${promisedMs} ms are promised`).toBeLessThan(promisedMs + busyMs);
}
