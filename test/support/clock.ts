import type { Clock } from "../../src/ports/clock.ts";
import { quiet } from "./turns.ts";

export type FakeClock = Clock & {
  /** Lets time pass: runs what falls due, in order, and after each lets everybody react. */
  readonly advance: (ms: number) => Promise<void>;
  /** Lets time pass at once, as for a process that was stopped: what fell due meanwhile runs at the end of it. */
  readonly jump: (ms: number) => Promise<void>;
  /** Timers that have neither run nor been cancelled. */
  readonly timers: () => number;
};

type Task = { readonly at: number; readonly run: () => void };

/** A clock that stands still until it is told otherwise. */
export function fakeClock(): FakeClock {
  let now = 0;
  const tasks = new Set<Task>();
  const firstDue = (end: number): Task | undefined =>
    [...tasks].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  return {
    now: () => now,
    after: (delayMs, run) => {
      const task = { at: now + delayMs, run };
      tasks.add(task);
      return { cancel: () => void tasks.delete(task) };
    },
    soon: (task) => void setImmediate(task),
    advance: async (ms) => {
      const end = now + ms;
      await quiet();
      for (let task = firstDue(end); task !== undefined; task = firstDue(end)) {
        now = task.at;
        tasks.delete(task);
        task.run();
        await quiet();
      }
      now = end;
    },
    jump: async (ms) => {
      now += ms;
      for (const task of [...tasks].filter(({ at }) => at <= now)) {
        tasks.delete(task);
        task.run();
      }
      await quiet();
    },
    timers: () => tasks.size,
  };
}
