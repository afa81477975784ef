import { type Outcome, runSeed } from "./run.ts";

/**
 * The faults without which a failed run does not fail: halves and then smaller parts of them are left out for as long as
 * it still does. At most `mostRuns` runs.
 */
export async function shrink(failed: Outcome, mostRuns = 60): Promise<Outcome> {
  let smallest = failed;
  const without = new Set<string>();
  let runs = 0;
  for (let parts = 2; runs < mostRuns && smallest.faults.length > 0; ) {
    const size = Math.max(1, Math.ceil(smallest.faults.length / parts));
    let isSmaller = false;
    for (let at = 0; at < smallest.faults.length && runs < mostRuns; at += size) {
      const some = smallest.faults.slice(at, at + size);
      const outcome = await runSeed({ seed: failed.seed, without: new Set([...without, ...some]), tail: 30 });
      runs++;
      if (outcome.violations.length === 0) continue;
      for (const name of some) without.add(name);
      smallest = outcome;
      isSmaller = true;
      break;
    }
    if (!isSmaller && size === 1) break;
    if (!isSmaller) parts = Math.min(parts * 2, smallest.faults.length);
  }
  return smallest;
}
