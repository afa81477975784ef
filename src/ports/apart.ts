import { spawn } from "node:child_process";
import type { ChildLaunch } from "./spawn.ts";

/**
 * Starts a process that lives on when we end: in a session of its own, with none of our files, its stdout and stderr
 * nowhere. It keeps our own process from nothing. Never throws. POSIX only.
 */
export type StartApart = (launch: ChildLaunch) => ApartProcess;

export type ApartProcess = {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** To its stdin; the system has it before this returns, so that it arrives whatever becomes of us. Lost once it has ended. */
  readonly write: (text: string) => void;
  /** Settles when it has ended or could not be started, with what happened: one line. */
  readonly ended: Promise<string>;
};

/** The machine's own processes. */
export const startApart: StartApart = ({ command, args, env, cwd }) => {
  try {
    const child = spawn(command, args, { env, cwd, stdio: ["pipe", "ignore", "ignore"], detached: true });
    child.unref();
    // Without a free file descriptor Node makes no pipe at all. What is really there is a socket, which the types hide.
    const stdin = child.stdin as (typeof child.stdin & { readonly unref: () => void }) | undefined;
    stdin?.unref();
    stdin?.on("error", () => {}); // `ended` says it better.
    const ended = new Promise<string>((resolve) => {
      child.once("exit", (code, signal) =>
        resolve(signal === null ? `exited with code ${code}` : `ended by ${signal}`),
      );
      child.once("error", (cause) => resolve(cause.message));
    });
    return { pid: child.pid, write: (text) => void stdin?.write(text), ended };
  } catch (cause) {
    return { pid: undefined, write: () => {}, ended: Promise.resolve(String(cause)) };
  }
};
