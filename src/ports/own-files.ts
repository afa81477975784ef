import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from "node:fs";

/** No file of ours is longer. */
const longestBytes = 64 * 1024 * 1024;

/**
 * The whole text (UTF-8) of a file that the user alone can have written, undefined where there is none. Throws an Error of
 * one line, with what to do, where it is something else: a link, another user's, or one that others may write, or
 * (`isSecret`) read.
 */
export function readOwnText(path: string, isSecret = false): string | undefined {
  let file: number;
  try {
    // Not through a link, and not waiting for whoever writes into a pipe; Windows knows neither flag.
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "ELOOP" || code === "EMLINK") throw new Error("it is a link; put the file itself there", { cause });
    throw cause;
  }
  try {
    const problem = problemOf(fstatSync(file), isSecret);
    if (problem !== undefined) throw new Error(problem);
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/**
 * Throws an Error of one line, with what to do, where a folder is not one that the user alone can look into. One that is not
 * there is none yet.
 */
export function checkOwnFolder(path: string): void {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isDirectory()) throw new Error("it is no folder");
  const { geteuid } = process;
  if (geteuid === undefined) return;
  const user = geteuid.call(process);
  if (status.uid !== user) throw new Error(`it belongs to another user (${status.uid}, not ${user})`);
  if ((status.mode & 0o077) !== 0) throw new Error(`others may look into it (mode ${modeOf(status)}); chmod 700`);
}

function modeOf({ mode }: Stats): string {
  return (mode & 0o777).toString(8).padStart(4, "0");
}

function problemOf(status: Stats, isSecret: boolean): string | undefined {
  if (!status.isFile()) return "it is not a file";
  if (status.size > longestBytes) return "it is too long";
  const { geteuid } = process;
  // Windows knows neither owners nor modes in this form.
  if (geteuid === undefined) return undefined;
  const user = geteuid.call(process);
  if (status.uid !== user) return `it belongs to another user (${status.uid}, not ${user}); take it over, or remove it`;
  const mode = modeOf(status);
  if ((status.mode & 0o022) !== 0) return `others may write it (mode ${mode}); take that away: chmod 600`;
  if (isSecret && (status.mode & 0o044) !== 0) return `others may read it (mode ${mode}); take that away: chmod 600`;
  return undefined;
}
