import { link, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** A file that at most one process has at a time, whichever it is. */
export type Lock = {
  /** Whether somebody had it when it was first asked for. */
  readonly hasWaited: boolean;
  /** Gives it up; never rejects. */
  readonly release: () => Promise<void>;
};

export type LockOptions = {
  /** 16 bytes in hexadecimal that no other process has. */
  readonly nonce: string;
  /** How long it is waited for. */
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Runs once where somebody else has it. */
  readonly waiting?: (() => void) | undefined;
};

/** Whoever has the lock says so this often. */
const heartbeatMs = 3_000;
/** One of which nothing was heard for so long belongs to a process that is gone. */
const staleMs = 15_000;
const leastPauseMs = 25;
const pauseSpreadMs = 50;

/**
 * Takes the lock at `path`; undefined where it was not free in time. One whose owner is gone is taken from it: moved aside,
 * and put back where it turns out to be another by then. Rejects with the system's error where no such file can be made.
 */
export async function lockFile(
  path: string,
  { nonce, limitMs, signal, waiting }: LockOptions,
): Promise<Lock | undefined> {
  const text = JSON.stringify({ pid: process.pid, startedAt: Math.round(performance.timeOrigin), nonce });
  const until = performance.now() + limitMs;
  for (let tries = 0; ; tries++) {
    try {
      await writeFile(path, text, { flag: "wx", mode: 0o600 });
      return held(path, text, tries > 0);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    }
    if (tries === 0) waiting?.();
    await takeFromTheDead(path, `${path}.${nonce}`);
    if (signal?.aborted || performance.now() > until) return undefined;
    await sleep(leastPauseMs + Math.random() * pauseSpreadMs);
  }
}

function held(path: string, text: string, hasWaited: boolean): Lock {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // Somebody has taken it for dead: the next look tells.
  }, heartbeatMs);
  beat.unref();
  return {
    hasWaited,
    release: async () => {
      clearInterval(beat);
      const now = await readFile(path, "utf8").catch(() => undefined);
      if (now === text) await rm(path, { force: true }).catch(() => {}); // It is taken from us when it is stale.
    },
  };
}

async function takeFromTheDead(path: string, aside: string): Promise<void> {
  try {
    const before = await readFile(path, "utf8");
    if (Date.now() - (await stat(path)).mtimeMs <= staleMs) return;
    await rename(path, aside);
    // Where another process was faster, what was moved is its lock.
    if ((await readFile(aside, "utf8")) !== before) await link(aside, path);
    await rm(aside, { force: true });
  } catch {
    // Somebody else has just given it up, or taken it.
  }
}
