import { createRedactor } from "../observe/redact.ts";
import { harmless } from "../process/harmless.ts";
import { secretsIn, withRedacted } from "../setup/secrets.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { fileOf } from "./own-servers.ts";

/** Prints a server's entry as it is written, without what may be secret in it. Starts nothing. */
export async function run({ options, positionals: [name = ""] }: Invocation): Promise<number> {
  const { path, servers } = await fileOf(name, options.config);
  const entry = servers[name];
  const shown = withRedacted(entry, createRedactor(secretsIn(entry)));
  if (options.json) process.stdout.write(`${JSON.stringify({ name, file: path, entry: shown })}\n`);
  else {
    const lines = [`"${name}" (${path})`, ...JSON.stringify(shown, undefined, 2).split("\n")];
    process.stdout.write(`${lines.map(harmless).join("\n")}\n`);
  }
  return exitCode.ok;
}
