import { accessSync, constants, readdirSync, readFileSync, statSync } from "node:fs";

/** The little that tutti reads from the file system, all of it while starting. */
export type Files = {
  /** The whole text (UTF-8), or undefined where there is no such file. Throws when it is there and cannot be read. */
  readonly readText: (path: string) => string | undefined;
  readonly isFile: (path: string) => boolean;
  readonly isFolder: (path: string) => boolean;
  readonly isExecutable: (path: string) => boolean;
  /** Names in a folder, sorted; empty where there is no such folder. */
  readonly list: (path: string) => readonly string[];
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
  isFile: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false,
  isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
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
};
