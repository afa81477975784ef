import { posix, win32 } from "node:path";
import type { Files } from "../ports/files.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { quote } from "./problems.ts";
import { describeProblems, example, type Gathered, type Part, readPart } from "./read.ts";
import { settingsSchema } from "./schema.ts";
import { expandHome, type Scope } from "./variables.ts";

/** More than this many problems are not read by anyone. */
const mostProblems = 20;

/**
 * The configuration files to read: those named by `--config` (`flags`), else the one named by `TUTTI_CONFIG`, else
 * `servers.json` in `cwd`, else `tutti/servers.json` in the user's configuration folder. The paths are absolute; named
 * files are not looked for here. Throws a ConfigError that lists the places where nothing is named or found.
 */
export function findConfig(options: {
  readonly flags: readonly string[];
  readonly env: Scope["env"];
  readonly cwd: string;
  readonly home: string;
  /** As `process.platform` says it. */
  readonly platform: string;
  readonly files: Pick<Files, "isFile">;
}): readonly string[] {
  const { flags, env, cwd, home, platform, files } = options;
  const { resolve, join, isAbsolute } = platform === "win32" ? win32 : posix;
  const fromEnv = env["TUTTI_CONFIG"];
  const named = flags.length === 0 && fromEnv ? [fromEnv] : flags;
  if (named.includes("")) throw new ConfigError("--config names no file. Write --config FILE.");
  // Clients start us without a shell, which would have expanded a ~.
  if (named.length > 0) return named.map((path) => resolve(cwd, expandHome(path, { HOME: home }) ?? path));

  const { XDG_CONFIG_HOME: xdg, APPDATA: appData } = env;
  const folders = [xdg && isAbsolute(xdg) ? xdg : join(home, ".config")];
  if (platform === "darwin") folders.push(join(home, "Library", "Application Support"));
  if (platform === "win32") folders.push(appData || join(home, "AppData", "Roaming"));
  const places = [join(cwd, "servers.json"), ...folders.map((folder) => join(folder, "tutti", "servers.json"))];
  const found = places.find((place) => files.isFile(place));
  if (found !== undefined) return [found];
  const cure = "Write one there, or name one with --config FILE or TUTTI_CONFIG.";
  throw new ConfigError(`No configuration at ${places.join(", ")}. ${cure}`);
}

/**
 * Reads the files (absolute paths) into one configuration: servers in order, settings of a later file over those of an
 * earlier one. Throws nothing but a ConfigError, with every problem found, one a line.
 */
export async function loadConfig(options: {
  readonly paths: readonly string[];
  readonly env: Scope["env"];
  readonly files: Pick<Files, "readText">;
}): Promise<Config> {
  const paths = [...new Set(options.paths)];
  const gathered: Gathered = { env: options.env, secrets: new Set(), notices: new Map() };
  const parts: Part[] = [];
  const problems: string[] = [];
  const fileOf = new Map<string, string>();
  for (const path of paths) {
    const text = readText(path, options.files);
    const part = await readPart(path, text, gathered);
    const twice = [...part.places].filter(([name]) => fileOf.has(name));
    const collisions = twice.map(([name, place]) => ({
      path: place,
      message: `is also in ${fileOf.get(name)}. Rename or remove one.`,
    }));
    problems.push(...(await describeProblems(path, text, [...part.problems, ...collisions])));
    for (const name of part.places.keys()) fileOf.set(name, path);
    parts.push(part);
  }
  if (problems.length === 0 && !parts.some(({ hasServerKey }) => hasServerKey)) {
    problems.push(`${paths[0] ?? "No file"}: there is no "mcpServers" in it. Write ${example}.`);
  }
  if (problems.length > 0) throw new ConfigError(firstFew(problems).join("\n"));
  const { startup, errors, limits, log } = settingsSchema.parse(mergeSettings(parts));
  return {
    files: paths,
    servers: parts.flatMap(({ servers }) => servers),
    startup,
    errors,
    limits,
    log,
    secrets: [...gathered.secrets],
    notices: [...gathered.notices].map(([message, servers]) => `${message}${namesOf(servers)}.`),
  };
}

function readText(path: string, files: Pick<Files, "readText">): string {
  let text: string | undefined;
  try {
    text = files.readText(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`${path}: cannot be read (${reason}). Name a file that you may read.`, { cause });
  }
  if (text === undefined) throw new ConfigError(`${path}: there is no such file. Check --config and TUTTI_CONFIG.`);
  return text.replace(/^\uFEFF/, ""); // A byte-order mark, as Windows editors write it.
}

/** Later files win setting by setting, not group by group. */
function mergeSettings(parts: readonly Part[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const [key, value] of parts.flatMap(({ settings }) => Object.entries(settings))) {
    merged[key] = typeof value === "object" ? { ...(merged[key] as object), ...value } : value;
  }
  return merged;
}

function firstFew(problems: readonly string[]): readonly string[] {
  const more = problems.length - mostProblems;
  return more > 0 ? [...problems.slice(0, mostProblems), `… and ${more} more.`] : problems;
}

function namesOf(servers: readonly string[]): string {
  if (servers.length === 0) return "";
  return ` (server${servers.length > 1 ? "s" : ""} ${servers.map(quote).join(", ")})`;
}
