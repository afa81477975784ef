import type { Edit } from "../wire/message.ts";
import { type Element, membersOf } from "../wire/walk.ts";
import { objectSchema } from "./shapes.ts";

/**
 * Output schemas for clients of either kind: those that take any schema, and the older ones that refuse a whole list
 * over one that is not a schema of objects.
 */

/** Where the schema of a result stands in the schema of `{"result": …}`. */
const pointerToResult = "/properties/result";

/** Members of a schema whose values are no schemas, whatever they look like. */
const dataNames: ReadonlySet<string> = new Set(["const", "enum", "default", "examples"]);

/** Members of a schema whose values are objects with a schema under each name. */
const mapNames: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
  "dependencies",
]);

/** Whether the output schema that stands there is one that older clients take too. */
export function fitsEveryClient(text: Buffer, { start, end }: Element): boolean {
  return objectSchema.safeParse(JSON.parse(text.toString("utf8", start, end))).success;
}

/**
 * What makes of the output schema that stands there one that newer clients take (any but `true` and `false`, which
 * become objects that say the same), and one of `{"result": …}` for older ones.
 */
export function outputSchemaEdits(
  text: Buffer,
  { start, end }: Element,
): { readonly newer: readonly Edit[]; readonly older: readonly Edit[] } {
  const tail = '},"required":["result"]}';
  if (text[start] !== 0x7b) {
    const bytes = text[start] === 0x74 ? "{}" : '{"not":{}}';
    return { newer: [{ start, end, bytes }], older: [{ start, end, bytes: headOf("") + bytes + tail }] };
  }
  const dialect = [...membersOf(text, start)].findLast(({ name }) => name === "$schema");
  const said = dialect === undefined ? "" : `"$schema":${text.toString("latin1", dialect.start, dialect.end)},`;
  return {
    newer: [],
    older: [
      { start, end: start, bytes: headOf(said) },
      ...referenceEdits(text, start, end),
      { start: end, end, bytes: tail },
    ],
  };
}

function headOf(members: string): string {
  return `{${members}"type":"object","properties":{"result":`;
}

/** What an object or array in a schema is: schemas, an object of them by name, or data. */
type Place = "schema" | "map" | "data";

type Open = {
  readonly isObject: boolean;
  readonly place: Place;
  /** How many edits there were before it. */
  readonly editsBefore: number;
  /** References in it are to itself, not to the whole schema. */
  hasOwnBase: boolean;
};

/**
 * Makes the references from the schema to places in itself right for where it stands now, as the official SDK does. One
 * pass, however deep it is.
 */
function referenceEdits(text: Buffer, start: number, end: number): Edit[] {
  const edits: Edit[] = [];
  const open: Open[] = [];
  let isName = false;
  let name = "";
  for (let at = start; at < end; at++) {
    const byte = text[at];
    if (byte === 0x7b || byte === 0x5b) {
      isName = byte === 0x7b;
      open.push({
        isObject: isName,
        place: placeIn(open.at(-1), name, isName),
        editsBefore: edits.length,
        hasOwnBase: false,
      });
    } else if (byte === 0x7d || byte === 0x5d) {
      const closed = open.pop();
      if (closed?.hasOwnBase) edits.length = closed.editsBefore;
      isName = false;
    } else if (byte === 0x2c) isName = open.at(-1)?.isObject === true;
    else if (byte === 0x22) {
      const first = at + 1;
      at = quoteAfter(text, first);
      const inside = open.at(-1);
      if (isName) name = JSON.parse(text.toString("utf8", first - 1, at + 1)) as string;
      else if (inside?.isObject && inside.place === "schema") {
        if (name === "$id" && text[first] !== 0x23) inside.hasOwnBase = true;
        if ((name === "$ref" || name === "$dynamicRef") && isOwnPointer(text, first)) {
          edits.push({ start: first + 1, end: first + 1, bytes: pointerToResult });
        }
      }
      isName = false;
    }
  }
  return edits;
}

function placeIn(outer: Open | undefined, name: string, isObject: boolean): Place {
  if (outer === undefined || outer.place === "map") return "schema";
  if (outer.place === "data" || !outer.isObject) return outer.place;
  if (dataNames.has(name)) return "data";
  return isObject && mapNames.has(name) ? "map" : "schema";
}

/** Whether the string from there on is `#` or begins with `#/`; the slash may be escaped. */
function isOwnPointer(text: Buffer, at: number): boolean {
  if (text[at] !== 0x23) return false;
  const next = text[at + 1];
  return next === 0x22 || next === 0x2f || (next === 0x5c && text[at + 2] === 0x2f);
}

function quoteAfter(text: Buffer, at: number): number {
  while (text[at] !== 0x22) at += text[at] === 0x5c ? 2 : 1;
  return at;
}
