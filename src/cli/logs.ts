import { join } from "node:path";
import { ConfigError } from "../config/config-error.ts";
import { lineForPeople } from "../observe/log.ts";
import { systemClock } from "../ports/clock.ts";
import { systemFiles } from "../ports/files.ts";
import { readFrom } from "../ports/log-file.ts";
import { systemSpawn } from "../ports/spawn.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { instanceFolders } from "./instance.ts";
import { runningInstances } from "./running.ts";

/** How often a log that is followed is looked at. */
const lookMs = 250;

/** How many lines are shown of what was logged before. */
const mostLines = 200;

/** Prints the logs of the tuttis that run, or of the last one that did; with `-f` also what comes. */
export async function run({ options, positionals: [server] }: Invocation): Promise<number | undefined> {
  const paths = logFiles();
  if (paths.length === 0) {
    throw new ConfigError(
      `no tutti has kept a log in ${instanceFolders().logs}. Programs that start tutti keep what it writes to stderr.`,
    );
  }
  const show = (text: string): readonly string[] =>
    text.split("\n").flatMap((line) => shown(line, server, options.json) ?? []);
  const read = paths.map((path) => ({ path, ...readFrom(path, 0) }));
  const lines = read.flatMap(({ text }) => show(text)).slice(-mostLines);
  process.stdout.write(lines.join(""));
  if (!options.follow) return exitCode.ok;
  systemSpawn.stayAlive();
  const ends = new Map(read.map(({ path, end }) => [path, end]));
  const look = (): void => {
    for (const path of logFiles()) {
      const { text, end } = readFrom(path, ends.get(path) ?? 0);
      // What is not whole yet is read again.
      const whole = text.lastIndexOf("\n") + 1;
      process.stdout.write(show(text.slice(0, whole)).join(""));
      ends.set(path, end - Buffer.byteLength(text.slice(whole)));
    }
    systemClock.after(lookMs, look);
  };
  look();
  return undefined;
}

/** Of those that run; of the last one where none does. */
function logFiles(): readonly string[] {
  const running = runningInstances().flatMap(({ log }) => log ?? []);
  if (running.length > 0) return running;
  const { logs } = instanceFolders();
  const last = systemFiles.list(logs).findLast((name) => name.endsWith(".log"));
  return last === undefined ? [] : [join(logs, last)];
}

function shown(line: string, server: string | undefined, isJson: boolean): string | undefined {
  if (line === "") return undefined;
  try {
    const entry = JSON.parse(line) as { readonly server?: unknown };
    if (server !== undefined && entry.server !== server) return undefined;
    return isJson ? `${line}\n` : lineForPeople(line);
  } catch {
    return undefined; // Half a line, of a disk that was full.
  }
}
