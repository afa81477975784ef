import { createInterface } from "node:readline/promises";
import { ConfigError } from "../config/config-error.ts";
import { createRedactor } from "../observe/redact.ts";
import { systemSettingsFiles } from "../ports/settings-files.ts";
import { harmless } from "../process/harmless.ts";
import { type Format, parseDocument } from "../setup/document.ts";
import { secretsIn } from "../setup/secrets.ts";
import { diffLines } from "./line-diff.ts";
import { paint } from "./paint.ts";

/** A file as it is and as it is to be; undefined where it is not there. */
export type Edit = {
  readonly path: string;
  readonly format: Format;
  readonly before: string | undefined;
  readonly after: string | undefined;
};

/** What differs, a line each, ready for a terminal; without what may be secret in either. */
export async function shownEdit({ path, format, before = "", after = "" }: Edit): Promise<readonly string[]> {
  const documents = await Promise.all([before, after].map((text) => parseDocument(path, format, text)));
  const redact = createRedactor(documents.flatMap(secretsIn));
  const color = paint(process.stdout);
  const lines = diffLines(redact(before), redact(after)).map(({ sign, text }) => {
    const line = `${sign} ${harmless(text.replaceAll("\t", "  "))}`;
    return sign === "+" ? color.green(line) : sign === "-" ? color.red(line) : line;
  });
  return lines.length === 0 ? [] : [`--- ${harmless(path)}`, ...lines];
}

/**
 * Writes each, with a copy of what was there before under the name that `backup` gives (undefined: without one). Throws
 * where a file cannot be written, and names it.
 */
export function writeEdits(edits: readonly Edit[], backup: (path: string) => string | undefined): void {
  const { read, replace, remove } = systemSettingsFiles;
  for (const { path, before, after } of edits) {
    if (before === after) continue;
    try {
      const copy = backup(path);
      if (copy !== undefined && before !== undefined) replace(copy, read(copy), before);
      if (after !== undefined) replace(path, before, after);
      else if (before !== undefined) remove(path, before);
    } catch (cause) {
      throw new ConfigError(`${path}: cannot be written (${(cause as Error).message}). It is as it was.`, { cause });
    }
  }
}

/** Asks a person on the terminal; undefined: there is none. */
export async function confirm(question: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
