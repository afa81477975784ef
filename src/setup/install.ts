import { ConfigError } from "../config/config-error.ts";
import { type Change, changeDocument, parseDocument, valueAt } from "./document.ts";
import { entriesIn, isTutti } from "./gather.ts";
import type { Program, ProgramFile, Surroundings } from "./programs.ts";

/** How a program is to start tutti. */
export type Launch = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** What becomes of a program's file; undefined where it is not there before, or not to be there after. */
export type Outcome = { readonly before: string | undefined; readonly after: string | undefined };

/** Seconds that clients which give up after 60 are to wait for a call: tutti's own deadline is the one that says why. */
const callSeconds = 300;

/** The entry with which a program starts tutti, as it writes such entries, with the switches that let it make calls at once. */
export function entryFor({ id }: Program, { command, args, env }: Launch): Readonly<Record<string, unknown>> {
  const variables = Object.keys(env).length === 0 ? {} : { env };
  switch (id) {
    case "vscode":
    case "claude-code":
      return { type: "stdio", command, args, ...variables };
    case "zed":
      return { source: "custom", command, args, env };
    case "codex":
      return {
        command,
        args,
        startup_timeout_sec: 30,
        tool_timeout_sec: callSeconds,
        supports_parallel_tool_calls: true,
        ...variables,
      };
    case "opencode": {
      const environment = Object.keys(env).length === 0 ? {} : { environment: env };
      return { type: "local", command: [command, ...args], enabled: true, ...environment };
    }
    case "cline":
    case "roo":
      return { command, args, timeout: callSeconds, ...variables };
    case "goose":
      return { type: "stdio", name: "tutti", cmd: command, args, envs: env, enabled: true, timeout: callSeconds };
    case "copilot-cli":
      return { type: "local", command, args, tools: ["*"], ...variables };
    default:
      return { command, args, ...variables };
  }
}

/** The file into which tutti is put: the user's own, or the project's. Throws a ConfigError where there is none, or nobody can say which. */
export function fileFor(program: Program, at: Surroundings, isProject: boolean): ProgramFile {
  const files = program.files(at).filter(({ project }) => (project !== undefined) === isProject);
  const [first] = isProject ? files.slice(-1) : files;
  if (first === undefined) throw new ConfigError(`${program.title} has no file for a single project.`);
  if (first.isOneOfSeveral === true) {
    const paths = files.filter(({ path }) => at.files.isFile(path)).map(({ path }) => path);
    const cure = "Remove those of packages that are not used any more.";
    throw new ConfigError(
      `${program.title} has several files (${paths.join(", ")}), and nobody can say which one it reads. ${cure}`,
    );
  }
  return first;
}

/** The names under which a program starts tutti. */
export async function namesOfTutti(file: ProgramFile, text: string, main: string): Promise<readonly string[]> {
  return (await entriesIn(file, text)).filter(([, raw]) => startsTutti(raw, main)).map(([name]) => name);
}

/** The text with tutti in it, under `name`, and without the servers named in `without`. */
export async function withTutti(
  file: ProgramFile,
  before: string | undefined,
  { name, entry, without }: { name: string; entry: unknown; without: readonly string[] },
): Promise<string> {
  const text = before ?? "";
  const place = file.place(await parseDocument(file.path, file.format, text));
  const removed = without.map((one): Change => ({ place: [...place, one] }));
  return await changeDocument(file.path, file.format, text, [...removed, { place: [...place, name], value: entry }]);
}

/**
 * The text without the entries of tutti in `names`, and with the servers that `isBehind` says are behind it now. Where
 * nothing but what tutti did has changed since `backup` was taken, that is given back, to the byte; where tutti made the
 * file, it goes.
 */
export async function withoutTutti(
  file: ProgramFile,
  { before, backup, names, isBehind }: { before: string; backup: string | undefined } & Removal,
): Promise<Outcome> {
  const [name] = names;
  if (name === undefined) return { before, after: before };
  const document = await parseDocument(file.path, file.format, before);
  const place = file.place(document);
  const there = new Set((await entriesIn(file, before)).map(([one]) => one));
  const missing = backup === undefined ? [] : (await entriesIn(file, backup)).filter(([one]) => !there.has(one));
  const moved = missing.filter(([one]) => isBehind(one));
  const put = { name, entry: valueAt(document, [...place, name]), without: moved.map(([one]) => one) };
  const again = await withTutti(file, backup, put).catch(() => undefined);
  if (again === before) return { before, after: backup };
  const changes = [...names.map((one) => [one, undefined] as const), ...moved].map(
    ([one, value]): Change => ({ place: [...place, one], value }),
  );
  return { before, after: await changeDocument(file.path, file.format, before, changes) };
}

/** What is taken out. */
export type Removal = {
  readonly names: readonly string[];
  /** Whether a server that the file had before tutti came was moved behind it; others its owner has taken out. */
  readonly isBehind: (name: string) => boolean;
};

function startsTutti(raw: unknown, main: string): boolean {
  if (typeof raw !== "object" || raw === null) return false;
  const { command, cmd, args } = raw as { command?: unknown; cmd?: unknown; args?: unknown };
  return isTutti(
    [command, cmd, args].flat().filter((word) => typeof word === "string"),
    main,
  );
}
