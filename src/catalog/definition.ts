import * as z from "zod";
import type { ToolRules } from "../config/config.ts";
import type { Edit } from "../wire/message.ts";
import { encodeString, toBytes } from "../wire/message.ts";
import { type Member, membersOf } from "../wire/walk.ts";
import { matches } from "./glob.ts";

/** A tool as its server defines it. */
export type Definition = {
  /** The original name. */
  readonly name: string;
  /** The whole definition, as it came. */
  readonly bytes: Buffer;
};

/** Of a server's own names in a message; the rest of them is cut. */
const longestShown = 80;

const schema = z.looseObject({
  type: z.literal("object"),
  properties: z.record(z.string(), z.looseObject({})).optional(),
  required: z.array(z.string()).optional(),
});

// What the clients built on the official SDK insist on: they refuse a whole list over one definition that differs
// (https://modelcontextprotocol.io/specification/2025-11-25/schema#tool).
const shape = z.looseObject({
  name: z.string().min(1),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: schema,
  outputSchema: schema.optional(),
  annotations: z
    .looseObject({
      title: z.string().optional(),
      readOnlyHint: z.boolean().optional(),
      destructiveHint: z.boolean().optional(),
      idempotentHint: z.boolean().optional(),
      openWorldHint: z.boolean().optional(),
    })
    .optional(),
  icons: z
    .array(
      z.looseObject({
        src: z.string(),
        mimeType: z.string().optional(),
        sizes: z.array(z.string()).optional(),
        theme: z.enum(["light", "dark"]).optional(),
      }),
    )
    .optional(),
  execution: z.looseObject({ taskSupport: z.enum(["required", "optional", "forbidden"]).optional() }).optional(),
  _meta: z.looseObject({}).optional(),
});

/** Reads one element of a `tools/list` result; a string says why no client could use it. */
export function readDefinition(bytes: Buffer): Definition | string {
  const parsed = shape.safeParse(JSON.parse(bytes.toString()));
  if (parsed.success) return { name: parsed.data.name, bytes };
  const issue = parsed.error.issues[0];
  const path = issue?.path.map((name) => String(name).slice(0, longestShown)).join(".");
  return `${path || "the definition"}: ${issue?.message ?? "not usable"}`;
}

/** The definition as clients get it: another name, the configured annotations merged over its own, every other byte as it came. */
export function exposeDefinition(definition: Definition, exposed: string, rules: ToolRules["annotations"]): Buffer {
  const { bytes } = definition;
  const members = [...membersOf(bytes, 0)];
  const edits: Edit[] = members
    .filter(({ name }) => name === "name")
    .map(({ start, end }) => ({ start, end, bytes: encodeString(exposed) }));
  const hints = Object.assign({}, ...rules.filter(([glob]) => matches(glob, definition.name)).map(([, hint]) => hint));
  if (Object.keys(hints).length > 0) edits.push(...annotate(bytes, members, hints));
  return Buffer.from(splice(bytes, edits), "latin1");
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

function splice(bytes: Buffer, edits: readonly Edit[]): string {
  let out = "";
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    out += bytes.toString("latin1", at, edit.start) + edit.bytes;
    at = edit.end;
  }
  return out + bytes.toString("latin1", at);
}
