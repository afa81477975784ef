import type { Invocation } from "./commands.ts";
import { fileOf, told, writeServer } from "./own-servers.ts";

/** Takes a server out of the configuration file. */
export async function run({ options, positionals: [name = ""] }: Invocation): Promise<number> {
  const file = await fileOf(name, options.config);
  const lacks = await writeServer(file, name, undefined);
  const text = `"${name}" is out of ${file.path}; what it was is in ${file.path}.bak`;
  return told(options, { name, file: file.path, text, lacks });
}
