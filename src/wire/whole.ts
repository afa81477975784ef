import { type BadLine, Lines, type MessageLimits } from "./lines.ts";
import type { Message, Outgoing } from "./message.ts";

const newline = 0x0a;
const carriageReturn = 0x0d;

const nothing: BadLine = { problem: "not_json", id: undefined, hasMethod: false, isObject: false, head: "" };

/**
 * One JSON text that comes in parts and is a message: scanned as it comes, in bounded memory, and judged as one line of a
 * line-delimited stream would be. Line breaks between its tokens become spaces, so that it can go on as a line.
 */
export class Whole {
  readonly #lines: Lines;
  #read: Message | BadLine = nothing;

  constructor(limits: MessageLimits) {
    const keep = (read: Message | BadLine): void => {
      this.#read = read;
    };
    this.#lines = new Lines(limits, keep, keep);
  }

  push(chunk: Buffer): void {
    this.#lines.push(withoutNewlines(chunk));
  }

  /** The text is over: the message, or what is wrong with it. */
  end(): Message | BadLine {
    this.#lines.end();
    return this.#read;
  }
}

/** Reads `body`, one JSON text, as a message; gives what is wrong where it is none. A JSON-RPC batch is none. */
export function readWhole(body: Outgoing, limits: MessageLimits): Message | BadLine {
  const whole = new Whole(limits);
  if (typeof body === "string") whole.push(Buffer.from(body, "latin1"));
  else for (const piece of body) whole.push(piece);
  return whole.end();
}

// A carriage return is white space and forbidden in strings just as a newline is, and ends no line there.
function withoutNewlines(chunk: Buffer): Buffer {
  const first = chunk.indexOf(newline);
  if (first === -1) return chunk;
  const copy = Buffer.from(chunk);
  for (let at = first; at !== -1; at = copy.indexOf(newline, at + 1)) copy[at] = carriageReturn;
  return copy;
}
