/** A loaded machine gets this long for anything that should come at once. */
const patienceMs = 45_000;
const lookEveryMs = 10;

/** The same for what vitest waits for. */
export const patient = { timeout: patienceMs } as const;

type Look<T> = T | undefined | false;

/** Resolves to what `look` gives as soon as that is neither undefined nor false; rejects with `what` when it never comes. */
export async function until<T>(
  what: string,
  look: () => Look<T> | Promise<Look<T>>,
  everyMs = lookEveryMs,
): Promise<T> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > giveUpAt) throw new Error(`It never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Resolves when `measure` has given the same number for so long. */
export async function untilSteady(what: string, forMs: number, measure: () => number): Promise<void> {
  let [last, since] = [measure(), Date.now()];
  await until(`${what} to come to rest`, () => {
    const now = measure();
    if (now !== last) [last, since] = [now, Date.now()];
    return Date.now() - since >= forMs;
  });
}

/** Ms that `action` takes. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await action();
  return performance.now() - startedAt;
}

/** The least of what `measure` gives in at most three rounds, fewer when it is good enough: other work only ever adds. */
export async function bestOfThree(enough: number, measure: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3 && best >= enough; round++) best = Math.min(best, await measure());
  return best;
}
