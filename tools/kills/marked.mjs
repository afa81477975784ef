// marked.mjs: finding the processes that carry a mark in their environment, whatever groups and sessions they have made.
// Needs /proc.
import { readdirSync, readFileSync } from "node:fs";

/** tutti hands it on to its servers, because its name begins with XDG_, and they to theirs. */
const name = "XDG_TUTTI_KILLS";

export const markedWith = (mark) => ({ [name]: mark });

/** The living processes with this mark; a dead one that nobody has collected yet is none. */
export function marked(mark) {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && read(entry, "environ").includes(`${name}=${mark}\0`))
    .filter((pid) => /^\d+ \(.*\) [^ZX]/s.test(read(pid, "stat")))
    .map(Number);
}

/** What it was started with, shortened. */
export const commandOf = (pid) => read(pid, "cmdline").replaceAll("\0", " ").replace(/\s+/g, " ").slice(0, 120);

/** Does nothing where there is no such process, or group where `pid` is negative. */
export function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone, as it should be.
  }
}

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return ""; // It has ended meanwhile, or is not ours.
  }
}
