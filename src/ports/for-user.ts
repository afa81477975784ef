import { spawn } from "node:child_process";
import type { ChildLaunch } from "./spawn.ts";

/**
 * Starts a program for the user, such as a browser: it lives on when we end, has none of our files, and no shell has a part
 * in it. Resolves to undefined when it has ended well, or to why not in a few words. Never rejects, and keeps our own
 * process from nothing.
 */
export type StartForUser = (launch: ChildLaunch) => Promise<string | undefined>;

/** The machine's own processes. */
export const startForUser: StartForUser = ({ command, args, env, cwd }) =>
  new Promise((resolve) => {
    try {
      const child = spawn(command, args, { env, cwd, stdio: "ignore", detached: true });
      child.unref();
      child.once("error", (cause: NodeJS.ErrnoException) => resolve(`it cannot be started (${cause.code})`));
      child.once("exit", (code, signal) => {
        resolve(code === 0 ? undefined : code === null ? `it was ended by ${signal}` : `it ended with code ${code}`);
      });
    } catch (cause) {
      resolve(`it cannot be started (${(cause as NodeJS.ErrnoException).code})`);
    }
  });
