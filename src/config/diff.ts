import { isDeepStrictEqual } from "node:util";
import type { Config, ServerConfig } from "./config.ts";

/** What differs between the configuration that is served and one that was read since. */
export type ConfigDiff = {
  /** The servers now, in order; one that is as before is the same object as before. Disabled ones are none. */
  readonly servers: readonly ServerConfig[];
  /** Names of those that have to be started, and of those that have to go. A changed one is in both. */
  readonly started: readonly string[];
  readonly ended: readonly string[];
  /** Settings beside the servers that are others, and count from the next start. */
  readonly settings: readonly string[];
};

/** What follows from the configuration by itself, or is applied at once. */
const noSettings: ReadonlySet<string> = new Set(["files", "servers", "secrets", "notices", "exposed"]);

export function diffConfig(before: Config, after: Config): ConfigDiff {
  const old = new Map(enabled(before).map((server) => [server.name, server]));
  const servers = enabled(after).map((server) => {
    const same = old.get(server.name);
    return same !== undefined && isDeepStrictEqual(same, server) ? same : server;
  });
  const kept = new Set(servers.filter((server) => old.get(server.name) === server).map(({ name }) => name));
  const settings = Object.keys(after).filter((key) => !noSettings.has(key)) as (keyof Config)[];
  return {
    servers,
    started: servers.map(({ name }) => name).filter((name) => !kept.has(name)),
    ended: [...old.keys()].filter((name) => !kept.has(name)),
    settings: settings.filter((key) => !isDeepStrictEqual(before[key], after[key])),
  };
}

function enabled({ servers }: Config): readonly ServerConfig[] {
  return servers.filter(({ disabled }) => !disabled);
}
