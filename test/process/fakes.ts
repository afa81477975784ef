import { PassThrough } from "node:stream";
import type { Clock } from "../../src/ports/clock.ts";
import type { ChildLaunch, Exit, GroupSignal, Spawn } from "../../src/ports/spawn.ts";

/** A clock that stands still until `pass` is called. */
export function fakeClock(): Clock & { pass: (ms: number) => void } {
  let now = 0;
  let timers: { at: number; task: () => void }[] = [];
  return {
    now: () => now,
    after: (delayMs, task) => {
      const timer = { at: now + delayMs, task };
      timers.push(timer);
      const cancel = (): void => {
        timers = timers.filter((other) => other !== timer);
      };
      return { cancel };
    },
    soon: (task) => void setImmediate(task),
    pass: (ms) => {
      const end = now + ms;
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        now = next.at;
        timers = timers.filter((other) => other !== next);
        next.task();
      }
      now = end;
    },
  };
}

export type FakeProcess = {
  readonly launch: ChildLaunch;
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly signals: GroupSignal[];
  /** Ends it, its pipes and its group. */
  readonly exit: (how: Exit) => void;
};

/** Processes that do nothing by themselves; `onStart` sees each as it starts. A SIGKILL ends them. */
export function fakeSpawn(onStart: (process: FakeProcess) => void = () => {}): Spawn & { started: FakeProcess[] } {
  const started: FakeProcess[] = [];
  return {
    started,
    stayAlive: () => () => {},
    start: (launch) => {
      const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
      const signals: GroupSignal[] = [];
      let isLeft = true;
      let settle: (how: Exit) => void = () => {};
      const exited = new Promise<Exit>((resolve) => {
        settle = resolve;
      });
      const exit = (how: Exit): void => {
        isLeft = false;
        stdout.end();
        stderr.end();
        settle(how);
      };
      const signalGroup = (signal: GroupSignal): boolean => {
        if (!isLeft) return false;
        if (signal !== 0) signals.push(signal);
        if (signal === "SIGKILL") exit({ code: null, signal });
        return true;
      };
      const process = { launch, stdin, stdout, stderr, signals, exit };
      started.push(process);
      onStart(process);
      return { pid: 1000 + started.length, stdin, stdout, stderr, exit: exited, signalGroup };
    },
  };
}
