import { readdirSync, readFileSync } from "node:fs";

/** CPU and memory of another process are read from /proc; elsewhere these rows are left out. */
const hasProc = process.platform === "linux";

/**
 * CPU time of one process with all its threads so far, without its children. From `schedstat`, which counts
 * nanoseconds; `/proc/PID/stat` counts in steps of 10 ms.
 * @param {number | undefined} pid
 * @returns {number | undefined} milliseconds
 */
export function cpuMs(pid) {
  if (pid === undefined || !hasProc) return undefined;
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  }
  return nanoseconds / 1e6;
}

/**
 * Resident memory of one process.
 * @param {number | undefined} pid
 * @returns {number | undefined} MiB
 */
export function residentMiB(pid) {
  if (pid === undefined || !hasProc) return undefined;
  const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}
