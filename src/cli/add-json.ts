import { ConfigError } from "../config/config-error.ts";
import { addServer } from "./add.ts";
import type { Invocation } from "./commands.ts";

/** Puts a server into the configuration file, its entry given as JSON. */
export async function run({ options, positionals }: Invocation): Promise<number> {
  const [name = "", text = ""] = positionals;
  return await addServer(name, entryIn(text), options);
}

function entryIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Falls through to the one message for both.
  }
  throw new ConfigError(
    `An entry is a JSON object, such as '{"command": "npx", "args": ["-y", "some-server"]}', and not: ${text}`,
  );
}
