import { dirname, join } from "node:path";
import { ConfigError } from "../config/config-error.ts";
import { configToWrite, findConfig } from "../config/find-config.ts";
import { systemSettingsFiles } from "../ports/settings-files.ts";
import { harmless } from "../process/harmless.ts";
import { gather, type Merged, merge } from "../setup/gather.ts";
import {
  entryFor,
  fileFor,
  type Launch,
  namesOfTutti,
  type Removal,
  withoutTutti,
  withTutti,
} from "../setup/install.ts";
import { changeOwnFile, readOwnFile, readSettings } from "../setup/own-file.ts";
import type { Program, ProgramFile } from "../setup/programs.ts";
import type { Invocation } from "./commands.ts";
import { configSearch } from "./config-search.ts";
import { exitCode } from "./exit-codes.ts";
import { failed } from "./failed.ts";
import { mainFile, programOf, surroundings } from "./import.ts";
import { confirm, type Edit, shownEdit, writeEdits } from "./write-settings.ts";

/** Puts tutti into a program's configuration, or takes it out again; shows or asks first, as it is told. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, positionals } = invocation;
  const program = programOf(positionals[0] ?? "");
  const file = fileFor(program, surroundings(), options.project);
  const { edits, question, backup } = options.uninstall
    ? await uninstalling(program, file, options)
    : await installing(program, file, invocation);
  const changed = edits.filter(({ before, after }) => before !== after);
  const say = (line: string): void => void (options.json || process.stdout.write(`${line}\n`));
  const isDry = options["dry-run"];
  const files = changed.map(({ path, after }) => ({ path, change: after === undefined ? "removed" : "written" }));
  if (changed.length === 0) {
    const path = harmless(file.path);
    say(options.uninstall ? `tutti is not in ${path}.` : `${program.title} has it already: ${path}.`);
  } else if (isDry) {
    for (const edit of changed) for (const line of await shownEdit(edit)) say(line);
  } else {
    const answer = question === undefined || options.yes || (await confirm(question));
    if (answer === undefined) {
      throw new ConfigError("nothing is written, because nobody can be asked here. Say --yes, or look with --dry-run.");
    }
    if (!answer) return failed(exitCode.unusable, { code: "declined", message: "nothing is written." }, options);
    writeEdits(changed, (path) => (path === file.path ? backup : `${path}.bak`));
    if (options.uninstall) removeBackup(changed);
    for (const { path, change } of files) say(`${harmless(path)}: ${change}`);
    const what = options.uninstall ? "starts its servers itself again" : "starts tutti from now on";
    say(`${program.title} ${what}. Restart it.`);
  }
  if (options.json)
    process.stdout.write(`${JSON.stringify({ client: program.id, file: file.path, files, dryRun: isDry })}\n`);
  return exitCode.ok;
}

/** What is to be written. */
type Plan = {
  readonly edits: readonly Edit[];
  /** What a person is asked first. */
  readonly question?: string;
  /** Where the program's file is kept as it was. */
  readonly backup?: string;
};

async function installing(program: Program, file: ProgramFile, { options, version }: Invocation): Promise<Plan> {
  const before = readSettings(file.path, systemSettingsFiles.read);
  const path = configToWrite(configSearch(options.config));
  const own = await readOwnFile(path, systemSettingsFiles.read);
  const moved = options.replace ? await movedFrom(program, file, own.servers) : undefined;
  if (own.text === undefined && moved === undefined) {
    throw new ConfigError(`${path}: there is no such file yet. Begin one with tutti import, tutti add, or --replace.`);
  }
  const mine = await namesOfTutti(file, before ?? "", mainFile());
  // Several entries, each with a configuration of its own, are several lanes in some programs.
  const name = options.name ?? (mine.includes("tutti") ? "tutti" : (mine[0] ?? "tutti"));
  const configs = options.config.length > 1 ? findConfig(configSearch(options.config)) : [path];
  const entry = entryFor(program, launchOf(configs, options.lazy, version));
  const after = await withTutti(file, before, { name, entry, without: moved?.names ?? [] });
  const client: Edit = { path: file.path, format: file.format, before, after };
  // What it was before the first time is what is given back in the end.
  const backup = mine.length === 0 ? { backup: backupOf(file.path) } : {};
  if (moved === undefined || moved.names.length === 0) return { edits: [client], ...backup };
  const text = await changeOwnFile(
    own,
    moved.added.map((one) => [one.name, one.entry]),
  );
  const count = moved.names.length === 1 ? "1 server" : `${moved.names.length} servers`;
  return {
    edits: [{ path, format: "jsonc", before: own.text, after: text }, client],
    question: `Move ${count} of ${program.title} behind tutti?`,
    ...backup,
  };
}

/** The servers of one file that tutti can start instead, and what of them is new to our own file. */
async function movedFrom(
  program: Program,
  file: ProgramFile,
  servers: Readonly<Record<string, unknown>>,
): Promise<{ readonly names: readonly string[]; readonly added: readonly Merged[] }> {
  const only: Program = { ...program, files: () => [file] };
  const { found, problems } = await gather([only], surroundings(), systemSettingsFiles.read);
  const [problem] = problems;
  if (problem !== undefined) throw new ConfigError(problem);
  return { names: found.map(({ name }) => name), added: merge(found, servers).added };
}

async function uninstalling(
  program: Program,
  file: ProgramFile,
  { name, config }: Invocation["options"],
): Promise<Plan> {
  const before = readSettings(file.path, systemSettingsFiles.read);
  if (before === undefined) return { edits: [] };
  const backup = readSettings(backupOf(file.path), systemSettingsFiles.read);
  const all = await namesOfTutti(file, before, mainFile());
  const names = name === undefined ? all : all.filter((one) => one === name);
  const isBehind = names.length < all.length ? () => false : await behindTutti(program, file, { backup, config });
  const { after } = await withoutTutti(file, { before, backup, names, isBehind });
  return { edits: [{ path: file.path, format: file.format, before, after }] };
}

/** Which servers of a file as it was our own file has now, by their names or under others. All, where that cannot be read. */
async function behindTutti(
  program: Program,
  file: ProgramFile,
  { backup, config }: { readonly backup: string | undefined; readonly config: readonly string[] },
): Promise<Removal["isBehind"]> {
  const path = configToWrite(configSearch(config));
  const own = await readOwnFile(path, systemSettingsFiles.read).catch(() => undefined);
  if (own?.text === undefined) return () => true;
  const { found } = await gather([{ ...program, files: () => [file] }], surroundings(), () => backup);
  const equal = new Set(merge(found, own.servers).known.map((one) => one.name));
  return (name) => Object.hasOwn(own.servers, name) || equal.has(name);
}

/** A file that is as it was needs no copy. */
function removeBackup(edits: readonly Edit[]): void {
  for (const { path, after } of edits) {
    const backup = systemSettingsFiles.read(backupOf(path));
    if (backup !== undefined && backup === after) systemSettingsFiles.remove(backupOf(path), backup);
  }
}

function backupOf(path: string): string {
  return `${path}.before-tutti`;
}

/** With whole paths, because programs with a window do not see the PATH of a terminal. */
function launchOf(configs: readonly string[], isLazy: boolean, version: string): Launch {
  const main = mainFile();
  // What npx has fetched it also throws away.
  const isFetched = /[/\\]_npx[/\\]/.test(main);
  const npx = join(dirname(process.execPath), process.platform === "win32" ? "npx.cmd" : "npx");
  const [command, first] = isFetched ? [npx, ["-y", `tutti-mcp@${version}`]] : [process.execPath, [main]];
  const lazy = isLazy ? ["--lazy"] : [];
  const [config = "", ...others] = configs;
  // Some programs break an argument at its blanks.
  if (others.length === 0 && /\s/.test(config)) {
    return { command, args: [...first, ...lazy], env: { TUTTI_CONFIG: config } };
  }
  return { command, args: [...first, ...configs.flatMap((one) => ["--config", one]), ...lazy], env: {} };
}
