/** Time as the relay sees it; a simulation brings its own. Times are in ms. */
export type Clock = {
  /** Monotonic; only differences mean something. */
  readonly now: () => number;
  /** Runs `task` once after `delayMs`. The timer keeps no process alive. */
  readonly after: (delayMs: number, task: () => void) => Timer;
  /** Runs `task` once the input that has already arrived is read. */
  readonly soon: (task: () => void) => void;
};

/** A task that has not run yet. */
export type Timer = {
  /** Does nothing when the task has already run. */
  readonly cancel: () => void;
};

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, task) => {
    const timeout = setTimeout(task, delayMs);
    timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  },
  soon: (task) => void setImmediate(task),
};

/** The same time, where a task that throws is a defect that costs it alone. */
export function guardedClock(clock: Clock, defect: (cause: unknown) => void): Clock {
  const guarded = (task: () => void) => (): void => {
    try {
      task();
    } catch (cause) {
      defect(cause);
    }
  };
  return {
    now: clock.now,
    after: (delayMs, task) => clock.after(delayMs, guarded(task)),
    soon: (task) => clock.soon(guarded(task)),
  };
}

/** The date, in ms since 1970: for what outlives this process. It may jump. */
export const systemDate = (): number => Date.now();
