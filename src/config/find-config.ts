import { posix, win32 } from "node:path";
import type { Files } from "../ports/files.ts";
import { ConfigError } from "./config-error.ts";
import { expandHome, type Scope } from "./variables.ts";

/** Where a configuration is looked for. */
export type Search = {
  /** The files named by `--config`. */
  readonly flags: readonly string[];
  readonly env: Scope["env"];
  readonly cwd: string;
  readonly home: string;
  /** As `process.platform` says it. */
  readonly platform: string;
  readonly files: Pick<Files, "isFile">;
  /** The file that comes with tutti: used where there is no other, and never written unless it is named. */
  readonly packaged?: string;
};

/**
 * The configuration files to read: those named by `--config` (`flags`), else the one named by `TUTTI_CONFIG`, else
 * `servers.json` in `cwd`, else `tutti/servers.json` in the user's configuration folder. The paths are absolute; named
 * files are not looked for here. Throws a ConfigError that lists the places where nothing is named or found.
 */
export function findConfig(search: Search): readonly string[] {
  const named = namedFiles(search);
  if (named.length > 0) return named;
  const places = usualPlaces(search);
  const found = places.find((place) => search.files.isFile(place));
  if (found !== undefined) return [found];
  const cure = "Write one there, or name one with --config FILE or TUTTI_CONFIG.";
  throw new ConfigError(`No configuration at ${places.join(", ")}. ${cure}`);
}

/** Where a configuration may come to be that is not there: the files that are named, else the usual places. */
export function configPlaces(search: Search): readonly string[] {
  const named = namedFiles(search);
  return named.length > 0 ? named : usualPlaces(search);
}

/** The one file that commands write: the first that is named or found, else the user's own, which may not be there yet. */
export function configToWrite(search: Search): string {
  const [named] = namedFiles(search);
  const places = usualPlaces(search).filter((place) => place !== search.packaged);
  return named ?? places.find((place) => search.files.isFile(place)) ?? (ownPlaces(search)[0] as string);
}

function namedFiles({ flags, env, cwd, home, platform }: Search): readonly string[] {
  const { resolve } = platform === "win32" ? win32 : posix;
  const fromEnv = env["TUTTI_CONFIG"];
  const named = flags.length === 0 && fromEnv ? [fromEnv] : flags;
  if (named.includes("")) throw new ConfigError("--config names no file. Write --config FILE.");
  // Clients start us without a shell, which would have expanded a ~.
  return named.map((path) => resolve(cwd, expandHome(path, { HOME: home }) ?? path));
}

/** The current folder's first, then the user's own; what comes with tutti last. */
function usualPlaces(search: Search): readonly string[] {
  const { cwd, platform, packaged } = search;
  const here = (platform === "win32" ? win32 : posix).join(cwd, "servers.json");
  return here === packaged ? [...ownPlaces(search), here] : [here, ...ownPlaces(search)];
}

/** The user's own, the usual one first. */
function ownPlaces({ env, home, platform }: Search): readonly string[] {
  const { join, isAbsolute } = platform === "win32" ? win32 : posix;
  const { XDG_CONFIG_HOME: xdg, APPDATA: appData } = env;
  const folders = [xdg && isAbsolute(xdg) ? xdg : join(home, ".config")];
  if (platform === "darwin") folders.push(join(home, "Library", "Application Support"));
  if (platform === "win32") folders.push(appData || join(home, "AppData", "Roaming"));
  return folders.map((folder) => join(folder, "tutti", "servers.json"));
}
