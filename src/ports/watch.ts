import { type FSWatcher, readlinkSync, statSync, watch } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** Watches where files are. */
export type WatchedFiles = {
  /** Looks anew where they are: links may lead elsewhere, and folders be others, after a change. */
  readonly renew: () => void;
  readonly close: () => void;
};

/**
 * Calls `changed` when something may have changed in a folder where one of these files (absolute paths) is, or a link on
 * the way to it: so a file is seen too that an editor puts in the place of another. `failed`: what happens in a folder is
 * not heard of. Keeps no process alive.
 */
export type WatchFiles = (
  paths: readonly string[],
  changed: () => void,
  failed: (reason: string) => void,
) => WatchedFiles;

/** The machine's own file system. */
export const systemWatchFiles: WatchFiles = (paths, changed, failed) => {
  const watchers = new Map<string, FSWatcher>();
  const renew = (): void => {
    const wanted = new Map(paths.flatMap(foldersOf).map((folder) => [identityOf(folder) ?? folder, folder] as const));
    for (const [identity, watcher] of watchers) {
      if (wanted.has(identity)) continue;
      watcher.close();
      watchers.delete(identity);
    }
    for (const [identity, folder] of wanted) {
      if (watchers.has(identity)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, changed);
        watcher.on("error", (cause) => failed(`${folder}: ${cause.message}`));
        watchers.set(identity, watcher);
      } catch (cause) {
        failed(`${folder}: ${(cause as Error).message}`);
      }
    }
  };
  renew();
  return {
    renew,
    close: () => {
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
};

/** More links on one way lead in a circle. */
const mostLinks = 40;

/** The folders of a file and of all links on the way to it; of one that is not there, the next one above it. */
function foldersOf(path: string): readonly string[] {
  const folders: string[] = [];
  let at: string | undefined = path;
  while (at !== undefined && folders.length < mostLinks) {
    const link = firstLink(at);
    folders.push(existing(dirname(link?.path ?? at)));
    at = link && join(link.target, relative(link.path, at));
  }
  return folders;
}

/** The first part of a path that is a link. */
function firstLink(path: string): { readonly path: string; readonly target: string } | undefined {
  const before = dirname(path) === path ? undefined : firstLink(dirname(path));
  if (before !== undefined) return before;
  try {
    return { path, target: resolve(dirname(path), readlinkSync(path)) };
  } catch {
    return undefined; // No link, or not there.
  }
}

function existing(folder: string): string {
  const above = dirname(folder);
  return identityOf(folder) !== undefined || above === folder ? folder : existing(above);
}

/** Tells a folder from another that has taken its place; undefined where there is none. */
function identityOf(folder: string): string | undefined {
  const status = statSync(folder, { throwIfNoEntry: false });
  return status && `${status.dev}:${status.ino} ${folder}`;
}
