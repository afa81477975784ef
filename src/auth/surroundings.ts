import { join } from "node:path";
import type { Clock } from "../ports/clock.ts";
import type { KeptFiles } from "../ports/files.ts";

/** What signing in needs from outside. */
export type AuthSurroundings = {
  /** Where tokens are kept: `authFolder`. */
  readonly folder: string;
  /** Says which proxies and certificate authorities there are, as for all requests that go out. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly caFiles: readonly string[];
  readonly keptFiles: KeptFiles;
  readonly clock: Clock;
  /** In ms since 1970. */
  readonly date: () => number;
  /** So many bytes that nobody can guess. */
  readonly random: (count: number) => Buffer;
  /** From now on these are shown nowhere. */
  readonly learn: (secrets: readonly string[]) => void;
  /** Something that the user should know, in one line. */
  readonly notice: (text: string) => void;
};

/** The folder of tokens in the folder of what tutti keeps. */
export function authFolder(stateFolder: string): string {
  return join(stateFolder, "auth");
}

/** What is shown of somebody else's text: its first characters, on one line. */
export function quoted(text: string): string {
  const line = text.replace(/[^\x20-\x7e]+/g, " ").trim();
  return JSON.stringify(line.length > 200 ? `${line.slice(0, 199)}…` : line);
}
