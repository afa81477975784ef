import type { ExposedItem } from "../../catalog/catalog.ts";
import { matches } from "../../catalog/glob.ts";
import { listed } from "./finding.ts";

/** What begins the names of tools that, by what they are called, only read. */
const reading =
  /^(get|list|search|read|find|describe|show|query|fetch|count|view|lookup|browse|inspect|stat)(?=[_A-Z.-])([_.-]?)/;

/** The tools of one server that do not say what they change, for whoever can say it for them. */
export type Unmarked = {
  readonly names: readonly string[];
  /** One line: what this costs. */
  readonly text: string;
  /** Lines of a server's entry that say it of those which seem to read only; of one for example where none does. */
  readonly entry: string;
};

/** Undefined where each of these tools of one server says it. */
export function unmarkedOf(tools: readonly ExposedItem[]): Unmarked | undefined {
  const names = tools.filter(({ bytes }) => !isMarked(bytes)).map(({ original }) => original);
  if (names.length === 0) return undefined;
  const [are, do_] = names.length === 1 ? ["tool does", "it"] : ["tools do", "them"];
  const text = `${names.length} ${are} not say what they change (${listed(names)}): Claude Code and Codex run ${do_} one at a time, and codex exec refuses ${do_} unless destructiveHint is false`;
  return { names, text, entry: entryFor(names, tools) };
}

function entryFor(names: readonly string[], tools: readonly ExposedItem[]): string {
  const others = tools.map(({ original }) => original).filter((name) => !reading.test(name));
  const readers = names.filter((name) => reading.test(name));
  const patterns = new Set<string>();
  for (const name of readers) {
    const pattern = `${reading.exec(name)?.[0] ?? name}*`;
    const isAlone = readers.filter((other) => matches(pattern, other)).length === 1;
    patterns.add(isAlone || others.some((other) => matches(pattern, other)) ? name : pattern);
  }
  const marked = patterns.size > 0 ? [...patterns] : names.slice(0, 1);
  const hints = Object.fromEntries(marked.map((pattern) => [pattern, { readOnlyHint: true }]));
  return `"tools": { "annotations": ${JSON.stringify(hints)} }`;
}

function isMarked(definition: Buffer): boolean {
  const { annotations } = JSON.parse(definition.toString()) as { annotations?: { readOnlyHint?: unknown } | null };
  return typeof annotations?.readOnlyHint === "boolean";
}
