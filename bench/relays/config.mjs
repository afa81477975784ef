import { readFileSync } from "node:fs";

/** Whether both sides speak the protocol of 2026-07-28, instead of that before. */
export const isModern = process.argv[3] === "modern";

/**
 * The servers of the config file named on the command line, the same file that tutti gets.
 * @returns {[name: string, server: { command: string, args: string[], env?: Record<string, string> }][]}
 */
export function configuredServers() {
  const path = process.argv[2];
  if (path === undefined) throw new Error("usage: node <relay> CONFIG [modern]");
  return Object.entries(JSON.parse(readFileSync(path, "utf8")).mcpServers);
}
