import type { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { Clock } from "../ports/clock.ts";
import type { ChildLaunch, Exit, Spawn, StartedProcess } from "../ports/spawn.ts";
import { readErrorOutput } from "./error-output.ts";
import { harmless } from "./harmless.ts";

/** One started child, the group of processes it leads, and its pipes. Whoever starts it stops it. */
export type Child = {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** A broken pipe is no error here: `ended` tells. */
  readonly stdin: Writable;
  /** Its `end` before `ended` means that a living child closed it and can never answer again: stop it. */
  readonly stdout: Readable;
  /**
   * Settles once and never rejects: when the process itself has ended, whoever still holds its pipes, and what it had
   * written is read (at most 250 ms later, then the pipes are destroyed), or when it could not be started.
   */
  readonly ended: Promise<ChildEnd>;
  /**
   * Asks it to end: stdin closed, 700 ms later TERM to the group, 500 ms later KILL. Resolves when no process of the
   * group is left, at most 1.5 s after the first call; our own process stays alive until then. Every call gets the same
   * promise. A process that left the group (setsid) is not reached; it is the reaper's to find.
   */
  readonly stop: () => Promise<void>;
  /** KILL to the group, at once and synchronously: for the last moment of our own process. */
  readonly kill: () => void;
};

export type ChildEnd =
  /** `stderrTail`: the last lines it wrote there, at most 16 of at most 4 KiB, harmless to show. */
  | ({ readonly kind: "exited"; readonly stderrTail: readonly string[] } & Exit)
  /** `reason`: one line. `code`: the system's, such as `ENOENT`. */
  | { readonly kind: "not_started"; readonly reason: string; readonly code: string | undefined };

export type ChildObserver = {
  /** A line of stderr, harmless to show; longer ones are cut at 4 KiB, and of more than 200 in a second only the number is told. */
  readonly stderrLine: (line: string) => void;
  /** How many replies there have been of any server: while there are more and more, a flood of stderr is read slowly. */
  readonly replies?: () => number;
};

const politeMs = 700;
const termMs = 500;
const killMs = 300;
const pollMs = 10;
const drainMs = 250;

type Ports = { readonly spawn: Spawn; readonly clock: Clock };

/**
 * Starts `launch` in a process group of its own. When the child ends by itself, what is left of its group is ended
 * too: TERM at once, KILL 500 ms later.
 */
export function startChild(launch: ChildLaunch, ports: Ports, observe: ChildObserver): Child {
  const { clock } = ports;
  const child = ports.spawn.start(launch);
  const { pid, stdin, stdout, stderr, exit } = child;
  // How a pipe breaks says nothing that the end of the process does not say better.
  for (const pipe of [stdin, stdout, stderr]) pipe.on("error", () => {});
  const errorOutput = readErrorOutput(stderr, clock, observe.stderrLine, observe.replies);

  let groupEnd: Promise<void> | undefined;
  const endGroup = (): Promise<void> => {
    groupEnd ??= endGroupOf(child, ports);
    return groupEnd;
  };
  const ended = exit.then(
    async (how): Promise<ChildEnd> => {
      void endGroup(); // Never rejects; stop() waits for it.
      errorOutput.hurry();
      await within(drainMs, Promise.allSettled([finished(stdout), finished(stderr)]), clock);
      for (const pipe of [stdin, stdout, stderr]) pipe.destroy();
      return { kind: "exited", ...how, stderrTail: errorOutput.close() };
    },
    (cause: NodeJS.ErrnoException): ChildEnd => {
      for (const pipe of [stdin, stdout, stderr]) pipe.destroy();
      const why = reasons.get(cause.code) ?? cause.message;
      return { kind: "not_started", reason: harmless(`cannot start ${launch.command}: ${why}`), code: cause.code };
    },
  );
  const stopOnce = async (): Promise<void> => {
    stdin.end();
    await within(politeMs, Promise.allSettled([exit]), clock);
    await endGroup();
  };
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= stopOnce();
    return stopped;
  };
  return { pid, stdin, stdout, ended, stop, kill: () => void child.signalGroup("SIGKILL") };
}

const reasons: ReadonlyMap<string | undefined, string> = new Map([
  ["ENOENT", "it, or the interpreter its first line names, does not exist (ENOENT)"],
  ["EACCES", "it may not be executed (EACCES)"],
  ["EMFILE", 'too many open files; raise the limit ("ulimit -n") or configure fewer servers (EMFILE)'],
  ["ENFILE", "the machine has too many open files (ENFILE)"],
  ["EAGAIN", 'too many processes; raise the limit ("ulimit -u") (EAGAIN)'],
  ["E2BIG", "its arguments and environment are too long together (E2BIG)"],
]);

/** TERM to all that is left of the group now, KILL to what then still is. Settles when nothing is left, or 300 ms after KILL. */
async function endGroupOf(child: StartedProcess, { spawn, clock }: Ports): Promise<void> {
  if (!child.signalGroup("SIGTERM")) return;
  // The leader may be gone already, and timers alone keep no process alive.
  const release = spawn.stayAlive();
  const killAt = clock.now() + termMs;
  await new Promise<void>((resolve) => {
    let killedAt: number | undefined;
    const look = (): void => {
      const now = clock.now();
      // What KILL leaves over is dead and not collected, by a PID 1 that is slow or does not care: not worth waiting for.
      const isEnough = killedAt !== undefined && now >= killedAt + killMs;
      if (isEnough || !child.signalGroup(0)) {
        resolve();
        return;
      }
      if (killedAt === undefined && now >= killAt) {
        child.signalGroup("SIGKILL");
        killedAt = now;
      }
      clock.after(pollMs, look);
    };
    clock.after(pollMs, look);
  });
  release();
}

/** Settles with `promise`, which must not reject, or after `ms`. */
function within(ms: number, promise: Promise<unknown>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, resolve);
    void promise.then(() => {
      timer.cancel();
      resolve();
    });
  });
}
