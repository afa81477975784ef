import { ConfigError } from "../config/config-error.ts";
import { configToWrite, findConfig } from "../config/find-config.ts";
import { loadConfig } from "../config/load.ts";
import { nearest } from "../config/nearest.ts";
import { systemFiles } from "../ports/files.ts";
import { systemSettingsFiles } from "../ports/settings-files.ts";
import { harmless } from "../process/harmless.ts";
import { changeOwnEntry, changeOwnFile, type OwnFile, readOwnFile } from "../setup/own-file.ts";
import { configSearch } from "./config-search.ts";
import { exitCode } from "./exit-codes.ts";
import { writeEdits } from "./write-settings.ts";

/** The configuration file in which a new server goes. */
export async function fileForNew(flags: readonly string[]): Promise<OwnFile> {
  return await readOwnFile(configToWrite(configSearch(flags)), systemSettingsFiles.read);
}

/** The file that has a server of this name. Throws a ConfigError with the nearest name where none has. */
export async function fileOf(name: string, flags: readonly string[]): Promise<OwnFile> {
  const paths = findConfig(configSearch(flags));
  const files = await Promise.all(paths.map((path) => readOwnFile(path, systemSettingsFiles.read)));
  const found = files.find(({ servers }) => Object.hasOwn(servers, name));
  if (found !== undefined) return found;
  const names = files.flatMap(({ servers }) => Object.keys(servers));
  const [close] = nearest(name, names, 1);
  const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
  throw new ConfigError(`there is no server "${name}" in ${paths.join(", ")}.${hint}`);
}

/** The names in the configuration that is found, of entries like that; none where there is none that can be read. */
export async function namesOfServers(isMeant = (_entry: unknown): boolean => true): Promise<readonly string[]> {
  try {
    const files = await Promise.all(
      findConfig(configSearch([])).map((path) => readOwnFile(path, systemSettingsFiles.read)),
    );
    return files.flatMap(({ servers }) => Object.keys(servers).filter((name) => isMeant(servers[name])));
  } catch {
    return []; // Whoever asks is in the middle of a line.
  }
}

/** Puts an entry into the file, or takes it out (undefined). Gives what the configuration lacks then. */
export async function writeServer(file: OwnFile, name: string, entry: unknown): Promise<string | undefined> {
  return await write(file, await changeOwnFile(file, [[name, entry]]));
}

/** Changes members of a server's entry; `undefined` takes one away. Gives what the configuration lacks then. */
export async function writeMembers(
  file: OwnFile,
  name: string,
  members: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  return await write(file, await changeOwnEntry(file, name, Object.entries(members)));
}

/** Says what has become of a server, in a line or as an object; and what the configuration `lacks`. */
export function told(
  { json }: { readonly json: boolean },
  { name, file, text, lacks }: { name: string; file: string; text: string; lacks: string | undefined },
): number {
  process.stdout.write(json ? `${JSON.stringify({ name, file, lacks })}\n` : `${harmless(text)}\n`);
  if (lacks !== undefined && !json) {
    process.stderr.write(`tutti: it is written, and cannot be used like this:\n${lacks}\n`);
  }
  return exitCode.ok;
}

async function write({ path, text }: OwnFile, after: string): Promise<string | undefined> {
  writeEdits([{ path, format: "jsonc", before: text, after }], (one) => `${one}.bak`);
  try {
    await loadConfig({ paths: [path], env: process.env, files: systemFiles });
    return undefined;
  } catch (cause) {
    if (cause instanceof ConfigError) return cause.message;
    throw cause;
  }
}
