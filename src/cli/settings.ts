import { resolve } from "node:path";
import type { Config, LogLevel } from "../config/config.ts";
import { findConfig } from "../config/find-config.ts";
import { loadConfig } from "../config/load.ts";
import { stateOf } from "../config/watch.ts";
import { Events } from "../events.ts";
import { createLog } from "../observe/log.ts";
import { Secrets } from "../observe/secrets.ts";
import { systemClock } from "../ports/clock.ts";
import type { Invocation } from "./commands.ts";
import { configSearch } from "./config-search.ts";
import { httpTokens } from "./http-tokens.ts";

/** Bytes of the log that may wait for whoever reads our stderr: some clients open it and never do. */
const mostWaitingBytes = 1024 * 1024;

/** Finds and reads the configuration as a command that was given these `--config` flags does. Throws a ConfigError. */
export async function readConfig(flags: readonly string[]): Promise<Config> {
  const search = configSearch(flags);
  return await loadConfig({ ...search, paths: findConfig(search) });
}

/** How each file of a configuration was when it was read. */
export type ReadTexts = Map<string, string | undefined>;

/**
 * The same for a command that may serve clients over HTTP, whose tokens are as secret as those in it. `texts` gets what was
 * read, also where it cannot be used. `paths`: the files, where they were found before.
 */
export async function readServingConfig(
  { options }: Invocation,
  texts: ReadTexts,
  paths?: readonly string[],
): Promise<Config> {
  const search = configSearch(options.config);
  const files = {
    ownership: search.files.ownership,
    readText: (path: string): string | undefined => {
      texts.set(path, stateOf(path, search.files));
      return search.files.readText(path);
    },
  };
  const config = await loadConfig({ ...search, files, paths: paths ?? findConfig(search) });
  if (options.http === undefined) return config;
  const tokenFile = options["token-file"];
  if (tokenFile !== undefined)
    texts.set(resolve(search.cwd, tokenFile), stateOf(resolve(search.cwd, tokenFile), search.files));
  return { ...config, secrets: [...config.secrets, ...httpTokens(tokenFile)] };
}

/** The events of one run, logged to stderr without the secrets; `level` overrides the configuration's. */
export function startLog(config: Config, level: string | undefined, { redact } = new Secrets(config.secrets)): Events {
  const events = new Events();
  const log = createLog({
    level: (level as LogLevel | undefined) ?? config.log.level,
    write: droppingWriter(process.stderr),
    redact,
    isForPeople: process.stderr.isTTY,
    now: systemClock.now,
  });
  events.subscribe(log);
  for (const text of [...config.exposed, ...config.notices]) events.publish("notice", { text });
  return events;
}

/** Writes lines while they are read; of others it tells how many there were, once there is room again. */
function droppingWriter(output: NodeJS.WriteStream): (line: string) => void {
  let dropped = 0;
  return (line) => {
    if (output.writableLength > mostWaitingBytes) {
      dropped += 1;
      return;
    }
    if (dropped > 0) output.write(`{"level":"warn","msg":"${dropped} lines of the log are lost: nobody read them"}\n`);
    dropped = 0;
    output.write(line);
  };
}
