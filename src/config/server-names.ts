import type { Files } from "../ports/files.ts";
import { findConfig, type Search } from "./find-config.ts";
import { parseFaultless } from "./jsonc.ts";

/** In characters. Longer ones are left to whoever has the time to read them. */
const longestText = 256 * 1024;

/**
 * The names of the servers that are switched on, in order, as far as they can be had in a moment: the first answer to a
 * client waits for them. Never throws; of a file that has a fault, is long or is no file (but, say, a pipe, which can be
 * read only once) there are none. What is wrong with it says who reads it for good.
 */
export function serverNames(
  search: Search & { readonly files: Pick<Files, "isFile" | "readText"> },
): readonly string[] {
  try {
    return [...new Set(findConfig(search).flatMap((path) => namesIn(path, search.files)))];
  } catch {
    return []; // There is no configuration.
  }
}

function namesIn(path: string, files: Pick<Files, "isFile" | "readText">): readonly string[] {
  const text = files.isFile(path) ? readText(path, files) : "";
  const file = text.length > longestText ? undefined : parseFaultless(text);
  const { mcpServers, servers } = membersOf(file?.value);
  return [mcpServers, servers].flatMap((group) =>
    Object.entries(membersOf(group)).flatMap(([name, entry]) => (isOn(membersOf(entry)) ? [name] : [])),
  );
}

function readText(path: string, files: Pick<Files, "readText">): string {
  try {
    return files.readText(path)?.replace(/^\uFEFF/, "") ?? "";
  } catch {
    return ""; // Not ours to read.
  }
}

function isOn({ disabled, enabled }: Readonly<Record<string, unknown>>): boolean {
  return disabled !== true && enabled !== false;
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : {};
}
