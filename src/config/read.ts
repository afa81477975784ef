import { dirname } from "node:path";
import type { ServerConfig } from "./config.ts";
import { serverSchema } from "./entry-schema.ts";
import { linesOf, parseJsonc } from "./jsonc.ts";
import { ignoredServerKeys, ignoredTopKeys } from "./other-clients.ts";
import { type KnownKeys, type Path, type Problem, placeName, problemsOf } from "./problems.ts";
import { resolveServer } from "./resolve.ts";
import { settingsSchema } from "./schema.ts";
import { toolsSchema } from "./tools-schema.ts";
import type { Scope } from "./variables.ts";

/** What all files of a configuration give to together. */
export type Gathered = {
  readonly env: Scope["env"];
  readonly secrets: Set<string>;
  /** Message → the servers it concerns. */
  readonly notices: Map<string, string[]>;
};

/** What one file says. With problems, nothing of it is to be used. */
export type Part = {
  readonly servers: readonly ServerConfig[];
  /** Every name that the file gives, also where its entry is wrong. */
  readonly places: ReadonlyMap<string, Path>;
  readonly hasServerKey: boolean;
  /** Checked, defaults not filled in. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
};

/** A part in the making. */
type Draft = { readonly servers: ServerConfig[]; readonly places: Map<string, Path>; readonly problems: Problem[] };

/** What people may write who have nothing yet. */
export const example =
  '{ "mcpServers": { "memory": { "command": "npx", "args": ["-y", "@modelcontextprotocol/server-memory"] } } }';

/** Reads the text of one file. What it finds out on the way goes to `gathered`. */
export async function readPart(file: string, text: string, gathered: Gathered): Promise<Part> {
  const { value: root, problems: faults } = await parseJsonc(text);
  const problems: Problem[] = [...faults];
  const draft: Draft = { servers: [], places: new Map(), problems };
  if (!isObject(root)) {
    const isEmpty = text.trim() === "";
    if (isEmpty) problems.splice(0, 1, { path: [], line: 1, message: `the file is empty. Write ${example}.` });
    else if (problems.length === 0) problems.push({ path: [], message: `must be an object, such as ${example}.` });
  }
  if (!isObject(root) || problems.length > 0) return { ...draft, hasServerKey: false, settings: {} };

  const groups = Object.entries(root).filter(([key]) => serverKeys.includes(key));
  for (const [key, group] of groups) {
    if (isObject(group)) readServers([key, group], draft, { file, gathered });
    else problems.push({ path: [key], message: "must be an object: each server's name and its entry." });
  }
  return { ...draft, hasServerKey: groups.length > 0, settings: readSettings(root, problems, gathered) };
}

/** The problems of one file as lines for a person, in the order of the text. */
export async function describeProblems(file: string, text: string, problems: readonly Problem[]): Promise<string[]> {
  const unplaced = problems.filter(({ line }) => line === undefined).map(({ path }) => path);
  const lines = unplaced.length > 0 ? await linesOf(text, unplaced) : [];
  const lineOf = new Map(unplaced.map((path, i) => [path, lines[i]]));
  return problems
    .map(({ path, line, message }) => ({ line: line ?? lineOf.get(path) ?? 1, place: placeName(path), message }))
    .sort((a, b) => a.line - b.line)
    .map(({ line, place, message }) => `${file}:${line}: ${place && `${place}: `}${message}`);
}

const serverKeys = ["mcpServers", "servers"];

const keysOfServer: KnownKeys = new Map([
  ["", [...Object.keys(serverSchema.shape), ...ignoredServerKeys.keys()]],
  ["tools", Object.keys(toolsSchema.shape)],
]);

const keysOfSettings: KnownKeys = new Map([
  ["", [...serverKeys, ...Object.keys(settingsSchema.shape), ...ignoredTopKeys.keys()]],
  ...(["startup", "callTools", "results", "http", "limits", "log"] as const).map(
    (group) => [group, Object.keys(settingsSchema.shape[group].unwrap().shape)] as const,
  ),
]);

function readServers(
  [base, group]: readonly [key: string, group: Readonly<Record<string, unknown>>],
  draft: Draft,
  { file, gathered }: { file: string; gathered: Gathered },
): void {
  const { env, secrets, notices } = gathered;
  for (const [name, written] of Object.entries(group)) {
    const place = [base, name];
    const problem = (field: Path, message: string) => void draft.problems.push({ path: [...place, ...field], message });
    const notice = (message: string) => void notices.set(message, [...(notices.get(message) ?? []), name]);
    const earlier = draft.places.get(name);
    if (earlier) problem([], `is also in "${earlier[0]}". Rename or remove one.`);
    draft.places.set(name, place);
    if (!isServerName(name)) problem([], badName);
    const entry = withoutIgnored(written, ignoredServerKeys, notice);
    const checked = serverSchema.safeParse(entry);
    if (checked.success) {
      const scope = { env, folder: dirname(file) };
      const server = resolveServer(name, checked.data, { scope, findings: { problem, notice, secrets } });
      if (server) draft.servers.push(server);
    } else {
      draft.problems.push(...problemsOf(checked.error.issues, { value: entry, base: place, known: keysOfServer }));
    }
  }
}

/** What is wrong with the name and the entry of a server as they are written, a line each; variables that are not set are not. */
export function faultsOfServer(name: string, written: unknown): readonly string[] {
  const base = ["mcpServers", name];
  const entry = withoutIgnored(written, ignoredServerKeys, () => {});
  const { error } = serverSchema.safeParse(entry);
  const named = isServerName(name) && name !== "__proto__" ? [] : [{ path: base, message: badName }];
  const problems = [...named, ...problemsOf(error?.issues ?? [], { value: entry, base, known: keysOfServer })];
  return problems.map(({ path, message }) => `${placeName(path)}: ${message}`);
}

const badName = "a name has 1 to 128 characters and no control characters. Rename it.";

function readSettings(
  root: Readonly<Record<string, unknown>>,
  problems: Problem[],
  { notices }: Gathered,
): Readonly<Record<string, unknown>> {
  const notice = (message: string) => void notices.set(message, []);
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(withoutIgnored(root, ignoredTopKeys, notice) as object)) {
    if (serverKeys.includes(key)) continue;
    const isServer = isObject(value) && ("command" in value || "url" in value);
    if (isServer) problems.push({ path: [key], message: 'looks like a server. Put it inside of "mcpServers".' });
    else settings[key] = value;
  }
  const { error } = settingsSchema.safeParse(settings);
  if (error) problems.push(...problemsOf(error.issues, { value: settings, base: [], known: keysOfSettings }));
  return settings;
}

/** The object without the keys that do nothing here; each is noticed with its reason. Anything else comes back as it is. */
function withoutIgnored(
  value: unknown,
  ignored: ReadonlyMap<string, string>,
  notice: (message: string) => void,
): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => {
      const reason = ignored.get(key);
      if (reason !== undefined) notice(`\`${key}\` is ignored: ${reason}`);
      return reason === undefined;
    }),
  );
}

function isServerName(name: string): boolean {
  return /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,128}$/u.test(name);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
