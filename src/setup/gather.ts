import { isDeepStrictEqual } from "node:util";
import { type Entry, readEntry } from "./dialect.ts";
import { parseDocument, valueAt } from "./document.ts";
import type { Program, ProgramFile, Surroundings } from "./programs.ts";

/** A server that is configured in some program. */
export type Found = {
  readonly name: string;
  readonly entry: Entry;
  /** What a person should know of it, a sentence each. */
  readonly notes: readonly string[];
  readonly from: { readonly program: Program; readonly path: string };
};

/** All that was found, and what could not be taken. */
export type Gathered = {
  readonly found: readonly Found[];
  /** Files that cannot be read, a line each with what is wrong and where. */
  readonly problems: readonly string[];
  /** Entries that are no servers for tutti, a line each. */
  readonly skipped: readonly string[];
  /** The files that were there. */
  readonly files: readonly { readonly program: Program; readonly path: string; readonly servers: number }[];
};

type Read = (path: string) => string | undefined;

/** Reads the files of programs, as far as they are there. One that is broken costs nothing but itself; never rejects. */
export async function gather(programs: readonly Program[], at: Surroundings, read: Read): Promise<Gathered> {
  const found: Found[] = [];
  const problems: string[] = [];
  const skipped: string[] = [];
  const files: { program: Program; path: string; servers: number }[] = [];
  for (const program of programs) {
    const seen = new Set<string>();
    for (const file of program.files(at)) {
      try {
        const text = read(file.path);
        // A project may be the home folder itself.
        const key = `${file.path} ${file.place({}).join(" ")}`;
        if (text === undefined || seen.has(key)) continue;
        seen.add(key);
        const entries = await entriesIn(file, text);
        const taken = entries.flatMap(([name, raw]) => take(name, raw, { program, file, main: at.main }, skipped));
        found.push(...taken);
        files.push({ program, path: file.path, servers: taken.length });
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const problem = reason.startsWith(file.path) ? reason : `${file.path}: cannot be read (${reason})`;
        if (!problems.includes(problem)) problems.push(problem);
      }
    }
  }
  return { found, problems, skipped, files };
}

/** Whether words of a command line start tutti itself: the one whose main file is `main`, or another. What only names a folder so does not. */
export function isTutti([command = "", ...args]: readonly string[], main: string): boolean {
  const program = command.replace(/^.*[/\\]/, "").replace(/\.(?:exe|cmd)$/i, "");
  if (/^tutti(?:-mcp)?$/.test(program)) return true;
  const isImage = ["docker", "podman"].includes(program);
  const other = /^tutti-mcp(?:@[^/]*)?$|(?:^|[/\\])tutti(?:-mcp)?[/\\]dist[/\\]main\.js$|[/\\]bin[/\\]tutti$/;
  return [command, ...args].some((word) => word === main || other.test(word) || (isImage && word === "tutti"));
}

/** The servers in the text of a program's file, as they are written. Throws a ConfigError where it does not parse. */
export async function entriesIn(
  file: Pick<ProgramFile, "path" | "format" | "place">,
  text: string,
): Promise<readonly (readonly [name: string, raw: unknown])[]> {
  const document = await parseDocument(file.path, file.format, text);
  const servers = valueAt(document, file.place(document));
  if (Array.isArray(servers)) {
    return servers.map(
      (raw: unknown, index) => [String(valueAt(raw, ["name"]) ?? `server-${index + 1}`), raw] as const,
    );
  }
  return typeof servers === "object" && servers !== null ? Object.entries(servers) : [];
}

function take(
  name: string,
  raw: unknown,
  { program, file, main }: { program: Program; file: ProgramFile; main: string },
  skipped: string[],
): Found[] {
  const read = readEntry(raw, program.dialect, file.project);
  if ("skipped" in read) {
    skipped.push(`${file.path}: "${name}" ${read.skipped}`);
    return [];
  }
  const { command = "", args = [] } = read.entry;
  if (isTutti([command, ...args], main)) return [];
  return [{ name, ...read, from: { program, path: file.path } }];
}

/** A server that is to be added, under a name that nobody else has. */
export type Merged = Pick<Found, "name" | "entry" | "notes"> & {
  readonly from: readonly Found["from"][];
  /** The name it has where it comes from, where that is another. */
  readonly originally?: string;
};

/**
 * Brings what was found together: equal servers once, different ones of one name under names that say where they come
 * from. `existing`: the entries that are there already, as they are written; what is equal to one of them is left out.
 */
export function merge(
  found: readonly Found[],
  existing: Readonly<Record<string, unknown>>,
): { readonly added: readonly Merged[]; readonly known: readonly Found[] } {
  const own = Object.entries(existing).flatMap(([name, raw]) => {
    const read = readEntry(raw, { variables: "braces", timeout: "ms", urlType: "http" }, undefined);
    return "entry" in read ? [{ name, entry: read.entry }] : [];
  });
  const added: Merged[] = [];
  const known: Found[] = [];
  for (const one of found) {
    if (own.some(({ entry }) => isSame(entry, one.entry))) {
      known.push(one);
      continue;
    }
    const equal = added.findIndex(({ entry }) => isSame(entry, one.entry));
    if (equal !== -1) {
      const first = added[equal] as Merged;
      // Somebody uses it: it is on.
      const { disabled: _, ...on } = first.entry;
      const entry = one.entry.disabled === true ? first.entry : on;
      added[equal] = { ...first, entry, from: [...first.from, one.from] };
      continue;
    }
    const taken = new Set([...Object.keys(existing), ...added.map(({ name }) => name)]);
    const name = freeName(one, taken);
    added.push({ ...one, name, from: [one.from], ...(name === one.name ? {} : { originally: one.name }) });
  }
  return { added, known };
}

function freeName({ name, from }: Found, taken: ReadonlySet<string>): string {
  const candidates = [name, `${name}-${from.program.id}`];
  for (let number = 2; ; number++) {
    const free = candidates.find((one) => !taken.has(one));
    if (free !== undefined) return free;
    candidates.push(`${name}-${from.program.id}-${number}`);
  }
}

/** Whether two entries start, or reach, the same server. A folder that only one of them names makes no difference. */
function isSame(one: Entry, other: Entry): boolean {
  const start = ({ command, args = [], env = {}, url, headers = {} }: Entry): unknown => [
    command,
    args,
    env,
    url?.replace(/\/$/, ""),
    headers,
  ];
  const isOneFolder = one.cwd === undefined || other.cwd === undefined || one.cwd === other.cwd;
  return isOneFolder && isDeepStrictEqual(start(one), start(other));
}
