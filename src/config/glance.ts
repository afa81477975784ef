import type { Files } from "../ports/files.ts";
import { findConfig, type Search } from "./find-config.ts";
import { parseFaultless } from "./jsonc.ts";

/** In characters. Longer ones are left to whoever has the time to read them. */
const longestText = 256 * 1024;

/** What of the configuration the first answer to a client tells. */
export type Glance = {
  /** The servers that are switched on, in order. */
  readonly servers: readonly string[];
  readonly hasCallTools: boolean;
};

/**
 * What can be had of the configuration in a moment: the first answer to a client waits for it. Never throws; a file that
 * has a fault, is long or is no file (but, say, a pipe, which can be read only once) says nothing. What is wrong with it
 * says who reads it for good.
 */
export function glance(search: Search & { readonly files: Pick<Files, "isFile" | "readText"> }): Glance {
  try {
    const files = findConfig(search).map((path) => rootOf(path, search.files));
    const scopes = files.flatMap((file) => membersOf(file["callTools"])["scope"] ?? []);
    return { servers: [...new Set(files.flatMap(namesIn))], hasCallTools: scopes.at(-1) !== "off" };
  } catch {
    return { servers: [], hasCallTools: true }; // There is no configuration.
  }
}

function rootOf(path: string, files: Pick<Files, "isFile" | "readText">): Readonly<Record<string, unknown>> {
  const text = files.isFile(path) ? readText(path, files) : "";
  const file = text.length > longestText ? undefined : parseFaultless(text);
  return membersOf(file?.value);
}

function namesIn({ mcpServers, servers }: Readonly<Record<string, unknown>>): readonly string[] {
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
