import type { InstanceRecord } from "../observe/instance.ts";
import { systemDate } from "../ports/clock.ts";
import { harmless } from "../process/harmless.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { paint } from "./paint.ts";
import { runningInstances } from "./running.ts";

/** Says which tuttis of this user run, how their servers are, and what went wrong last. */
export async function run({ options }: Invocation): Promise<number> {
  const all = runningInstances();
  if (options.json) process.stdout.write(`${JSON.stringify(all, undefined, 2)}\n`);
  else if (all.length === 0) process.stdout.write("No tutti is running.\n");
  else process.stdout.write(`${all.map((one) => describe(one).join("\n")).join("\n\n")}\n`);
  return exitCode.ok;
}

const signs: ReadonlyMap<string, (color: ReturnType<typeof paint>) => string> = new Map([
  ["ready", (color) => color.green("✓")],
  ["starting", (color) => color.dim("…")],
  ["idle", (color) => color.dim("·")],
  ["draining", (color) => color.dim("…")],
]);

function describe({
  pid,
  version,
  startedAt,
  files,
  serves,
  client,
  log,
  servers,
  errors,
}: InstanceRecord): readonly string[] {
  const color = paint(process.stdout);
  const places = serves.map((place) => (place === "stdio" && client !== undefined ? client : place));
  const how = places.length === 0 ? "serves nobody yet" : harmless(`serves ${places.join(" and ")}`);
  const width = Math.max(...Object.keys(servers).map((name) => name.length), 0);
  const rows = Object.entries(servers).map(([name, { state, text }]) => {
    const sign = signs.get(state)?.(color) ?? color.red("✗");
    return `  ${sign} ${harmless(name).padEnd(width)}  ${harmless(text)}`;
  });
  const last = errors
    .slice(-3)
    .map(
      ({ at, server, text }) => `  ${clockTime(at)} ${harmless(`${server === undefined ? "" : `${server}: `}${text}`)}`,
    );
  return [
    color.bold(`tutti ${version}, process ${pid}, for ${duration(systemDate() - startedAt)}, ${how}`),
    ...files.map((path) => `  ${harmless(path)}`),
    ...rows,
    ...(last.length === 0 ? [] : ["  last errors:", ...last]),
    ...(log === undefined ? [] : [`  log: ${harmless(log)}`]),
  ];
}

function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.max(Math.round(ms / 1000), 0)} s`;
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 1440)} days`;
}

function clockTime(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}
