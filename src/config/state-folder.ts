import { posix, win32 } from "node:path";
import type { Scope } from "./variables.ts";

/** The folder for what tutti finds out and keeps for its next start; it may not be there yet. */
export function stateFolder(options: {
  readonly env: Scope["env"];
  readonly home: string;
  /** As `process.platform` says it. */
  readonly platform: string;
}): string {
  const { env, home, platform } = options;
  const { join, isAbsolute } = platform === "win32" ? win32 : posix;
  const { XDG_STATE_HOME: xdg, LOCALAPPDATA: localAppData } = env;
  // https://specifications.freedesktop.org/basedir-spec/latest/: a relative path is to be ignored.
  if (xdg && isAbsolute(xdg)) return join(xdg, "tutti");
  if (platform === "win32") return join(localAppData || join(home, "AppData", "Local"), "tutti");
  if (platform === "darwin") return join(home, "Library", "Application Support", "tutti");
  return join(home, ".local", "state", "tutti");
}
