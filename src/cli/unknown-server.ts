import type { ServerConfig } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import { nearest } from "../config/nearest.ts";

/** What is said of a name that none of the servers has, with the one that may be meant. */
export function unknownServer(name: string, servers: readonly ServerConfig[]): ConfigError {
  const names = servers.map((one) => one.name);
  const [close] = nearest(name, names, 1);
  const hint = close === undefined ? `There are: ${names.join(", ")}.` : `Did you mean "${close}"?`;
  return new ConfigError(`There is no server "${name}" in the configuration. ${hint}`);
}
