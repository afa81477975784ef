import { dirname, resolve } from "node:path";
import type { Files } from "../ports/files.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { quote } from "./problems.ts";
import { describeProblems, example, type Gathered, type Part, readPart } from "./read.ts";
import { settingsSchema } from "./schema.ts";
import { noteProxies } from "./secrets.ts";
import { expandHome, type Scope } from "./variables.ts";
import { otherWriters } from "./writers.ts";

/** More than this many problems are not read by anyone. */
const mostProblems = 20;

/**
 * Reads the files (absolute paths) into one configuration: servers in order, settings of a later file over those of an
 * earlier one. Throws nothing but a ConfigError, with every problem found, one a line.
 */
export async function loadConfig(options: {
  readonly paths: readonly string[];
  readonly env: Scope["env"];
  readonly files: Pick<Files, "readText" | "ownership">;
}): Promise<Config> {
  const paths = [...new Set(options.paths)];
  const gathered: Gathered = { env: options.env, secrets: new Set(), notices: new Map() };
  noteProxies(gathered.secrets, options.env);
  const parts: Part[] = [];
  const problems: string[] = [];
  const exposed: string[] = [];
  const fileOf = new Map<string, string>();
  for (const path of paths) {
    const text = readText(path, options.files);
    const ownership = options.files.ownership(path);
    const { refusal, notice } = ownership === undefined ? {} : otherWriters(path, ownership);
    if (refusal !== undefined) throw new ConfigError(refusal);
    if (notice !== undefined) exposed.push(notice);
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
  const { $schema: _, ...settings } = settingsSchema.parse(mergeSettings(parts));
  const isLazy = settings.startup.mode === "lazy";
  return {
    ...settings,
    files: paths,
    servers: parts.flatMap(({ servers }) => servers).map((one) => (isLazy ? { ...one, lazyStart: true } : one)),
    caFiles: parts.flatMap((part, index) => caFilesOf(part, dirname(paths[index] as string), options.env)),
    secrets: [...gathered.secrets],
    exposed,
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
    merged[key] = typeof value === "object" && !Array.isArray(value) ? { ...(merged[key] as object), ...value } : value;
  }
  return merged;
}

/** Absolute. Of every file, not of the last one that names some. */
function caFilesOf({ settings }: Part, folder: string, env: Scope["env"]): readonly string[] {
  const written = (settings["caFiles"] ?? []) as readonly string[];
  return written.map((path) => resolve(folder, expandHome(path, env) ?? path));
}

function firstFew(problems: readonly string[]): readonly string[] {
  const more = problems.length - mostProblems;
  return more > 0 ? [...problems.slice(0, mostProblems), `… and ${more} more.`] : problems;
}

function namesOf(servers: readonly string[]): string {
  if (servers.length === 0) return "";
  return ` (server${servers.length > 1 ? "s" : ""} ${servers.map(quote).join(", ")})`;
}
