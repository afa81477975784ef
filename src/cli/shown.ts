import { harmless } from "../process/harmless.ts";

/** Into a file or a pipe goes a text as it is, to a terminal only what cannot act on it. */
export function shown(text: string): string {
  return process.stdout.isTTY ? text.split("\n").map(harmless).join("\n") : text;
}
