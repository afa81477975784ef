import { harmless } from "../process/harmless.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { fileOf, writeServer } from "./own-servers.ts";

/** Takes a server out of the configuration file. */
export async function run({ options, positionals: [name = ""] }: Invocation): Promise<number> {
  const file = await fileOf(name, options.config);
  await writeServer(file, name, undefined);
  process.stdout.write(`${harmless(`"${name}" is out of ${file.path}; what it was is in ${file.path}.bak`)}\n`);
  return exitCode.ok;
}
