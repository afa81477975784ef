import { isWhiteSpace } from "./characters.ts";
import type { Slot } from "./members.ts";
import type { Edit, Message } from "./message.ts";
import { afterComma, endOfValue, skipSpace } from "./walk.ts";

/** Where a member's name begins, quotes included, and where its value stands. */
type Span = { readonly nameStart: number; readonly start: number; readonly end: number };

const comma = 0x2c;
const backslash = 0x5c;
const closingBrace = 0x7d;

/** How many bytes are looked at together around an edit at first; twice as many each time that does not do. */
const windowBytes = 64;
/** More than any name of a slot has, however it is written. */
const longestName = 512;

/**
 * The edits that take all members called one of `removed` out of the object from `start` to `end`, and put `added` in
 * at its beginning: members as they stand, without a comma before or after, or nothing. What comes out is an object
 * again, whatever is left of it. Reads the whole object where anything is to be removed; one edit for each run of
 * members that are.
 */
export function rewriteObject(
  message: Message,
  start: number,
  end: number,
  removed: ReadonlySet<string>,
  added: string,
): Edit[] {
  return rewrite(message, start, removed.size === 0 ? [] : membersCalled(message, start, end, removed), added);
}

/**
 * As `rewriteObject`, for the object in the slot `object` and members of it that have slots too; those that are not
 * there cost nothing, and where `added` is empty the object need not be there either. Looks at nothing but what stands around them, however long the object is.
 */
export function rewriteSlots(message: Message, object: Slot, removed: readonly Slot[], added: string): Edit[] {
  const start = message.start(object);
  const end = message.end(object);
  const spans: Span[] = [];
  for (const member of removed) {
    const at = message.start(member);
    // Where the object is there twice, the member may stand in the one that does not count.
    if (at > start && at < end) {
      spans.push({ nameStart: startOfName(message, at), start: at, end: message.end(member) });
    }
  }
  spans.sort((one, other) => one.start - other.start);
  return rewrite(message, start, spans, added);
}

/**
 * Where the value of the member called `name` stands in the object from `start` to `end`, the last one's where there are
 * several; undefined when there is none. Reads the whole object.
 */
export function memberOf(
  message: Message,
  start: number,
  end: number,
  name: string,
): { readonly start: number; readonly end: number } | undefined {
  return membersCalled(message, start, end, new Set([name])).at(-1);
}

/** `removed` are in order. */
function rewrite(message: Message, start: number, removed: readonly Span[], added: string): Edit[] {
  const edits: Edit[] = [];
  let isEmptied = false;
  let index = 0;
  while (index < removed.length) {
    const { nameStart } = removed[index] as Span;
    let { end } = removed[index++] as Span;
    let next = firstFrom(message, end);
    // Those that stand side by side go as one, with the comma between them, which is each one's own otherwise.
    while (index < removed.length && firstFrom(message, next + 1) === removed[index]?.nameStart) {
      end = (removed[index++] as Span).end;
      next = firstFrom(message, end);
    }
    const before = lastBefore(message, nameStart);
    if (byteAt(message, next) === comma) edits.push({ start: nameStart, end: next + 1, bytes: "" });
    else if (byteAt(message, before) === comma) edits.push({ start: before, end, bytes: "" });
    else {
      isEmptied = true;
      edits.push({ start: nameStart, end, bytes: "" });
    }
  }
  if (added === "") return edits;
  const isAlone = isEmptied || byteAt(message, firstFrom(message, start + 1)) === closingBrace;
  return [{ start: start + 1, end: start + 1, bytes: isAlone ? added : `${added},` }, ...edits];
}

function membersCalled(message: Message, start: number, end: number, names: ReadonlySet<string>): Span[] {
  const text = message.bytes(start, end);
  const found: Span[] = [];
  let at = skipSpace(text, 1);
  while (text[at] !== closingBrace) {
    const nameEnd = endOfValue(text, at);
    const valueStart = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const valueEnd = endOfValue(text, valueStart);
    if (isAmong(names, text, at, nameEnd)) {
      found.push({ nameStart: start + at, start: start + valueStart, end: start + valueEnd });
    }
    at = afterComma(text, valueEnd);
  }
  return found;
}

// Most names are plain and none of those looked for, and cost no string.
function isAmong(names: ReadonlySet<string>, text: Buffer, nameStart: number, nameEnd: number): boolean {
  for (let at = nameStart + 1; at < nameEnd - 1; at++) {
    const byte = text[at] as number;
    if (byte === backslash || byte >= 0x80) {
      return names.has(JSON.parse(text.toString("utf8", nameStart, nameEnd)) as string);
    }
  }
  for (const name of names) {
    if (name.length === nameEnd - nameStart - 2 && name === text.toString("latin1", nameStart + 1, nameEnd - 1)) {
      return true;
    }
  }
  return false;
}

/** Where the name of the slot's value at `valueStart` begins. It has no quote in it, however it is written. */
function startOfName(message: Message, valueStart: number): number {
  const nameEnd = lastBefore(message, lastBefore(message, valueStart));
  const from = Math.max(0, nameEnd - longestName);
  return from + message.slice(from, nameEnd).lastIndexOf('"');
}

/** Where the first byte at or after `at` stands that is no white space; there is one. */
function firstFrom(message: Message, at: number): number {
  for (let size = windowBytes; ; size *= 2) {
    const window = message.bytes(at, at + size);
    let index = 0;
    while (index < window.length && isWhiteSpace(window[index] as number)) index++;
    if (index < window.length) return at + index;
  }
}

/** Where the last byte before `end` stands that is no white space; there is one. */
function lastBefore(message: Message, end: number): number {
  for (let size = windowBytes; ; size *= 2) {
    const from = Math.max(0, end - size);
    const window = message.bytes(from, end);
    let index = window.length - 1;
    while (index >= 0 && isWhiteSpace(window[index] as number)) index--;
    if (index >= 0) return from + index;
  }
}

function byteAt(message: Message, at: number): number {
  return message.bytes(at, at + 1)[0] as number;
}
