import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { ConfigError } from "../config/config-error.ts";
import { configToWrite } from "../config/find-config.ts";
import { nearest } from "../config/nearest.ts";
import { createRedactor } from "../observe/redact.ts";
import { systemFiles } from "../ports/files.ts";
import { systemSettingsFiles } from "../ports/settings-files.ts";
import { harmless } from "../process/harmless.ts";
import type { Entry } from "../setup/dialect.ts";
import { type Gathered, gather, type Merged, merge } from "../setup/gather.ts";
import { changeOwnFile, readOwnFile } from "../setup/own-file.ts";
import { type Program, programs, type Surroundings } from "../setup/programs.ts";
import { secretsIn, withRedacted } from "../setup/secrets.ts";
import type { Invocation } from "./commands.ts";
import { configSearch } from "./config-search.ts";
import { exitCode } from "./exit-codes.ts";
import { failed } from "./failed.ts";
import { paint } from "./paint.ts";
import { confirm, type Edit, shownEdit, writeEdits } from "./write-settings.ts";

/** Takes the servers that other programs have into our own configuration file; asks before it writes. */
export async function run({ options, positionals }: Invocation): Promise<number> {
  const chosen = positionals.length === 0 ? programs : positionals.map(programOf);
  const path = configToWrite(configSearch(options.config));
  const file = await readOwnFile(path, systemSettingsFiles.read);
  const gathered = await gather(chosen, surroundings(), systemSettingsFiles.read);
  const { added, known } = merge(gathered.found, file.servers);
  const after =
    added.length === 0
      ? file.text
      : await changeOwnFile(
          file,
          added.map(({ name, entry }) => [name, entry]),
        );
  const redact = createRedactor(secretsIn(added.map(({ entry }) => entry)));
  const shown = (text: string): string => harmless(redact(text));
  const say = (line: string): void => void process.stdout.write(`${line}\n`);

  if (options.json) process.stdout.write(`${JSON.stringify(report(path, gathered, added, known), undefined, 2)}\n`);
  else for (const line of describe(gathered, added, { known: known.length, shown })) say(line);
  if (!options.json) for (const problem of gathered.problems) process.stderr.write(`tutti: ${harmless(problem)}\n`);
  const nothingRead = gathered.files.length === 0 && gathered.problems.length > 0;
  if (nothingRead) {
    const message = shown(gathered.problems.join("; "));
    return options.json ? failed(exitCode.unusable, { code: "unusable", message }, options) : exitCode.unusable;
  }
  if (added.length === 0) return exitCode.ok;
  const edit: Edit = { path, format: "jsonc", before: file.text, after };
  if (options["dry-run"]) {
    if (!options.json) for (const line of await shownEdit(edit)) process.stdout.write(`${line}\n`);
    return exitCode.ok;
  }
  const servers = added.length === 1 ? "1 server" : `${added.length} servers`;
  const answer = options.yes || (await confirm(`Write ${servers} to ${path}?`));
  if (answer === undefined) {
    throw new ConfigError(`nothing is written, because nobody can be asked here. Say --yes, or look with --dry-run.`);
  }
  if (!answer) return failed(exitCode.unusable, { code: "declined", message: "nothing is written." }, options);
  writeEdits([edit], (one) => `${one}.bak`);
  if (!options.json)
    say(shown(`${servers} written to ${path}${file.text === undefined ? "" : `; what it was is in ${path}.bak`}`));
  return exitCode.ok;
}

/** Where this machine's programs have their files. */
export function surroundings(): Surroundings {
  const { env, cwd } = configSearch([]);
  return { env, home: homedir(), cwd, platform: process.platform, files: systemFiles, main: mainFile() };
}

/** Our own main file. */
export function mainFile(): string {
  return fileURLToPath(new URL("../main.js", import.meta.url));
}

/** The program that a person means. Throws a ConfigError with the names that there are. */
export function programOf(word: string): Program {
  const program = programs.find(({ id }) => id === word.toLowerCase());
  if (program !== undefined) return program;
  const ids = programs.map(({ id }) => id);
  const [close] = nearest(word, ids, 1);
  const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
  throw new ConfigError(`there is no program "${word}" that tutti knows.${hint} It knows ${ids.join(", ")}.`);
}

/** In lines for a terminal. `shown`: makes a text harmless there. */
function describe(
  { files, found, skipped, problems }: Gathered,
  added: readonly Merged[],
  { known, shown }: { readonly known: number; readonly shown: (text: string) => string },
): readonly string[] {
  const { dim, green, yellow } = paint(process.stdout);
  if (files.length === 0 && problems.length > 0) return [];
  if (files.length === 0) return ["No program on this machine has a file with MCP servers where tutti looks for one."];
  const lines = files.map(({ program, path, servers }) =>
    dim(shown(`${program.title}: ${servers === 1 ? "1 server" : `${servers} servers`} (${path})`)),
  );
  const width = Math.min(Math.max(...added.map(({ name }) => name.length), 0), 30);
  const rows = added.flatMap((one) => {
    const from = [...new Set(one.from.map(({ program }) => program.title))].join(", ");
    const renamed = one.originally === undefined ? "" : `, there "${one.originally}"`;
    const off = one.entry.disabled === true ? " (off)" : "";
    const head = `${one.name.padEnd(width)}  ${commandOf(one.entry)}  — ${from}${renamed}${off}`;
    return [`${green("+")} ${shown(head)}`, ...one.notes.map((note) => `    ${yellow("!")} ${shown(note)}`)];
  });
  const equal = found.length - known - added.length;
  const sum = [
    known > 0 ? `${known} of them are there already` : "",
    equal > 0 ? `${equal} are the same as others` : "",
    ...(added.length === 0 ? ["nothing is to be added"] : []),
  ].filter((text) => text !== "");
  const last = sum.length === 0 ? [] : [`${sum.join("; ")}.`];
  return [...lines, ...rows, ...skipped.map((text) => shown(`– ${text}`)), ...last];
}

function commandOf({ command, args = [], url }: Entry): string {
  const text = url ?? [command, ...args].join(" ");
  return text.length > 70 ? `${text.slice(0, 69)}…` : text;
}

function report(path: string, gathered: Gathered, added: readonly Merged[], known: Gathered["found"]): unknown {
  const from = ({ program, path: file }: Merged["from"][number]) => ({ client: program.id, file });
  return {
    file: path,
    added: added.map(({ name, entry, notes, originally, from: places }) => {
      const shown = withRedacted(entry, createRedactor(secretsIn(entry)));
      return { name, entry: shown, notes, originally, from: places.map(from) };
    }),
    known: known.map(({ name, from: place }) => ({ name, from: [from(place)] })),
    skipped: gathered.skipped,
    problems: gathered.problems,
  };
}
