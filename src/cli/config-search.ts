import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import type { Search } from "../config/find-config.ts";
import { type Files, systemFiles } from "../ports/files.ts";

/** Where a command that was given these `--config` flags looks for its configuration. */
export function configSearch(flags: readonly string[]): Search & { readonly files: Files } {
  const { env, platform } = process;
  const packaged = fileURLToPath(new URL("../../servers.json", import.meta.url));
  return { flags, env, cwd: workingFolder(), home: homedir(), platform, files: systemFiles, packaged };
}

/** The root where the folder that we were started in is gone: only relative names need it. */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return "/"; // Node throws when the folder was deleted.
  }
}
