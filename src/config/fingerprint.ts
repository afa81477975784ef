import { createHash } from "node:crypto";
import type { Files } from "../ports/files.ts";
import { findConfig, type Search } from "./find-config.ts";

/** What tells whether the configuration is still the one it was, without understanding it. */
export type Fingerprint = {
  /** Of the files and what stands in them. */
  readonly key: string;
  /** Of the variables that they name: too short for anybody to find out a value by it. */
  readonly variables: string;
};

/** In characters. Longer ones are left to whoever has the time to read them. */
const longestText = 256 * 1024;

/**
 * The fingerprint of the configuration that `search` finds; undefined where there is none, or none that is read in a
 * moment. `more`: what else makes a difference. Never throws.
 */
export function fingerprint(
  search: Search & { readonly files: Pick<Files, "isFile" | "readText"> },
  more: readonly unknown[],
): Fingerprint | undefined {
  try {
    const paths = findConfig(search);
    const texts = paths.map((path) => (search.files.isFile(path) ? search.files.readText(path) : undefined));
    if (!texts.every((text) => text !== undefined && text.length <= longestText)) return undefined;
    const names = texts.flatMap((text) =>
      [...(text as string).matchAll(/\$\{(?:env:)?(\w+)/g)].map(([, name]) => name),
    );
    const known = ["HOME", "USERPROFILE", ...names] as string[];
    const values = [...new Set(known)].sort().map((name) => [name, search.env[name]]);
    return { key: hash([paths, texts, more]), variables: hash(values).slice(0, 4) };
  } catch {
    return undefined; // There is no configuration that can be read: who reads it for good says why.
  }
}

function hash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
