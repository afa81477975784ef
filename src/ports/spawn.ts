import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { join } from "node:path";
import { PassThrough, type Readable, type Writable } from "node:stream";

/** How processes start and are signalled. */
export type Spawn = {
  /** Never throws: what could not be started says so through `exit`. Blocks for the milliseconds that a spawn costs. */
  readonly start: (launch: ChildLaunch) => StartedProcess;
  /** Keeps our own process from ending by itself until the returned function is called. */
  readonly stayAlive: () => () => void;
};

/** What is needed to start one process. No shell has a part in it. */
export type ChildLaunch = {
  /** Absolute. */
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
};

/** One process with three pipes, leading a group of its own (on Windows: a tree). */
export type StartedProcess = {
  /** Undefined when it could not be started; on POSIX also the id of its group. */
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when the process itself ends, whoever holds its pipes. Rejects with the system's error when it could not be started. */
  readonly exit: Promise<Exit>;
  /**
   * Sends to every process of the group, even after its leader has ended; `0` sends nothing and only asks. False when
   * none was left, and from then on. A dead process that its parent has not yet collected counts as left.
   * Windows knows no polite signal: both end the tree by force, and it cannot be found any more once its root has ended.
   */
  readonly signalGroup: (signal: GroupSignal) => boolean;
};

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type GroupSignal = "SIGTERM" | "SIGKILL" | 0;

const isWindows = process.platform === "win32";

// cross-spawn costs 10 ms and 3 MB, and Windows alone needs it: `.cmd` shims, which Node refuses to start by itself.
const startProcess: (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess = isWindows
  ? (await import("cross-spawn")).default
  : spawn;

/** The machine's own processes. */
export const systemSpawn: Spawn = {
  start: ({ command, args, env, cwd }) => {
    try {
      // `detached` is what makes a group on POSIX; on Windows it would open a console and leave our job object.
      return started(startProcess(command, args, { env, cwd, stdio: "pipe", detached: !isWindows, windowsHide: true }));
    } catch (cause) {
      const gone = new PassThrough().destroy();
      return {
        pid: undefined,
        stdin: gone,
        stdout: gone,
        stderr: gone,
        exit: Promise.reject(cause),
        signalGroup: () => false,
      };
    }
  },
  stayAlive: () => {
    const timer = setInterval(() => {}, 2 ** 30);
    return () => clearInterval(timer);
  },
};

function started(child: ChildProcess): StartedProcess {
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.on("error", reject);
  });
  // Without a free file descriptor Node makes no pipes at all.
  const gone = new PassThrough().destroy();
  let isLeft = child.pid !== undefined;
  return {
    pid: child.pid,
    stdin: child.stdin ?? gone,
    stdout: child.stdout ?? gone,
    stderr: child.stderr ?? gone,
    exit,
    signalGroup: (signal) => {
      // Invariant: once the group was seen empty its id is never used again; it may be somebody else's by then.
      isLeft = isLeft && (isWindows ? signalTree(child, signal) : signalPosixGroup(child, signal));
      return isLeft;
    },
  };
}

function signalPosixGroup(child: ChildProcess, signal: GroupSignal): boolean {
  try {
    return process.kill(-Number(child.pid), signal);
  } catch {
    return false; // ESRCH: none left. EPERM: none that we may signal; macOS says so of dead ones not yet collected.
  }
}

function signalTree(child: ChildProcess, signal: GroupSignal): boolean {
  if (child.exitCode !== null || child.signalCode !== null) return false;
  if (signal !== 0) {
    const taskkill = join(process.env["SystemRoot"] ?? "C:\\Windows", "System32", "taskkill.exe");
    const args = ["/T", "/F", "/PID", String(child.pid)];
    // Detached, so that it finishes its work even when our own process ends at this moment.
    const killer = spawn(taskkill, args, { stdio: "ignore", detached: true, windowsHide: true });
    killer.on("error", () => {}); // The caller looks whether the tree is gone, which says more.
    killer.unref();
  }
  return true;
}

/** Whether a process of this id lives, whoever's it is. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}
