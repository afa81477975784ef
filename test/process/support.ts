import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";
import { systemClock } from "../../src/ports/clock.ts";
import { systemSpawn } from "../../src/ports/spawn.ts";
import { type Child, startChild } from "../../src/process/child.ts";

export const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** Starts real children, and kills after each test whatever it and `alsoKill` know of, also when the test fails. */
export function realChildren() {
  const pids = new Set<number>();
  afterEach(() => {
    for (const pid of pids) {
      for (const target of [-pid, pid]) {
        try {
          process.kill(target, "SIGKILL");
        } catch {
          // Gone, as it should be.
        }
      }
    }
    pids.clear();
  });
  return {
    alsoKill: (pid: number): void => {
      if (pid > 1) pids.add(pid); // Signals to 0 and -1 would reach ourselves and everybody.
    },
    start: (command: string, args: readonly string[], stderrLine: (line: string) => void = () => {}): Child => {
      const env = { PATH: process.env["PATH"] ?? "" };
      const ports = { spawn: systemSpawn, clock: systemClock };
      const child = startChild({ command, args, env, cwd: "/" }, ports, { stderrLine });
      if (child.pid !== undefined) pids.add(child.pid);
      return child;
    },
  };
}

/** The next `count` lines; fewer where the stream ends before. */
export function readLines(stream: Readable, count: number): Promise<string[]> {
  return new Promise((resolve) => {
    let text = "";
    const finish = (): void => resolve(text.split("\n").slice(0, -1));
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.split("\n").length > count) finish();
    });
    stream.on("close", finish);
  });
}

/** Whether a process runs; a dead one that its parent has not yet collected does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return process.platform !== "linux"; // Elsewhere there is no /proc to ask.
  }
}
