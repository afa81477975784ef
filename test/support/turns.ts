/** Turns of the event loop in which nothing moves, after which nothing will by itself. */
const idleTurns = 6;
const mostTurns = 20_000;

let activity = 0;

/** Says that bytes have moved between a fake and tutti. */
export function moved(): void {
  activity++;
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Resolves when nothing moves any more: for what must not happen. */
export async function quiet(): Promise<void> {
  for (let idle = 0, seen = activity; idle < idleTurns; idle++) {
    await turn();
    if (seen !== activity) idle = 0;
    seen = activity;
  }
}

/** Resolves as soon as `found` finds something, and with it. */
export async function until<T>(found: () => T | undefined | false, what: () => string): Promise<T> {
  for (let turns = 0; turns < mostTurns; turns++) {
    const result = found();
    if (result !== undefined && result !== false) return result;
    await turn();
  }
  throw new Error(`This never came: ${what()}`);
}
