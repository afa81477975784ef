import { homedir } from "node:os";
import type { Config, LogLevel } from "../config/config.ts";
import { findConfig, loadConfig } from "../config/load.ts";
import { Events } from "../events.ts";
import { createLog } from "../observe/log.ts";
import { createRedactor } from "../observe/redact.ts";
import { systemFiles } from "../ports/files.ts";

/** Finds and reads the configuration as a command that was given these `--config` flags does. Throws a ConfigError. */
export async function readConfig(flags: readonly string[]): Promise<Config> {
  const { env, platform } = process;
  const paths = findConfig({ flags, env, cwd: process.cwd(), home: homedir(), platform, files: systemFiles });
  return await loadConfig({ paths, env, files: systemFiles });
}

/** The events of one run, logged to stderr; `level` overrides the configuration's. */
export function startLog(config: Config, level: string | undefined): Events {
  const events = new Events();
  const log = createLog({
    level: (level as LogLevel | undefined) ?? config.log.level,
    write: (line) => void process.stderr.write(line),
    redact: createRedactor(config.secrets),
    isForPeople: process.stderr.isTTY,
  });
  events.subscribe(log);
  for (const text of config.notices) events.publish("notice", { text });
  return events;
}
