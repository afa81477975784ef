import { readdirSync, readFileSync } from "node:fs";

/** A variable that tutti hands on to its servers, because its name begins with XDG_, and they to theirs. */
const markerName = "XDG_TUTTI_TEST";

/** What marks a process and all that it starts, whatever groups and sessions they make. */
export function markerEnvironment(marker: string): Record<string, string> {
  return { [markerName]: marker };
}

/** Every living process that carries the marker. Needs /proc. A dead one that is not collected yet does not count. */
export function processesWith(marker: string): number[] {
  return allPids().filter((pid) => pid !== process.pid && isMarked(pid, marker));
}

/** Of these processes those that live and belong to no reaper: tutti's own, which ends what is left when tutti is gone. */
export function withoutReapers(pids: readonly number[]): number[] {
  const reapers = new Set(pids.filter(isReaper));
  // What a reaper runs ends before it does, so that what has no session any more may have been its.
  return pids.filter((pid) => {
    const session = statusOf(pid)?.session;
    return session !== undefined && !reapers.has(session);
  });
}

/** The reaper of this tutti; undefined where it has none now. */
export function reaperOf(tutti: number, pids: readonly number[]): number | undefined {
  return pids.find((pid) => isReaper(pid) && statusOf(pid)?.parent === tutti);
}

/** Whose child the process is, and the session it is in; undefined where it is gone or dead. */
export function statusOf(pid: number): { readonly parent: number; readonly session: number } | undefined {
  // pid (name) state parent group session …; a name may hold anything.
  const [, state, parent, session] = /^\d+ \(.*\) (\S) (\d+) \d+ (\d+) /s.exec(readProc(pid, "stat")) ?? [];
  if (state === undefined || state === "Z" || state === "X") return undefined;
  return { parent: Number(parent), session: Number(session) };
}

/** Kills every process that carries the marker, again while there are new ones. */
export function killAll(marker: string): void {
  for (let round = 0; round < 20; round++) {
    const living = processesWith(marker);
    if (living.length === 0) return;
    for (const pid of living) signal(pid, "SIGKILL");
  }
}

/** Does nothing where there is no such process any more. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone, which is as good.
  }
}

/** Memory that the process holds now, in MiB. */
export function memoryOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}

/** Ms of CPU that the process itself has used so far, without what it has started; counted in steps of 10 ms. */
export function cpuMsOf(pid: number): number {
  const [user, system] = readProc(pid, "stat")
    .replace(/^.*\) /s, "")
    .split(" ")
    .slice(11, 13);
  return 10 * (Number(user) + Number(system));
}

/** How many files the process has open. */
export function filesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Children of the process that have ended and that it has not collected. */
export function zombiesOf(pid: number): number[] {
  const isZombie = (one: number): boolean => new RegExp(`^\\d+ \\(.*\\) Z ${pid} `, "s").test(readProc(one, "stat"));
  return allPids().filter(isZombie);
}

/** Bytes that the process has written so far, to whatever. */
export function bytesWrittenBy(pid: number): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
}

function allPids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function isMarked(pid: number, marker: string): boolean {
  return readProc(pid, "environ").includes(`${markerName}=${marker}\0`) && statusOf(pid) !== undefined;
}

function isReaper(pid: number): boolean {
  return readProc(pid, "cmdline").includes("\0tutti-reaper\0");
}

/** What it was started with. */
export function commandOf(pid: number): string {
  return readProc(pid, "cmdline").replaceAll("\0", " ");
}

/** Empty where the process has ended meanwhile, or is not ours. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}
