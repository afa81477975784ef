import { isDeepStrictEqual } from "node:util";
import { ConfigError } from "../config/config-error.ts";
import { jsoncEditor } from "./jsonc-editor.ts";
import { tomlEditor } from "./toml-editor.ts";
import { yamlEditor } from "./yaml-editor.ts";

export type Format = "jsonc" | "toml" | "yaml";

/** The keys from the top of a document to a place in it. */
export type Place = readonly string[];

/** What knows one format. An edit changes nothing around it: comments, order and spacing stay as they are. */
export type Editor = {
  /** The document's value, or in one line, with the line of the text, what keeps it from having one. An empty text has the value undefined. */
  readonly parse: (text: string) => Promise<{ readonly value: unknown } | { readonly problem: string }>;
  /** Puts `value` there, instead of what is there, and makes the objects around it where there are none. */
  readonly set: (text: string, place: Place, value: unknown) => Promise<string>;
  /** Takes away what is there. */
  readonly remove: (text: string, place: Place) => Promise<string>;
};

/** One change of a document; without `value` what is there is taken away. */
export type Change = { readonly place: Place; readonly value?: unknown };

const editors: Readonly<Record<Format, Editor>> = { jsonc: jsoncEditor, toml: tomlEditor, yaml: yamlEditor };

/** With which editors of Windows begin a text, and which no format knows. */
const mark = "\uFEFF";

/** The value of a text. Throws a ConfigError that names the file and the line where it has none. */
export async function parseDocument(path: string, format: Format, text: string): Promise<unknown> {
  const parsed = await editors[format].parse(text.startsWith(mark) ? text.slice(mark.length) : text);
  if ("problem" in parsed) throw new ConfigError(`${path}:${parsed.problem}`);
  return parsed.value;
}

/**
 * The text with the changes made, one after the other; all that is around them stays to the byte. Throws a ConfigError
 * where the text does not parse, or where it is written in a way that cannot be changed without touching something else.
 */
export async function changeDocument(
  path: string,
  format: Format,
  text: string,
  changes: readonly Change[],
): Promise<string> {
  if (text.startsWith(mark)) return mark + (await changeDocument(path, format, text.slice(mark.length), changes));
  let wanted: unknown = (await parseDocument(path, format, text)) ?? {};
  let edited = text;
  for (const { place, value } of changes) {
    wanted = withChange(wanted, place, value);
    const { set, remove } = editors[format];
    try {
      edited = value === undefined ? await remove(edited, place) : await set(edited, place, value);
    } catch (cause) {
      throw cannotChange(path, place, cause);
    }
  }
  const parsed = await editors[format].parse(edited);
  const got = "problem" in parsed ? undefined : (parsed.value ?? {});
  // A TOML table that has lost its last one is not there any more.
  const compared = (value: unknown): unknown => plain(value, format === "toml");
  if (!isDeepStrictEqual(compared(got), compared(wanted))) throw cannotChange(path, changes[0]?.place ?? []);
  return edited;
}

/** What stands at a place; undefined where nothing does. */
export function valueAt(value: unknown, place: Place): unknown {
  let at = value;
  for (const key of place) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

function withChange(value: unknown, place: Place, wanted: unknown): unknown {
  const [key, ...rest] = place;
  if (key === undefined) return wanted;
  const members = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  if (rest.length === 0 && wanted === undefined) {
    return Object.fromEntries(Object.entries(members).filter(([name]) => name !== key));
  }
  return { ...members, [key]: withChange(members[key], rest, wanted) };
}

/** Parsers differ in the prototypes of their objects; their values are compared without them. */
function plain(value: unknown, withoutEmpty: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item, withoutEmpty));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const members = Object.entries(value).map(([key, member]) => [key, plain(member, withoutEmpty)] as const);
  const isEmpty = (member: unknown): boolean => isDeepStrictEqual(member, {});
  return Object.fromEntries(members.filter(([, member]) => !withoutEmpty || !isEmpty(member)));
}

function cannotChange(path: string, place: Place, cause?: unknown): ConfigError {
  const text = `${path}: "${place.join(".")}" is written there in a way that cannot be changed without touching anything else. Change it by hand.`;
  return new ConfigError(text, { cause });
}
