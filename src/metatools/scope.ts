import type { Catalog, ExposedItem } from "../catalog/catalog.ts";
import { membersOf } from "../wire/walk.ts";

/** Which tools can be called from `call_tools`. */
export type Scope = "read-only" | "non-destructive" | "all";

/** What a tool's annotations say of it, the operator's over the server's own; undefined where they say nothing. */
export type Hints = {
  readonly readOnlyHint: boolean | undefined;
  readonly destructiveHint: boolean | undefined;
  readonly idempotentHint: boolean | undefined;
  readonly openWorldHint: boolean | undefined;
};

/** All four hints of a tool that can do what several can. */
export type Annotations = Readonly<Record<keyof Hints, boolean>>;

/** What of a tool's definition decides about its calls. */
export type Traits = {
  readonly hints: Hints;
  readonly inputSchema: Buffer | undefined;
  /** Marked as writing: others of its server wait for it, and it for them. */
  readonly isWriting: boolean;
};

const unmarked: Hints = {
  readOnlyHint: undefined,
  destructiveHint: undefined,
  idempotentHint: undefined,
  openWorldHint: undefined,
};

/** Reads tools' definitions once each, for as long as they are in use. */
export class TraitsReader {
  readonly #read = new WeakMap<ExposedItem, Traits>();

  of(tool: ExposedItem): Traits {
    let traits = this.#read.get(tool);
    if (traits === undefined) {
      traits = readTraits(tool.bytes);
      this.#read.set(tool, traits);
    }
    return traits;
  }
}

/** Why `tool` cannot be called from `call_tools`, and how to call it; undefined where it can. */
export function refusal(scope: Scope, tool: string, { readOnlyHint, destructiveHint }: Hints): string | undefined {
  if (scope === "read-only" && readOnlyHint !== true) {
    return `${JSON.stringify(tool)} is not marked read-only; call it on its own`;
  }
  if (scope === "non-destructive" && destructiveHint === true) {
    return `${JSON.stringify(tool)} is marked destructive; call it on its own`;
  }
  return undefined;
}

/**
 * The annotations of a tool that can do whatever those of the catalog in `scope` can: a hint that is absent counts with
 * its default. https://modelcontextprotocol.io/specification/2025-11-25/schema#toolannotations
 */
export function unionOf(catalog: Catalog, scope: Scope, traits: TraitsReader): Annotations {
  const all = catalog.tools
    .map((tool) => traits.of(tool).hints)
    .filter((hints) => refusal(scope, "", hints) === undefined);
  // While nothing is known that it reaches, nothing better is promised than of what it may reach.
  if (all.length === 0) all.push({ ...unmarked, readOnlyHint: scope === "read-only" });
  return {
    readOnlyHint: all.every(({ readOnlyHint }) => readOnlyHint === true),
    destructiveHint: all.some(({ readOnlyHint, destructiveHint }) => destructiveHint ?? readOnlyHint !== true),
    idempotentHint: all.every(({ idempotentHint }) => idempotentHint === true),
    openWorldHint: all.some(({ openWorldHint }) => openWorldHint !== false),
  };
}

function readTraits(definition: Buffer): Traits {
  let hints = unmarked;
  let inputSchema: Buffer | undefined;
  for (const { name, start, end } of membersOf(definition, 0)) {
    if (name === "annotations")
      hints = definition[start] === 0x7b ? readHints(definition.subarray(start, end)) : unmarked;
    else if (name === "inputSchema") inputSchema = definition.subarray(start, end);
  }
  return { hints, inputSchema, isWriting: hints.readOnlyHint === false || hints.destructiveHint === true };
}

function readHints(annotations: Buffer): Hints {
  const hints: Record<keyof Hints, boolean | undefined> = { ...unmarked };
  for (const { name, start, end } of membersOf(annotations, 0)) {
    if (!Object.hasOwn(hints, name)) continue;
    const value = annotations.toString("latin1", start, end);
    hints[name as keyof Hints] = value === "true" ? true : value === "false" ? false : undefined;
  }
  return hints;
}
