import type { Clock, Timer } from "../ports/clock.ts";

/** A timer that comes so much too late comes after a stop: of this process alone, or of all on a machine without time. */
const lateMs = 250;
/** For how long, after that, what has come meanwhile is read. */
const graceMs = 500;

/**
 * Runs `task` after `delayMs`, as `clock.after` does, for tasks that end what somebody waits for. After a stop what has
 * come meanwhile is read first, and may be what was waited for.
 */
export function patiently(clock: Clock, delayMs: number, task: () => void): Timer {
  const dueAt = clock.now() + delayMs;
  let timer = clock.after(delayMs, () => {
    if (clock.now() - dueAt < lateMs) task();
    else timer = clock.after(graceMs, task);
  });
  return { cancel: () => timer.cancel() };
}
