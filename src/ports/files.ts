import { randomUUID } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readOwnText } from "./own-files.ts";

/** Whose a file is and who may write it, as POSIX has it; `user`: who we are. */
export type Ownership = {
  readonly owner: number;
  readonly group: number;
  readonly mode: number;
  readonly user: number;
};

/** The little that tutti does with the file system, nearly all of it while starting. */
export type Files = {
  /** The whole text (UTF-8), or undefined where there is no such file. Throws when it is there and cannot be read. */
  readonly readText: (path: string) => string | undefined;
  /** Undefined where there is no such file, or the system knows nothing of the kind. */
  readonly ownership: (path: string) => Ownership | undefined;
  readonly isFile: (path: string) => boolean;
  readonly isFolder: (path: string) => boolean;
  readonly isExecutable: (path: string) => boolean;
  /** Names in a folder, sorted; empty where there is no such folder. */
  readonly list: (path: string) => readonly string[];
  /** Writes the whole file (UTF-8), whether or not it was there. */
  readonly writeText: (path: string, text: string) => void;
};

/** Files in which tutti keeps what it finds out for its next start. It can do without each of them. */
export type StateFiles = {
  /** The same as in `Files`, but throws too where somebody else may have written it. */
  readonly readText: (path: string) => string | undefined;
  /**
   * Replaces the file by what `change` makes of its text (undefined where it cannot be read), and makes its folder where
   * there is none; only the user may read them. Whoever reads it meanwhile, or after a crash, sees the old text or the new
   * one, whole. Of two that do this at once the last one wins. Rejects where that cannot be done; then nothing has changed.
   * What is left of one that was interrupted is taken away by a later one.
   */
  readonly rewrite: (path: string, change: (text: string | undefined) => string) => Promise<void>;
};

/** Files that each hold one thing that tutti has seen, to be told at its next start. It can do without each of them. */
export type KeptFiles = {
  /** The whole file; undefined where there is none that this user alone can have written, or where it is too long. */
  readonly read: (path: string) => Buffer | undefined;
  /** Replaces the file, as `StateFiles.rewrite`. */
  readonly replace: (path: string, bytes: Buffer) => Promise<void>;
  /** Removes the file. Never rejects. */
  readonly remove: (path: string) => Promise<void>;
  /** Removes all files of a folder but the `most` that were written last. Never rejects. */
  readonly prune: (folder: string, most: number) => Promise<void>;
};

/** The machine's own file system. */
export const systemFiles: Files = {
  readText: (path) => {
    try {
      return readFileSync(path, "utf8");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw cause;
    }
  },
  ownership: (path) => {
    const user = process.geteuid?.();
    const status = user === undefined ? undefined : statusOf(path);
    return status && { owner: status.uid, group: status.gid, mode: status.mode, user: user as number };
  },
  isFile: (path) => statusOf(path)?.isFile() ?? false,
  isFolder: (path) => statusOf(path)?.isDirectory() ?? false,
  isExecutable: (path) => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false; // Not there, or not ours to run: the same to the caller.
    }
  },
  list: (path) => {
    try {
      return readdirSync(path).sort();
    } catch {
      return []; // Not there, or not readable: nothing to be found in it.
    }
  },
  writeText: (path, text) => writeFileSync(path, text),
};

/** The machine's own file system. */
export const systemStateFiles: StateFiles = {
  readText: readOwnText,
  rewrite: async (path, change) => {
    let text: string | undefined;
    try {
      text = readOwnText(path);
    } catch {
      // It is replaced, as one that is not there.
    }
    await replace(path, () => change(text));
  },
};

/** The machine's own file system. */
export const systemKeptFiles: KeptFiles = {
  read: (path) => {
    let file: number | undefined;
    try {
      // Not through a link, and not waiting for whoever writes into a pipe; neither flag is known on Windows.
      file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
      return isOwn(fstatSync(file)) ? readFileSync(file) : undefined;
    } catch {
      return undefined; // Not there, or not ours: the same to the caller.
    } finally {
      if (file !== undefined) closeSync(file);
    }
  },
  replace: (path, bytes) => replace(path, () => bytes),
  remove: (path) => rm(path, { force: true }).catch(() => {}), // Whoever reads it takes it only as it was written.
  prune: async (folder, most) => {
    const names = await readdir(folder).catch(() => []);
    if (names.length <= most) return;
    const aged = names.map(async (name) => {
      const path = join(folder, name);
      return {
        path,
        writtenAt: await stat(path).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        ),
      };
    });
    const newestFirst = (await Promise.all(aged)).sort((a, b) => b.writtenAt - a.writtenAt);
    await Promise.allSettled(newestFirst.slice(most).map(({ path }) => rm(path, { force: true })));
  },
};

/** What is kept of one thing is never longer. */
const longestKept = 16 * 1024 * 1024;

function isOwn(status: Stats): boolean {
  const { getuid } = process;
  // Windows knows neither owners nor modes in this form.
  const isMine = getuid === undefined || (status.uid === getuid.call(process) && (status.mode & 0o022) === 0);
  return isMine && status.isFile() && status.size <= longestKept;
}

async function replace(path: string, make: () => string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${randomUUID()}`;
  try {
    await writeFile(fresh, make(), { mode: 0o600, flag: "wx", flush: true });
    await rename(fresh, path);
  } catch (cause) {
    await rm(fresh, { force: true }).catch(() => {}); // What went wrong first says more.
    throw cause;
  }
  await removeLeftovers(path).catch(() => {}); // The next one tries again.
}

/** Nobody takes so long to write a file. */
const longestWriteMs = 60_000;

/** Removes what processes have left that were killed while they wrote the file. */
async function removeLeftovers(path: string): Promise<void> {
  const isNew = (name: string): boolean =>
    name.startsWith(`${basename(path)}.`) && /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name);
  for (const name of (await readdir(dirname(path))).filter(isNew)) {
    const left = join(dirname(path), name);
    if (Date.now() - (await stat(left)).mtimeMs > longestWriteMs) await rm(left, { force: true });
  }
}

function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // Not there, or behind something that we may not pass: the same to the caller.
  }
}
