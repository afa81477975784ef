import { join } from "node:path";
import { ConfigError } from "../config/config-error.ts";
import { lineForPeople } from "../observe/log.ts";
import { systemClock } from "../ports/clock.ts";
import { systemFiles } from "../ports/files.ts";
import { readLinesFrom } from "../ports/log-file.ts";
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
  const show = (text: string): readonly Line[] =>
    text.split("\n").flatMap((line) => shown(line, server, options.json) ?? []);
  const read = paths.map((path) => ({ path, ...readLinesFrom(path, 0) }));
  // Of several that run, in the order in which it happened.
  const lines = read
    .flatMap(({ text }) => show(text))
    .sort((one, other) => Number(one.time > other.time) - Number(one.time < other.time));
  const print = (some: readonly Line[]): void => void process.stdout.write(some.map(({ text }) => text).join(""));
  print(lines.slice(-mostLines));
  if (!options.follow) return exitCode.ok;
  systemSpawn.stayAlive();
  const ends = new Map(read.map(({ path, end }) => [path, end]));
  const look = (): void => {
    for (const path of logFiles()) {
      const { text, end } = readLinesFrom(path, ends.get(path) ?? 0);
      print(show(text));
      ends.set(path, end);
    }
    systemClock.after(lookMs, look);
  };
  look();
  return undefined;
}

type Line = {
  /** As the log has it: texts of times that are in order. */
  readonly time: string;
  /** With its newline. */
  readonly text: string;
};

/** Of those that run; of the last one where none does. */
function logFiles(): readonly string[] {
  const running = runningInstances().flatMap(({ log }) => log ?? []);
  if (running.length > 0) return running;
  const { logs } = instanceFolders();
  const last = systemFiles.list(logs).findLast((name) => name.endsWith(".log"));
  return last === undefined ? [] : [join(logs, last)];
}

function shown(line: string, server: string | undefined, isJson: boolean): Line | undefined {
  if (line === "") return undefined;
  try {
    const entry = JSON.parse(line) as { readonly server?: unknown; readonly time?: unknown };
    if (server !== undefined && entry.server !== server) return undefined;
    return { time: String(entry.time), text: isJson ? `${line}\n` : lineForPeople(line) };
  } catch {
    return undefined; // Half a line, of a disk that was full.
  }
}
