import { type Problem, Scanner } from "./json.ts";
import { slot } from "./members.ts";
import { isIdStart, kindOf, longestString, Message, type Outgoing } from "./message.ts";
import { areUtf8 } from "./utf8.ts";

/** Bounds on one message. */
export type MessageLimits = {
  /** Bytes, without the newline. */
  readonly maxMessageBytes: number;
  /** Arrays and objects inside one another. */
  readonly maxDepth: number;
};

/**
 * A line that is no message that can be passed on. What is said of it does not depend on the chunks it came in, but
 * that a long reply which nobody waits for (`unasked`) is read as a message where its last chunk came early.
 */
export type BadLine = {
  /** `not_rpc`: JSON, and no JSON-RPC message. */
  readonly problem: Problem | "not_rpc" | "unasked";
  /**
   * The id it would have had, a string or a number as it stands (bytes, one to a character), where that can be told;
   * never for an object without any other member of JSON-RPC, such as a log line.
   */
  readonly id: string | undefined;
  /** Whether a method was read in it, so that its id is not the id of a reply. */
  readonly hasMethod: boolean;
  /** Whether it looks like a message that was spoilt, not like a line of other text. */
  readonly isObject: boolean;
  /** How it begins, at most 512 bytes. */
  readonly head: string;
};

/** What is known of a line that failed, while the rest of it is skipped. */
type Failure = Omit<BadLine, "head"> & { readonly isRpc: boolean; head: Buffer; tail: Buffer };

const newline = 0x0a;
/** A head of so many bytes may have been cut. */
export const headBytes = 512;
const tailBytes = 64;
/** Of a reply that is longer it is asked whether somebody waits for it. */
const longBytes = 1024 * 1024;
const mergedBytes = 32 * 1024;

/** The members that tell a message that was spoilt from other JSON. */
const telling = [slot.jsonrpc, slot.method, slot.result, slot.error];

/**
 * Cuts a stream of bytes into lines and scans each as it comes, so that a long message costs the event loop a little at
 * a time. A line over a limit fails alone: the rest of it is skipped in constant memory, and the next line is read as
 * if nothing had been. Blank lines are skipped. A carriage return in a message, that of a CRLF too, becomes a space.
 * Framing: the MCP specification's stdio transport,
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio.
 */
export class Lines {
  #scanner: Scanner;
  #limits: MessageLimits;
  readonly #onMessage: (message: Message) => void;
  readonly #onBadLine: (line: BadLine) => void;
  #pieces: Buffer[] = [];
  /** Instead of pieces: the chunk that has the line whole, from `#from` on. */
  #chunk: Buffer | undefined;
  #from = 0;
  #length = 0;
  #failure: Failure | undefined;
  #wastedBytes = 0;
  readonly #isAwaited: (id: string) => boolean;
  /** Somebody waits for the reply that has not ended. */
  #isAsked = false;

  /**
   * `isAwaited`: whether somebody waits for a reply with this id, as in `BadLine`. One that nobody waits for is skipped
   * once it is long (`unasked`).
   */
  constructor(
    limits: MessageLimits,
    onMessage: (message: Message) => void,
    onBadLine: (line: BadLine) => void,
    isAwaited: (id: string) => boolean = () => true,
  ) {
    this.#scanner = new Scanner(limits.maxDepth);
    this.#limits = limits;
    this.#onMessage = onMessage;
    this.#onBadLine = onBadLine;
    this.#isAwaited = isAwaited;
  }

  /** How many bytes of all that was pushed belong to lines that failed. */
  get wastedBytes(): number {
    return this.#wastedBytes;
  }

  /** Sets other bounds; that on depth holds from the next line on. */
  setLimits(limits: MessageLimits): void {
    this.#limits = limits;
  }

  /** What is kept of the line that has not ended. */
  get heldBytes(): number {
    return this.#failure === undefined ? this.#length : 0;
  }

  push(chunk: Buffer): void {
    let from = 0;
    while (from < chunk.length) {
      const at = chunk.indexOf(newline, from);
      const to = at === -1 ? chunk.length : at;
      this.#take(chunk, from, to, at !== -1);
      if (at !== -1) this.#endLine();
      from = to + 1;
    }
  }

  /** The stream is over: what came after the last newline is a line too. */
  end(): void {
    this.#endLine();
  }

  #take(chunk: Buffer, from: number, to: number, isEnd: boolean): void {
    if (this.#failure !== undefined) {
      const piece = chunk.subarray(from, to);
      this.#wastedBytes += piece.length;
      this.#failure.head = firstBytes(this.#failure.head, piece);
      this.#failure.tail = lastBytes(this.#failure.tail, piece);
      return;
    }
    const { maxMessageBytes, maxDepth } = this.#limits;
    if (this.#length === 0 && this.#scanner.maxDepth !== maxDepth) this.#scanner = new Scanner(maxDepth);
    if (isEnd && this.#length === 0) {
      this.#chunk = chunk;
      this.#from = from;
    } else append(this.#pieces, chunk.subarray(from, to));
    const end = Math.min(to, from + maxMessageBytes - this.#length);
    this.#length += to - from;
    if (!this.#scanner.push(chunk, from, end) || end < to) this.#fail(this.#scanner.problem ?? "too_long");
    else if (this.#length > longBytes && !this.#isAsked && !isEnd) this.#ask();
  }

  /** Whether what has come may be an answer; where its id comes last that is not known before its end. */
  #ask(): void {
    const { spans } = this.#scanner.members;
    if (spans[2 * slot.result] === -1 && spans[2 * slot.error] === -1) return;
    const id = idIn(this.#held(), spans);
    if (id === undefined) return;
    this.#isAsked = this.#isAwaited(id);
    if (!this.#isAsked) this.#fail("unasked");
  }

  #endLine(): void {
    const isSkipped = this.#failure !== undefined || this.#scanner.isBlank;
    const message = isSkipped ? undefined : this.#finish();
    const failure = this.#failure;
    this.#failure = undefined;
    this.#scanner.reset();
    if (this.#pieces.length > 0) this.#pieces = [];
    this.#chunk = undefined;
    this.#length = 0;
    this.#isAsked = false;
    if (message !== undefined) this.#onMessage(message);
    else if (failure !== undefined) {
      const { problem, hasMethod, isObject, isRpc, head, tail } = failure;
      const id = failure.id ?? (isRpc ? idAtEnd(tail) : undefined);
      this.#onBadLine({ problem, id, hasMethod, isObject, head: head.toString("latin1") });
    }
  }

  #finish(): Message | undefined {
    const scanner = this.#scanner;
    const problem = scanner.end() ? undefined : scanner.problem;
    if (problem !== undefined) return this.#fail(problem);
    if (scanner.hasHighBytes && !areUtf8(this.#held())) return this.#fail("bad_utf8");
    const { spans, reservedNames } = scanner.members;
    const body = this.#body();
    const kind = kindOf(spans, body);
    return kind === undefined ? this.#fail("not_rpc") : new Message(kind, body, spans, reservedNames);
  }

  // In a text that was taken a carriage return can only be white space. Many readers end a line there, and would take
  // what follows in a letter for a message of its own.
  #body(): Outgoing {
    if (this.#length > longestString) {
      const pieces = this.#held();
      for (const piece of pieces) blankReturns(piece);
      return pieces;
    }
    const text =
      this.#chunk === undefined
        ? Buffer.concat(this.#pieces).toString("latin1")
        : this.#chunk.toString("latin1", this.#from, this.#from + this.#length);
    return text.includes("\r") ? text.replaceAll("\r", " ") : text;
  }

  /** What has come of the line. */
  #held(): Buffer[] {
    return this.#chunk === undefined ? this.#pieces : [this.#chunk.subarray(this.#from, this.#from + this.#length)];
  }

  #fail(problem: BadLine["problem"]): undefined {
    this.#wastedBytes += this.#length;
    const { spans } = this.#scanner.members;
    const isRpc = telling.some((member) => spans[2 * member] !== -1);
    this.#failure = {
      problem,
      id: isRpc ? idIn(this.#held(), spans) : undefined,
      hasMethod: spans[2 * slot.method] !== -1,
      isObject: this.#scanner.isObject,
      isRpc,
      head: this.#held().reduce(firstBytes, Buffer.alloc(0)),
      tail: this.#held().reduce(lastBytes, Buffer.alloc(0)),
    };
    this.#pieces = [];
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

function blankReturns(bytes: Buffer): void {
  const first = bytes.indexOf(0x0d);
  if (first === -1) return;
  for (let at = first; at < bytes.length; at++) if (bytes[at] === 0x0d) bytes[at] = 0x20;
}

function idIn(pieces: readonly Buffer[], spans: readonly number[]): string | undefined {
  if (spans[2 * slot.id + 1] === -1) return undefined;
  const message = new Message("reply", pieces, spans, []);
  const bytes = message.bytes(message.start(slot.id), message.end(slot.id));
  return isIdStart(bytes[0] as number) && areUtf8([bytes]) ? bytes.toString("latin1") : undefined;
}

// Most servers write the id last, so a message that failed before it may still tell whose it was.
function idAtEnd(tail: Buffer): string | undefined {
  return /"id"\s*:\s*(\d{1,15})\s*\}\s*$/.exec(tail.toString("latin1"))?.[1];
}

function firstBytes(before: Buffer, piece: Buffer): Buffer {
  if (before.length === headBytes) return before;
  return Buffer.concat([before, piece.subarray(0, headBytes - before.length)]);
}

function lastBytes(before: Buffer, piece: Buffer): Buffer {
  return Buffer.concat([before, piece.subarray(-tailBytes)]).subarray(-tailBytes);
}
