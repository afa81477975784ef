import { execFile } from "node:child_process";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { promisify } from "node:util";

/** More than any launcher is made of. */
const mostAncestors = 32;

/**
 * Finds the processes from the one that started us up to our client, once; the returned function says whether all of them
 * are still there. Between us and the client is whatever hands its own stdin on to us: `npx` and the shell that it
 * starts. Without `/proc` they are known by their names, and one that has ended may be taken for a new one with its
 * number. On Windows only the one that started us is looked at.
 */
export async function findAncestors(): Promise<() => boolean> {
  if (process.platform === "linux") return linuxAncestors();
  const pids = process.platform === "win32" ? [process.ppid] : await posixAncestors();
  return () => pids.every(isThere);
}

function linuxAncestors(): () => boolean {
  const stdin = stdinOf("self");
  const ancestors: { readonly pid: number; readonly startedAt: string }[] = [];
  let child = statusOf(process.pid);
  while (typeof child === "object" && child.parent > 0 && ancestors.length < mostAncestors) {
    const pid = child.parent;
    const parent = statusOf(pid);
    if (parent === "hidden") break;
    // It has ended between the two looks, or it is somebody else's and not even shown to us.
    if (parent === undefined && (existsSync(`/proc/${pid}`) || !isThere(pid))) return () => false;
    if (parent === undefined) break;
    // Whoever has not made a session is in that of its parent: this one has been given another since.
    if (child.session !== parent.session && child.session !== child.pid && child.session > 0) return () => false;
    ancestors.push(parent);
    if (stdinOf(pid) !== stdin) break;
    child = parent;
  }
  return () =>
    ancestors.every(({ pid, startedAt }) => {
      const status = statusOf(pid);
      return status === "hidden" || status?.startedAt === startedAt;
    });
}

/** What the stdin of a process is; undefined where we may not know. */
function stdinOf(pid: number | "self"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/0`);
  } catch {
    return undefined;
  }
}

type Status = {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  readonly startedAt: string;
};

/**
 * Undefined where the process is gone, or dead and not collected; `hidden` where that cannot be known: it is somebody
 * else's, or no file descriptor is free.
 */
function statusOf(pid: number): Status | "hidden" | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the name, in brackets, may hold anything.
    const [state = "", parent, , session, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (/[ZX]/.test(state)) return undefined;
    return { pid, parent: Number(parent), session: Number(session), startedAt: rest[15] ?? "" };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ESRCH" ? undefined : "hidden";
  }
}

const launchers: ReadonlySet<string> = new Set([
  ...["npm", "npx", "pnpm", "pnpx", "yarn", "bun", "bunx", "env"],
  ...["sh", "bash", "zsh", "dash", "ksh", "fish"],
]);

async function posixAncestors(): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)("/bin/ps", ["-axo", "pid=,ppid=,args="]).catch(() => ({ stdout: "" }));
  const table = new Map<number, { readonly parent: number; readonly name: string }>();
  for (const [, pid, parent, program = ""] of stdout.matchAll(/^ *(\d+) +(\d+) +(\S+)/gm)) {
    table.set(Number(pid), { parent: Number(parent), name: basename(program).replace(/^-/, "") });
  }
  const pids: number[] = [];
  for (let pid = process.ppid; pid > 1 && pids.length < mostAncestors; ) {
    pids.push(pid);
    const status = table.get(pid);
    if (status === undefined || !launchers.has(status.name)) break;
    pid = status.parent;
  }
  return pids;
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM"; // Somebody else's.
  }
}
