import type { Config } from "../../src/config/config.ts";
import { ConfigError } from "../../src/config/config-error.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Files } from "../../src/ports/files.ts";

/** A file system that holds these files and nothing else. */
export function memoryFiles(texts: Readonly<Record<string, string>>): Pick<Files, "readText" | "isFile" | "ownership"> {
  const has = (path: string) => Object.hasOwn(texts, path);
  return {
    readText: (path) => (has(path) ? texts[path] : undefined),
    isFile: has,
    ownership: () => undefined,
  };
}

/** Loads one file, `/home/me/servers.json`, with this text (or value) and these variables. */
export function loadText(content: unknown, env: Readonly<Record<string, string>> = {}): Promise<Config> {
  const text = typeof content === "string" ? content : JSON.stringify(content, null, 2);
  return loadConfig({ paths: ["/home/me/servers.json"], env, files: memoryFiles({ "/home/me/servers.json": text }) });
}

/** The message that loading this text ends with. */
export async function complaint(content: unknown, env: Readonly<Record<string, string>> = {}): Promise<string> {
  try {
    await loadText(content, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("It loaded, though it should not have.");
}

/** A text without the blanks that indent all of its lines, and without its first line break. */
export function lines(strings: TemplateStringsArray): string {
  return strings.raw.join("").replace(/^\n/, "").replace(/^ {4}/gm, "");
}
