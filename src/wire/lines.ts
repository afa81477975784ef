import { isUtf8 } from "node:buffer";
import { type Problem, Scanner } from "./json.ts";
import { slot } from "./members.ts";
import { kindOf, Message } from "./message.ts";

/** Bounds on one message. */
export type MessageLimits = {
  /** Bytes, without the newline. */
  readonly maxMessageBytes: number;
  /** Arrays and objects inside one another. */
  readonly maxDepth: number;
};

/** A line that is no message that can be passed on. */
export type BadLine = {
  /** `not_rpc`: JSON, and no JSON-RPC message. */
  readonly problem: Problem | "not_rpc";
  /** The id it would have had, as it stands (bytes, one to a character), where that can be told. */
  readonly id: string | undefined;
  /** Whether a method was read in it, so that its id is not the id of a reply. */
  readonly hasMethod: boolean;
  /** Whether it looks like a message that was spoilt, not like a line of other text. */
  readonly isObject: boolean;
  /** How it begins, at most 512 bytes. */
  readonly head: string;
};

const newline = 0x0a;
const headBytes = 512;
const tailBytes = 64;
const mergedBytes = 32 * 1024;

/**
 * Cuts a stream of bytes into lines and scans each as it comes, so that a long message costs the event loop a little at
 * a time. A line over a limit fails alone: the rest of it is skipped in constant memory, and the next line is read as
 * if nothing had been. Blank lines are skipped; CRLF is taken. Framing: the MCP specification's stdio transport,
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio.
 */
export class Lines {
  readonly #scanner: Scanner;
  readonly #maxMessageBytes: number;
  readonly #onMessage: (message: Message) => void;
  readonly #onBadLine: (line: BadLine) => void;
  #pieces: Buffer[] = [];
  #length = 0;
  /** Set while the rest of a failed line is skipped. */
  #failed: { problem: BadLine["problem"]; id: string | undefined; hasMethod: boolean; head: Buffer; tail: Buffer } | undefined;

  constructor(limits: MessageLimits, onMessage: (message: Message) => void, onBadLine: (line: BadLine) => void) {
    this.#scanner = new Scanner(limits.maxDepth);
    this.#maxMessageBytes = limits.maxMessageBytes;
    this.#onMessage = onMessage;
    this.#onBadLine = onBadLine;
  }

  push(chunk: Buffer): void {
    let from = 0;
    while (from < chunk.length) {
      const at = chunk.indexOf(newline, from);
      const to = at === -1 ? chunk.length : at;
      if (to > from) this.#take(chunk, from, to);
      if (at !== -1) this.#endLine();
      from = to + 1;
    }
  }

  /** The stream is over: what came after the last newline is a line too. */
  end(): void {
    this.#endLine();
  }

  #take(chunk: Buffer, from: number, to: number): void {
    const piece = chunk.subarray(from, to);
    if (this.#failed !== undefined) {
      this.#failed.tail = lastBytes(this.#failed.tail, piece);
      return;
    }
    this.#length += piece.length;
    append(this.#pieces, piece);
    if (this.#length > this.#maxMessageBytes) this.#fail("too_long");
    else if (!this.#scanner.push(chunk, from, to)) this.#fail(this.#scanner.problem ?? "not_json");
  }

  #endLine(): void {
    if (this.#failed === undefined && this.#length > 0) this.#finish();
    if (this.#failed !== undefined) {
      const { problem, id, hasMethod, head, tail } = this.#failed;
      this.#failed = undefined;
      const isObject = head[0] === 0x7b;
      const line = { problem, id: id ?? idAtEnd(tail), hasMethod, isObject, head: head.toString("latin1") };
      this.#reset();
      if (!isBlank(head)) this.#onBadLine(line);
    }
  }

  #finish(): void {
    const scanner = this.#scanner;
    const pieces = this.#pieces;
    const problem = scanner.end() ? undefined : scanner.problem;
    const isText = !scanner.hasHighBytes || isUtf8(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces));
    const { spans, reservedNames } = scanner.members;
    const kind = scanner.kind === "object" ? kindOf(spans, (offset) => byteAt(pieces, offset)) : undefined;
    if (problem !== undefined) this.#fail(problem);
    else if (!isText) this.#fail("bad_utf8");
    else if (kind === undefined) this.#fail("not_rpc");
    else {
      const message = new Message(kind, pieces, spans.slice(), reservedNames);
      this.#reset();
      this.#onMessage(message);
    }
  }

  #fail(problem: BadLine["problem"]): void {
    const { spans } = this.#scanner.members;
    const tail = this.#pieces.reduce(lastBytes, Buffer.alloc(0));
    const hasMethod = spans[2 * slot.method] !== -1;
    this.#failed = { problem, id: rawId(this.#pieces, spans), hasMethod, head: firstBytes(this.#pieces), tail };
    this.#pieces = [];
  }

  #reset(): void {
    this.#scanner.reset();
    this.#pieces = [];
    this.#length = 0;
  }
}

// Doubling keeps a message that comes byte by byte from costing an object a byte, at a few copies of each byte.
function append(pieces: Buffer[], piece: Buffer): void {
  let last = piece;
  while (true) {
    const before = pieces.at(-1);
    if (before === undefined || before.length > last.length || before.length + last.length > mergedBytes) break;
    last = Buffer.concat([before, last]);
    pieces.pop();
  }
  pieces.push(last);
}

function byteAt(pieces: readonly Buffer[], offset: number): number {
  for (const piece of pieces) {
    if (offset < piece.length) return piece[offset] as number;
    offset -= piece.length;
  }
  return -1;
}

function rawId(pieces: readonly Buffer[], spans: readonly number[]): string | undefined {
  const start = spans[2 * slot.id] as number;
  const end = spans[2 * slot.id + 1] as number;
  if (start === -1 || end === -1) return undefined;
  return new Message("reply", pieces, spans, []).raw(slot.id);
}

// Most servers write the id last, so a message that failed before it may still tell whose it was.
function idAtEnd(tail: Buffer): string | undefined {
  return /"id"\s*:\s*(\d{1,15})\s*\}\s*$/.exec(tail.toString("latin1"))?.[1];
}

function firstBytes(pieces: readonly Buffer[]): Buffer {
  let head = Buffer.alloc(0);
  for (const piece of pieces) {
    if (head.length >= headBytes) break;
    head = Buffer.concat([head, piece.subarray(0, headBytes - head.length)]);
  }
  return head;
}

function lastBytes(before: Buffer, piece: Buffer): Buffer {
  if (piece.length >= tailBytes) return Buffer.from(piece.subarray(-tailBytes));
  return Buffer.concat([before, piece]).subarray(-tailBytes);
}

function isBlank(head: Buffer): boolean {
  return head.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
