import type { Node } from "jsonc-parser";
import { parseJsonc } from "../config/jsonc.ts";
import type { Editor, Place } from "./document.ts";

/** JSON with comments and trailing commas. */
export const jsoncEditor: Editor = {
  parse: async (text) => {
    if (text.trim() === "") return { value: undefined };
    const { value, problems } = await parseJsonc(text);
    const [first] = problems;
    if (first === undefined) return { value };
    const key = first.path.length === 0 ? "" : `"${first.path.join(".")}" `;
    return { problem: `${first.line ?? 1}: ${key}${first.message}` };
  },
  set: async (text, place, value) => {
    if (text.trim() === "") return `${pretty(nested(place, value), "  ")}\n`;
    const { object, rest } = await deepest(text, place);
    const [key = "", ...inner] = rest;
    const member = propertyOf(object, key);
    if (member?.children?.[1] !== undefined) {
      const { offset, length } = member.children[1];
      return splice(text, offset, offset + length, shown(text, nested(inner, value), indentAt(text, member.offset)));
    }
    return insert(text, object, key, nested(inner, value));
  },
  remove: async (text, place) => {
    const { object, rest } = await deepest(text, place);
    const member = rest.length === 1 ? propertyOf(object, rest[0] as string) : undefined;
    return member === undefined ? text : take(text, object, member);
  },
};

function nested(place: Place, value: unknown): unknown {
  return place.reduceRight((inner, key) => ({ [key]: inner }), value);
}

/** The last object on the way to a place that is there, and the keys that are left from it. */
async function deepest(text: string, place: Place): Promise<{ object: Node; rest: Place }> {
  const { parseTree } = await import("jsonc-parser");
  const root = parseTree(text, [], { allowTrailingComma: true });
  if (root?.type !== "object") throw new Error("the text is no object");
  let object: Node = root;
  let rest = place;
  while (rest.length > 1) {
    const inner: Node | undefined = propertyOf(object, rest[0] as string)?.children?.[1];
    if (inner === undefined || inner.type === "null") break;
    if (inner.type !== "object") throw new Error(`"${rest[0]}" is no object`);
    [object, rest] = [inner, rest.slice(1)];
  }
  return { object, rest };
}

function propertyOf(object: Node, key: string): Node | undefined {
  return object.children?.find(({ children }) => children?.[0]?.value === key);
}

/** Puts a new member behind the last one, and behind the comments that stand there. */
function insert(text: string, object: Node, key: string, value: unknown): string {
  const close = object.offset + object.length - 1;
  const last = object.children?.at(-1);
  const from = last === undefined ? object.offset + 1 : last.offset + last.length;
  const between = text.slice(from, close);
  const isCompact = !text.trim().includes("\n");
  const isOnOneLine = isCompact || (last !== undefined && !text.slice(object.offset, close).includes("\n"));
  const comma = commaIn(between);
  const added = last !== undefined && comma === undefined ? "," : "";
  if (isOnOneLine) {
    const member = `${JSON.stringify(key)}:${isCompact ? "" : " "}${JSON.stringify(value)}`;
    const gap = last === undefined || isCompact ? "" : " ";
    return splice(text, from + (comma ?? 0), from + (comma ?? 0), `${added}${gap}${member}`);
  }
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const outer = indentAt(text, close);
  const first = object.children?.[0];
  const indent = first === undefined ? outer + unitOf(text) : indentAt(text, first.offset);
  const member = `${eol}${indent}${JSON.stringify(key)}: ${shown(text, value, indent)}${comma === undefined ? "" : ","}`;
  const kept = between.trimEnd();
  const end = last === undefined ? `${eol}${outer}` : between.slice(kept.length);
  return splice(text, from, close, `${added}${kept}${member}${end}`);
}

/** Takes a member away, with its comma, its lines and what is said of it on its last line. */
function take(text: string, object: Node, member: Node): string {
  const siblings = object.children ?? [];
  const index = siblings.indexOf(member);
  const before = siblings[index - 1];
  const close = object.offset + object.length - 1;
  const end = member.offset + member.length;
  const limit = siblings[index + 1]?.offset ?? close;
  const comma = commaIn(text.slice(end, limit));
  const startsLine = /(?:^|\n)[ \t]*$/.test(text.slice(0, member.offset));
  const after = end + (comma ?? 0);
  const tail = /^[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/[ \t]*)?(?=\r?\n)/.exec(text.slice(after))?.[0];
  const [head] = /(?:\r?\n)?[ \t]*$/.exec(text.slice(0, member.offset)) as RegExpExecArray;
  // What stands behind it on its last line must not come to stand in a remark before it.
  const isOwnLines = startsLine && tail !== undefined;
  const start = isOwnLines ? member.offset - head.length : member.offset;
  const stop = after + (isOwnLines ? tail : (/^[ \t]*/.exec(text.slice(after))?.[0] ?? "")).length;
  const cut = splice(text, start, stop, "");
  if (comma !== undefined || before === undefined) return cut;
  // The last of several: the comma before it goes too, wherever it stands.
  const gap = before.offset + before.length;
  const left = commaIn(text.slice(gap, member.offset));
  return left === undefined ? cut : splice(cut, gap + left - 1, gap + left, "");
}

/** Where the comma outside of comments ends; undefined where there is none. */
function commaIn(trivia: string): number | undefined {
  for (const { 0: found, index } of trivia.matchAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|,/g))
    if (found === ",") return index + 1;
  return undefined;
}

function shown(text: string, value: unknown, indent: string): string {
  if (!text.trim().includes("\n")) return JSON.stringify(value);
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  return pretty(value, unitOf(text)).replaceAll("\n", `${eol}${indent}`);
}

/** As people write it: short lists on one line. */
function pretty(value: unknown, unit: string): string {
  return JSON.stringify(value, undefined, unit).replaceAll(/\[\n\s*([^[\]{}]*?)\n\s*\]/g, (whole, items: string) => {
    const line = `[${items.replaceAll(/\n\s*/g, " ")}]`;
    return line.length > 90 ? whole : line;
  });
}

/** The blanks before the first thing on the line of `offset`. */
function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? "";
}

/** By how much a level is moved in, as the text itself does it. */
function unitOf(text: string): string {
  return /^[{[][^\n]*\n(?:\s*\n)*([ \t]+)/m.exec(text)?.[1] ?? "  ";
}

function splice(text: string, start: number, end: number, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}
