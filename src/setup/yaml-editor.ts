import type { Document, Pair, Scalar, YAMLMap } from "yaml";
import type { Editor, Place } from "./document.ts";

/** YAML of one document. */
export const yamlEditor: Editor = {
  parse: async (text) => {
    const { parseDocument } = await import("yaml");
    const document = parseDocument(text);
    const [error] = document.errors;
    if (error !== undefined) {
      const [reason = ""] = error.message.split(/ at line \d+/);
      return { problem: `${error.linePos?.[0].line ?? 1}: ${reason}` };
    }
    return { value: document.toJS() ?? undefined };
  },
  set: async (text, place, value) => {
    const { parseDocument, stringify, isMap, isScalar } = await import("yaml");
    const left = await yamlEditor.remove(text, place);
    const document = parseDocument(left);
    const key = place.at(-1) as string;
    const parent = document.getIn(place.slice(0, -1), true);
    if (isMap(parent) && !parent.flow) {
      const indent = columnOf(left, startOf(parent.items[0] as Pair));
      return insertLines(left, endOf(parent, left), indented(stringify({ [key]: value }), indent));
    }
    if (isMap(parent) && parent.items.length > 0) {
      const end = (parent.range as [number, number, number])[1] - 1;
      return splice(left, end, end, `, ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
    }
    const isNothing = isMap(parent) || (isScalar(parent) && parent.value === null);
    if (isNothing && place.length > 1) {
      const [start, end] = parent.range as [number, number, number];
      const outer = /^ */.exec(left.slice(left.lastIndexOf("\n", start - 1) + 1))?.[0].length ?? 0;
      const gap = end === start ? 0 : (/[ \t]*$/.exec(left.slice(0, start))?.[0].length ?? 0);
      const bare = splice(left, start - gap, end, "");
      return insertLines(bare, lineEnd(bare, start - gap), indented(stringify({ [key]: value }), outer + 2));
    }
    if (parent !== undefined && parent !== null) throw new Error(`"${place.slice(0, -1).join(".")}" is no map`);
    const whole = place.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
    return insertLines(left, left.length, stringify(whole));
  },
  remove: async (text, place) => {
    const { parseDocument, isMap } = await import("yaml");
    const document = parseDocument(text);
    const parent = document.getIn(place.slice(0, -1), true);
    const pair = isMap(parent) ? pairOf(parent, place.at(-1) as string) : undefined;
    if (!isMap(parent) || pair === undefined) return text;
    if (parent.flow) return takeFromFlow(text, parent, pair);
    if (parent.items.length === 1) return onlyOne(text, document, parent, place);
    const start = text.lastIndexOf("\n", startOf(pair)) + 1;
    return splice(text, start, lineEnd(text, valueEnd(pair)), "");
  },
};

/** Takes a member away, with the comma before it; that of the first with the one behind it. */
function takeFromFlow(text: string, map: YAMLMap, pair: Pair): string {
  const index = map.items.indexOf(pair);
  const [before, after] = [map.items[index - 1], map.items[index + 1]] as (Pair | undefined)[];
  const start = before === undefined ? startOf(pair) : flowEnd(before);
  return splice(text, start, before === undefined && after !== undefined ? startOf(after) : flowEnd(pair), "");
}

/** The end of its value, without what stands behind that. */
function flowEnd(pair: Pair): number {
  const range = (pair.value as Scalar | null)?.range ?? (pair.key as Scalar).range;
  return range?.[1] ?? 0;
}

/** Without its one member a map would be nothing, so it is written as an empty one. */
function onlyOne(text: string, document: Document, parent: YAMLMap, place: Place): string {
  const start = text.lastIndexOf("\n", startOf(parent.items[0] as Pair)) + 1;
  const cut = splice(text, start, lineEnd(text, valueEnd(parent.items[0] as Pair)), "");
  if (place.length === 1) return cut;
  const around = pairOf(document.getIn(place.slice(0, -2), true) as YAMLMap, place.at(-2) as string) as Pair;
  const colon = cut.indexOf(":", (around.key as Scalar).range?.[1]) + 1;
  return splice(cut, colon, colon, " {}");
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => (pair.key as Scalar).value === key);
}

function startOf(pair: Pair): number {
  return (pair.key as Scalar).range?.[0] ?? 0;
}

function valueEnd(pair: Pair): number {
  return (pair.value as Scalar | null)?.range?.[1] ?? (pair.key as Scalar).range?.[1] ?? 0;
}

/** Behind the last line of a map's last member; remarks below it are not its own. */
function endOf(map: YAMLMap, text: string): number {
  return lineEnd(text, valueEnd(map.items.at(-1) as Pair));
}

/** The beginning of the line after the one in which `offset` stands, if anything but its break stands there. */
function lineEnd(text: string, offset: number): number {
  if (text[offset - 1] === "\n") return offset;
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end + 1;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf("\n", offset - 1) + 1);
}

function indented(lines: string, by: number): string {
  return lines.replaceAll(/^(?=.)/gm, " ".repeat(by));
}

function insertLines(text: string, at: number, lines: string): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const gap = at > 0 && text[at - 1] !== "\n" ? eol : "";
  return splice(text, at, at, gap + lines.replaceAll("\n", eol));
}

function splice(text: string, start: number, end: number, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}
