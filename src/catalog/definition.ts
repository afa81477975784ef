import type { ToolRules } from "../config/config.ts";
import { type Edit, encodeString, spliced, toBytes } from "../wire/message.ts";
import { type Member, membersOf } from "../wire/walk.ts";
import { matches } from "./glob.ts";
import { fitsEveryClient, outputSchemaEdits } from "./output-schema.ts";
import { shapes } from "./shapes.ts";

/** What servers list, each kind by a method of its own. `templates` are resource templates. */
export type Kind = "tools" | "prompts" | "resources" | "templates";

/** One thing as its server defines it. */
export type Definition = {
  /** By what it is asked for: the original name of a tool or prompt, the URI of a resource, a template's `uriTemplate`. */
  readonly key: string;
  /** The whole definition, as it came. */
  readonly bytes: Buffer;
};

/** A server's list of one kind, and how long it may be kept by whom. */
export type OfferedList = {
  readonly definitions: readonly Definition[];
  /** 0 where the server says nothing of it: the list may be another at once. */
  readonly ttlMs: number;
  /** Whether it is the same for everybody. */
  readonly isPublic: boolean;
};

/** All that one server offers. */
export type Offer = Readonly<Record<Kind, OfferedList>>;

const unknown: OfferedList = { definitions: [], ttlMs: 0, isPublic: false };

/** The offer of a server of which nothing is known yet. */
export const emptyOffer: Offer = { tools: unknown, prompts: unknown, resources: unknown, templates: unknown };

/** The list of a kind that a server does not have at all: it never keeps the lists of other servers from being kept. */
export const neverOffered: OfferedList = { definitions: [], ttlMs: Number.POSITIVE_INFINITY, isPublic: true };

/** How each kind is listed: by which method, in which member of the result, and which member of a definition is its key. */
export const kinds = {
  tools: { method: "tools/list", member: "tools", key: "name", one: "tool", many: "tools" },
  prompts: { method: "prompts/list", member: "prompts", key: "name", one: "prompt", many: "prompts" },
  resources: { method: "resources/list", member: "resources", key: "uri", one: "resource", many: "resources" },
  templates: {
    method: "resources/templates/list",
    member: "resourceTemplates",
    key: "uriTemplate",
    one: "resource template",
    many: "resource templates",
  },
} as const satisfies Record<Kind, Readonly<Record<"method" | "member" | "key" | "one" | "many", string>>>;

/** Of a server's own names in a message; the rest of them is cut. */
const longestShown = 80;

/** So many of a kind: "1 tool", "2 tools". */
export function counted(kind: Kind, count: number): string {
  return `${count} ${count === 1 ? kinds[kind].one : kinds[kind].many}`;
}

/** Reads one element of a list; a string says why no client could use it: what follows its name in a sentence. */
export function readDefinition(kind: Kind, bytes: Buffer): Definition | string {
  const value: unknown = JSON.parse(bytes.toString());
  const parsed = shapes[kind].safeParse(value);
  // Each shape wants a text under its key.
  if (parsed.success) return { key: (parsed.data as Record<string, unknown>)[kinds[kind].key] as string, bytes };
  const issue = parsed.error.issues[0];
  const path = issue?.path.map((name) => String(name).slice(0, longestShown)).join(".");
  const hasNone = path === "inputSchema" && (value as Record<string, unknown>)[path] === undefined;
  if (hasNone) return "is left out: it has no inputSchema";
  return `is not usable: ${path || "the definition"}: ${issue?.message ?? "not usable"}`;
}

/** A name, URI or template of a server's own in a sentence: in quotes, on one line, not too long. */
export function shown(key: string): string {
  return JSON.stringify(key.length > longestShown ? `${key.slice(0, longestShown)}…` : key);
}

/** The definition with another key, every other byte as it came. */
export function withKey(kind: Kind, bytes: Buffer, key: string): Buffer {
  return splice(bytes, keyEdits(kind, [...membersOf(bytes, 0)], key));
}

/** A tool's definition as clients get it. */
export type ExposedTool = {
  readonly bytes: Buffer;
  /** For clients that take objects alone as structured results; the same buffer where nothing differs. */
  readonly olderBytes: Buffer;
  /** Whether its output schema is one of `{"result": …}` in the latter. */
  readonly isWrapped: boolean;
};

/**
 * The tool as clients get it: another name, the configured annotations merged over its own, an output schema that they
 * take, every other byte as it came.
 */
export function exposeTool({ key, bytes }: Definition, exposed: string, rules: ToolRules["annotations"]): ExposedTool {
  const members = [...membersOf(bytes, 0)];
  const edits = keyEdits("tools", members, exposed);
  const hints = Object.assign({}, ...rules.filter(([glob]) => matches(glob, key)).map(([, hint]) => hint));
  if (Object.keys(hints).length > 0) edits.push(...annotate(bytes, members, hints));
  const output = members.findLast(({ name }) => name === "outputSchema");
  const isWrapped = output !== undefined && !fitsEveryClient(bytes, output);
  const { newer: own, older } = isWrapped ? outputSchemaEdits(bytes, output) : { newer: [], older: [] };
  const newer = [...own, ...taskEdits(bytes, members)];
  const olderBytes = splice(bytes, [...edits, ...older]);
  const hasDifference = newer.length + older.length > 0;
  return { bytes: hasDifference ? splice(bytes, [...edits, ...newer]) : olderBytes, olderBytes, isWrapped };
}

/** Newer clients do not ask for tasks in the way of older servers: that one may is not shown to them. */
function taskEdits(bytes: Buffer, members: readonly Member[]): Edit[] {
  const execution = members.findLast(({ name }) => name === "execution");
  if (execution === undefined || bytes[execution.start] !== 0x7b) return [];
  return [...membersOf(bytes, execution.start)]
    .filter(({ name, start, end }) => name === "taskSupport" && bytes.toString("latin1", start, end) === '"optional"')
    .map(({ start, end }) => ({ start, end, bytes: '"forbidden"' }));
}

function keyEdits(kind: Kind, members: readonly Member[], key: string): Edit[] {
  const bytes = encodeString(key);
  return members.filter(({ name }) => name === kinds[kind].key).map(({ start, end }) => ({ start, end, bytes }));
}

function annotate(bytes: Buffer, members: readonly Member[], hints: Record<string, unknown>): Edit[] {
  const own = members.findLast(({ name }) => name === "annotations");
  if (own === undefined) return [{ start: 1, end: 1, bytes: `"annotations":${encode(hints)},` }];
  const present = [...membersOf(bytes, own.start)];
  const edits = present
    .filter(({ name }) => Object.hasOwn(hints, name))
    .map(({ name, start, end }) => ({ start, end, bytes: encode(hints[name]) }));
  const added = Object.keys(hints).filter((hint) => present.every(({ name }) => name !== hint));
  const comma = present.length > 0 ? "," : "";
  const text = added.map((hint) => `${encodeString(hint)}:${encode(hints[hint])}`).join(",");
  if (added.length > 0) edits.push({ start: own.start + 1, end: own.start + 1, bytes: text + comma });
  return edits;
}

function encode(value: unknown): string {
  return toBytes(JSON.stringify(value));
}

function splice(bytes: Buffer, edits: readonly Edit[]): Buffer {
  return Buffer.from(spliced(bytes, edits), "latin1");
}
