import { randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Files in which people, and the programs they use, keep their settings. */
export type SettingsFiles = {
  /** The whole text (UTF-8, as it stands), or undefined where there is no such file. Throws where it cannot be read. */
  readonly read: (path: string) => string | undefined;
  /**
   * Replaces the file, which has to hold `before` still (undefined: not be there), by one with another text: whole, with
   * the rights it had, or for the user alone where it is new. A link stays one, and its target changes. Throws where that
   * cannot be done, or where nobody is to write the file; then nothing has changed.
   */
  readonly replace: (path: string, before: string | undefined, text: string) => void;
  /** Takes the file away, where it holds `before` still. */
  readonly remove: (path: string, before: string) => void;
};

/** The machine's own file system. */
export const systemSettingsFiles: SettingsFiles = {
  read: readText,
  replace: (path, before, text) => {
    const target = targetOf(path);
    mkdirSync(dirname(target), { recursive: true });
    const fresh = join(dirname(target), `.tutti-${randomUUID()}`);
    try {
      const descriptor = openSync(fresh, "wx", 0o600);
      try {
        writeFileSync(descriptor, text);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      if (before !== undefined) chmodSync(fresh, writableMode(target));
      refuseOther(target, before);
      renameSync(fresh, target);
    } catch (cause) {
      rmSync(fresh, { force: true });
      throw cause;
    }
  },
  remove: (path, before) => {
    refuseOther(path, before);
    rmSync(path);
  },
};

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

/** Where a path leads to, also where nothing is there yet. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Nothing there yet; a link to what is not there is one all the same.
    const status = lstatSync(path, { throwIfNoEntry: false });
    return status?.isSymbolicLink() ? targetOf(resolve(dirname(path), readlinkSync(path))) : path;
  }
}

/** A rename asks nobody whether the file may be written. */
function writableMode(path: string): number {
  const { mode } = statSync(path);
  if ((mode & 0o222) === 0) throw new Error("it is read-only");
  return mode & 0o777;
}

/** A program that is running writes its own settings too. */
function refuseOther(path: string, before: string | undefined): void {
  if (readText(path) !== before) throw new Error("another program has just changed it");
}

/** Takes a file away, if it is there and may be. */
export function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Somebody else's, or of a disk that is not there any more: nothing depends on it.
  }
}
