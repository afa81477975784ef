import { accessSync, constants, readdirSync, readFileSync, type Stats, statSync, writeFileSync } from "node:fs";

/** The little that tutti does with the file system, nearly all of it while starting. */
export type Files = {
  /** The whole text (UTF-8), or undefined where there is no such file. Throws when it is there and cannot be read. */
  readonly readText: (path: string) => string | undefined;
  readonly isFile: (path: string) => boolean;
  readonly isFolder: (path: string) => boolean;
  readonly isExecutable: (path: string) => boolean;
  /** Names in a folder, sorted; empty where there is no such folder. */
  readonly list: (path: string) => readonly string[];
  /** Writes the whole file (UTF-8), whether or not it was there. */
  readonly writeText: (path: string, text: string) => void;
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

function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // Not there, or behind something that we may not pass: the same to the caller.
  }
}
