import type { Config, LogLevel } from "../config/config.ts";
import { findConfig } from "../config/find-config.ts";
import { loadConfig } from "../config/load.ts";
import { Events } from "../events.ts";
import { createLog } from "../observe/log.ts";
import { createRedactor } from "../observe/redact.ts";
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

/** The same for a command that may serve clients over HTTP, whose tokens are as secret as those in it. */
export async function readServingConfig({ options }: Invocation): Promise<Config> {
  const config = await readConfig(options.config);
  if (options.http === undefined) return config;
  return { ...config, secrets: [...config.secrets, ...httpTokens(options["token-file"])] };
}

/** The events of one run, logged to stderr; `level` overrides the configuration's. */
export function startLog(config: Config, level: string | undefined): Events {
  const events = new Events();
  const log = createLog({
    level: (level as LogLevel | undefined) ?? config.log.level,
    write: droppingWriter(process.stderr),
    redact: createRedactor(config.secrets),
    isForPeople: process.stderr.isTTY,
    now: systemClock.now,
  });
  events.subscribe(log);
  for (const text of config.notices) events.publish("notice", { text });
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
