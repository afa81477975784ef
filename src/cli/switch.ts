import type { Invocation } from "./commands.ts";
import { fileOf, told, writeMembers } from "./own-servers.ts";

/** Switches a server on. */
export async function enable(invocation: Invocation): Promise<number> {
  return await turn(invocation, "on", { disabled: undefined, enabled: undefined });
}

/** Switches a server off: it is neither started nor offered. */
export async function disable(invocation: Invocation): Promise<number> {
  return await turn(invocation, "off", { disabled: true, enabled: undefined });
}

async function turn(
  { options, positionals: [name = ""] }: Invocation,
  how: string,
  members: Readonly<Record<string, unknown>>,
): Promise<number> {
  const file = await fileOf(name, options.config);
  const lacks = await writeMembers(file, name, members);
  return told(options, { name, file: file.path, text: `"${name}" is ${how} now (${file.path})`, lacks });
}
