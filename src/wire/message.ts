import { type Slot, slot } from "./members.ts";

/**
 * A message on its way out, without what frames it on its link. A string is bytes, one to a character (latin1), and is
 * what short messages are; long ones stay the buffers they came in.
 */
export type Outgoing = string | readonly Buffer[];

/** Replaces what stands from `start` to `end`, offsets in the message, by `bytes` (one to a character). */
export type Edit = { readonly start: number; readonly end: number; readonly bytes: string };

/** Where a member stands. */
type Move = { readonly member: Slot; readonly start: number; readonly end: number };

const versionStart = Buffer.from('"2.0');

/** What is longer comes and goes as buffers, uncopied. */
export const longestString = 32 * 1024;

/**
 * One JSON-RPC message as it came: the bytes, and where the members that tutti knows stand in them. Nothing is decoded
 * until it is asked for. The bytes are never changed.
 */
export class Message {
  readonly kind: "request" | "notification" | "reply";
  readonly length: number;
  /** Where the names of members that only tutti may write begin and end, quotes included: start, end, start, … */
  readonly reservedNames: readonly number[];
  readonly #body: Outgoing;
  readonly #spans: readonly number[];

  /** `body`: a string where it is at most `longestString` long. */
  constructor(kind: Message["kind"], body: Outgoing, spans: readonly number[], reservedNames: readonly number[]) {
    this.kind = kind;
    this.length = sizeOf(body);
    this.reservedNames = reservedNames;
    this.#body = body;
    this.#spans = spans;
  }

  has(member: Slot): boolean {
    return this.#spans[2 * member] !== -1;
  }

  /** Where the value of `member` begins; −1 when it is not there. */
  start(member: Slot): number {
    return this.#spans[2 * member] as number;
  }

  end(member: Slot): number {
    return this.#spans[2 * member + 1] as number;
  }

  /** The value's bytes as they stand, one to a character; undefined when it is not there. */
  raw(member: Slot): string | undefined {
    return this.has(member) ? this.slice(this.start(member), this.end(member)) : undefined;
  }

  /** The value's first byte, which tells its type; −1 when it is not there. */
  firstByte(member: Slot): number {
    return this.has(member) ? byteAt(this.#body, this.start(member)) : -1;
  }

  /** The value where it is a JSON string; undefined otherwise. */
  text(member: Slot): string | undefined {
    const raw = this.raw(member);
    return raw === undefined || raw.charCodeAt(0) !== 0x22 ? undefined : decodeString(raw);
  }

  /** The value where it is an integer of at most 15 digits, written as one; −1 otherwise, and for negative ones. */
  integer(member: Slot): number {
    const raw = this.raw(member);
    return raw !== undefined && raw.length <= 15 && isInteger(raw) ? Number(raw) : -1;
  }

  /** The value parsed; undefined when it is not there. For small values: letters are not opened. */
  parsed(member: Slot): unknown {
    return this.has(member) ? JSON.parse(this.bytes(this.start(member), this.end(member)).toString()) : undefined;
  }

  /** The bytes from offset `start` to `end`, one to a character. */
  slice(start: number, end: number): string {
    const body = this.#body;
    return typeof body === "string" ? body.slice(start, end) : this.bytes(start, end).toString("latin1");
  }

  /** The bytes from offset `start` to `end`; of a long message not copied where they stand in one piece. */
  bytes(start: number, end: number): Buffer {
    const body = this.#body;
    if (typeof body === "string") return Buffer.from(body.slice(start, end), "latin1");
    const pieces = cut(body, start, end);
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  }

  /**
   * The message with `edits` made, which do not overlap and are sorted in place; every other byte as it came. What is put
   * in where another edit begins comes before that.
   */
  splice(edits: Edit[]): Outgoing {
    sort(edits);
    const body = this.#body;
    let at = 0;
    if (typeof body === "string") {
      let out = "";
      for (const { start, end, bytes } of edits) {
        out += body.slice(at, start) + bytes;
        at = end;
      }
      return out + body.slice(at);
    }
    const out: Buffer[] = [];
    for (const { start, end, bytes } of edits) {
      out.push(...cut(body, at, start), Buffer.from(bytes, "latin1"));
      at = end;
    }
    out.push(...cut(body, at, this.length));
    return out;
  }

  /** `body` read, of which is known that its members are those of this one and stand where they do here, but for those of `moves`. */
  moved(body: string, moves: readonly Move[]): Message {
    const spans = this.#spans.slice();
    for (const { member, start, end } of moves) {
      spans[2 * member] = start;
      spans[2 * member + 1] = end;
    }
    return new Message(this.kind, body, spans, this.reservedNames);
  }
}

/**
 * What kind of JSON-RPC message an envelope with these spans is; undefined when it is none: no member `"jsonrpc": "2.0"`
 * written so, not exactly one of method, result and error, a method that is no string, or an id that is no string or
 * number (null in a reply, which answers nothing).
 */
export function kindOf(spans: readonly number[], body: Outgoing): Message["kind"] | undefined {
  const version = spans[2 * slot.jsonrpc] as number;
  if (spans[2 * slot.jsonrpc + 1] !== version + 5) return undefined;
  for (let index = 0; index < 4; index++) if (byteAt(body, version + index) !== versionStart[index]) return undefined;
  const id = spans[2 * slot.id] as number;
  const idStart = id === -1 ? -1 : byteAt(body, id);
  const hasAnswer = spans[2 * slot.result] !== -1;
  const hasError = spans[2 * slot.error] !== -1;
  const method = spans[2 * slot.method] as number;
  if (method === -1) return hasAnswer !== hasError && (isIdStart(idStart) || idStart === 0x6e) ? "reply" : undefined;
  if (hasAnswer || hasError || byteAt(body, method) !== 0x22) return undefined;
  if (id === -1) return "notification";
  return isIdStart(idStart) ? "request" : undefined;
}

/** `text` as a JSON string, in bytes. */
export function encodeString(text: string): string {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return toBytes(JSON.stringify(text));
  }
  return `"${text}"`;
}

/** `bytes`, one to a character, with `edits` made, which do not overlap. */
export function spliced(bytes: Buffer, edits: readonly Edit[]): string {
  let out = "";
  let at = 0;
  for (const edit of edits.toSorted((one, other) => one.start - other.start || one.end - other.end)) {
    out += bytes.toString("latin1", at, edit.start) + edit.bytes;
    at = edit.end;
  }
  return out + bytes.toString("latin1", at);
}

/** The bytes of `text` in UTF-8, one to a character. */
export function toBytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** How many bytes `message` has. */
export function sizeOf(message: Outgoing): number {
  return typeof message === "string" ? message.length : lengthOf(message);
}

// By insertion: edits are two or three, and mostly in order.
function sort(edits: Edit[]): void {
  for (let index = 1; index < edits.length; index++) {
    const edit = edits[index] as Edit;
    let to = index;
    for (; to > 0 && isAfter(edits[to - 1] as Edit, edit); to--) edits[to] = edits[to - 1] as Edit;
    edits[to] = edit;
  }
}

function isAfter(one: Edit, other: Edit): boolean {
  return one.start > other.start || (one.start === other.start && one.end > other.end);
}

function decodeString(raw: string): string {
  for (let index = 1; index < raw.length - 1; index++) {
    const code = raw.charCodeAt(index);
    if (code === 0x5c || code >= 0x80) return JSON.parse(Buffer.from(raw, "latin1").toString()) as string;
  }
  return raw.slice(1, -1);
}

function isInteger(raw: string): boolean {
  for (let index = 0; index < raw.length; index++) {
    const code = raw.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** Whether a value that begins with `byte` is a string or a number. */
export function isIdStart(byte: number): boolean {
  return byte === 0x22 || byte === 0x2d || (byte >= 0x30 && byte <= 0x39);
}

function byteAt(body: Outgoing, offset: number): number {
  if (typeof body === "string") return body.charCodeAt(offset);
  let index = 0;
  let piece = body[0] as Buffer;
  while (offset >= piece.length) {
    offset -= piece.length;
    piece = body[++index] as Buffer;
  }
  return piece[offset] as number;
}

function lengthOf(pieces: readonly Buffer[]): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}

function cut(pieces: readonly Buffer[], start: number, end: number): Buffer[] {
  const out: Buffer[] = [];
  let offset = 0;
  for (const piece of pieces) {
    const from = Math.max(start - offset, 0);
    const to = Math.min(end - offset, piece.length);
    if (from < to) out.push(piece.subarray(from, to));
    offset += piece.length;
    if (offset >= end) break;
  }
  return out;
}
