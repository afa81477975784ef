import { ConfigError } from "../config/config-error.ts";
import { type Change, changeDocument, type Place, parseDocument, valueAt } from "./document.ts";

/** Our own configuration file, as commands change it. */
export type OwnFile = {
  readonly path: string;
  /** Undefined: it is not there. */
  readonly text: string | undefined;
  /** Its servers as they are written. */
  readonly servers: Readonly<Record<string, unknown>>;
  /** Where these stand. */
  readonly place: Place;
};

/** Reads it. Throws a ConfigError where it cannot be read. */
export async function readOwnFile(path: string, read: (path: string) => string | undefined): Promise<OwnFile> {
  const text = readSettings(path, read);
  const document = await parseDocument(path, "jsonc", text ?? "");
  if (document !== undefined && (typeof document !== "object" || document === null || Array.isArray(document))) {
    throw new ConfigError(`${path}: must be an object, such as { "mcpServers": {} }.`);
  }
  const key = ["mcpServers", "servers"].find((one) => valueAt(document, [one]) !== undefined) ?? "mcpServers";
  const servers = valueAt(document, [key]) ?? {};
  if (typeof servers !== "object" || Array.isArray(servers)) {
    throw new ConfigError(`${path}: "${key}" must be an object: each server's name and its entry.`);
  }
  return { path, text, servers: servers as Record<string, unknown>, place: [key] };
}

/** The text of a file of settings; undefined where it is not there. Throws a ConfigError where it cannot be read. */
export function readSettings(path: string, read: (path: string) => string | undefined): string | undefined {
  try {
    return read(path);
  } catch (cause) {
    throw new ConfigError(`${path}: cannot be read (${(cause as Error).message}).`, { cause });
  }
}

/** Its text with other servers; `undefined` takes one away. */
export async function changeOwnFile(
  { path, text = "", place }: OwnFile,
  entries: readonly (readonly [name: string, entry: unknown])[],
): Promise<string> {
  const changes = entries.map(([name, value]): Change => ({ place: [...place, name], value }));
  return await changeDocument(path, "jsonc", text, changes);
}

/** Changes a member of one server's entry. */
export async function changeOwnEntry(
  { path, text = "", place }: OwnFile,
  name: string,
  members: readonly (readonly [key: string, value: unknown])[],
): Promise<string> {
  const changes = members.map(([key, value]): Change => ({ place: [...place, name, key], value }));
  return await changeDocument(path, "jsonc", text, changes);
}
