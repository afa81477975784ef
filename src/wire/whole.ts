import { type BadLine, Lines, type MessageLimits } from "./lines.ts";
import type { Message, Outgoing } from "./message.ts";

const newline = 0x0a;
const carriageReturn = 0x0d;

const nothing: BadLine = { problem: "not_json", id: undefined, hasMethod: false, isObject: false, head: "" };

/**
 * One JSON text after the other, each of which comes in parts and is a message: scanned as it comes, in bounded memory,
 * and judged as one line of a line-delimited stream would be. Line breaks between its tokens become spaces, so that it
 * can go on as a line. To make one costs as much as to read a long message.
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

  /** What is kept of the text that is not over. */
  get heldBytes(): number {
    return this.#lines.heldBytes;
  }

  push(chunk: Buffer): void {
    this.#lines.push(withoutNewlines(chunk));
  }

  /** The text is over: the message, or what is wrong with it. */
  end(): Message | BadLine {
    this.#lines.end();
    const read = this.#read;
    this.#read = nothing;
    return read;
  }

  /** Reads a text that is there from its beginning to its end. A JSON-RPC batch is no message. */
  read(body: Outgoing): Message | BadLine {
    if (typeof body === "string") {
      const line = body.includes("\n") ? body.replaceAll("\n", "\r") : body;
      // What comes with its end is not put together from parts.
      this.#lines.push(Buffer.from(`${line}\n`, "latin1"));
    } else for (const piece of body) this.push(piece);
    return this.end();
  }
}

/** Reads `body`, one JSON text, as a message; gives what is wrong where it is none. For where there is only one. */
export function readWhole(body: Outgoing, limits: MessageLimits): Message | BadLine {
  return new Whole(limits).read(body);
}

// A carriage return is white space and forbidden in strings just as a newline is, and ends no line there.
function withoutNewlines(chunk: Buffer): Buffer {
  const first = chunk.indexOf(newline);
  if (first === -1) return chunk;
  const copy = Buffer.from(chunk);
  for (let at = first; at !== -1; at = copy.indexOf(newline, at + 1)) copy[at] = carriageReturn;
  return copy;
}
