import { createRedactor } from "../observe/redact.ts";
import { harmless } from "../process/harmless.ts";
import type { Entry } from "../setup/dialect.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { literalsOf } from "./import.ts";
import { fileOf } from "./own-servers.ts";

/** Prints a server's entry as it is written, without what may be secret in it. Starts nothing. */
export async function run({ options, positionals: [name = ""] }: Invocation): Promise<number> {
  const { path, servers } = await fileOf(name, options.config);
  const entry = servers[name];
  const isObject = typeof entry === "object" && entry !== null;
  const redact = createRedactor(isObject ? literalsOf(entry as Entry) : []);
  const text = redact(JSON.stringify(entry, undefined, 2));
  if (options.json)
    process.stdout.write(`${JSON.stringify({ name, file: path, entry: JSON.parse(text) as unknown })}\n`);
  else process.stdout.write(`${harmless(`"${name}" (${path})`)}\n${text.split("\n").map(harmless).join("\n")}\n`);
  return exitCode.ok;
}
