/** Turns of the event loop in which nothing moves, after which nothing will by itself. */
const idleTurns = 6;
const mostTurns = 20_000;
/** What stays on its way for so many turns is held up where it goes. */
const mostTurnsOnTheWay = 2000;

/** Where that was waited for in vain, nothing having moved since, so many are enough. */
const fewTurnsOnTheWay = 100;

let activity = 0;
let patience = mostTurnsOnTheWay;
let isUnderWay = (): boolean => false;

/** Says that bytes have moved between a fake and tutti. */
export function moved(): void {
  activity++;
  patience = mostTurnsOnTheWay;
}

/** From now on what is under way, by what `isSo` says, is waited for where nothing is to move any more. */
export function waitAlsoFor(isSo: () => boolean): void {
  isUnderWay = isSo;
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Resolves when nothing moves any more: for what must not happen. */
export async function quiet(): Promise<void> {
  let waited = 0;
  for (let idle = 0, seen = activity; idle < idleTurns; idle++) {
    await turn();
    if (seen !== activity) [idle, waited] = [0, 0];
    else if (isUnderWay()) {
      if (waited++ < patience) idle = 0;
      else patience = fewTurnsOnTheWay;
    }
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
