import { createParser } from "eventsource-parser";
import type { BadLine, MessageLimits } from "./lines.ts";
import type { Message } from "./message.ts";
import { Whole } from "./whole.ts";

/** One event of a stream, with the message that its data is. Texts are bytes, one to a character. */
export type StreamEvent = {
  /** `message` where the stream names none. */
  readonly name: string;
  readonly id: string | undefined;
  /** Undefined where the data is blank, as in events that only carry an id. */
  readonly message: Message | BadLine | undefined;
  /** How the data begins, at most 8 KiB of it. */
  readonly text: string;
};

/** Who is told what a stream of events brings. */
export type EventSink = {
  readonly event: (event: StreamEvent) => void;
  /** After how many ms, at most 2^31 − 1, the stream wants to be asked for again where it breaks. */
  readonly retry?: (delayMs: number) => void;
  /** Runs in an event whose data is over the bound, once and before the event is over, which may be never. */
  readonly tooLong?: () => void;
};

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const dataField = "data:";
/** A line of another field than data that is longer is skipped, as comments are. */
const mostFieldBytes = 8 * 1024;
const mostTextBytes = 8 * 1024;
const longestTimerMs = 2 ** 31 - 1;
const newline = Buffer.from("\n");

/**
 * Cuts a stream of bytes into events and scans the data of each as it comes, so that it costs memory for one message of
 * at most `maxMessageBytes`, whatever comes. Data over a limit fails alone: the next event is read as if nothing had been.
 * Format: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream.
 */
export class Events {
  /** The last id that a complete event gave, with data or without; undefined before the first. */
  lastId: string | undefined;
  readonly #limits: MessageLimits;
  readonly #sink: EventSink;
  /** Reads the small fields; data never passes through it. */
  readonly #fields: ReturnType<typeof createParser>;
  /** What has come while it may still be a byte order mark; undefined once that is known. */
  #start: Buffer | undefined = Buffer.alloc(0);
  #isAfterReturn = false;
  #isInData = false;
  /** The line so far, of a field other than data. */
  #field = "";
  #isFieldTooLong = false;
  #data: Whole | undefined;
  #dataBytes = 0;
  #text = "";

  constructor(limits: MessageLimits, sink: EventSink) {
    this.#limits = limits;
    this.#sink = sink;
    this.#fields = createParser({
      onEvent: ({ event, id }) => this.#dispatch(event ?? "message", id),
      onRetry: (delayMs) => sink.retry?.(Math.min(delayMs, longestTimerMs)),
    });
  }

  /** What is kept of the event that is not over. */
  get heldBytes(): number {
    return this.#data?.heldBytes ?? 0;
  }

  push(chunk: Buffer): void {
    const bytes = this.#start === undefined ? chunk : this.#withoutMark(this.#start, chunk);
    if (bytes.length === 0) return;
    let from = this.#isAfterReturn && bytes[0] === lineFeed ? 1 : 0;
    this.#isAfterReturn = false;
    let feed = indexOf(bytes, lineFeed, from);
    let back = indexOf(bytes, carriageReturn, from);
    while (true) {
      const to = Math.min(feed, back);
      this.#take(bytes, from, to);
      if (to === bytes.length) return;
      this.#endLine();
      from = to + 1;
      if (to === back && from === bytes.length) this.#isAfterReturn = true;
      if (to === back && bytes[from] === lineFeed) from++;
      if (feed < from) feed = indexOf(bytes, lineFeed, from);
      if (back < from) back = indexOf(bytes, carriageReturn, from);
    }
  }

  /** The stream is over, and was not cut short: data whose blank line is missing is an event too. */
  end(): void {
    // Another field in a line without its end may be a part of what was meant.
    if (this.#data !== undefined) this.#fields.feed("data\n\n");
  }

  #withoutMark(before: Buffer, chunk: Buffer): Buffer {
    const bytes = Buffer.concat([before, chunk]);
    const isOpen = byteOrderMark.indexOf(bytes) === 0;
    this.#start = isOpen ? bytes : undefined;
    if (isOpen) return Buffer.alloc(0);
    return byteOrderMark.equals(bytes.subarray(0, byteOrderMark.length)) ? bytes.subarray(byteOrderMark.length) : bytes;
  }

  /** Takes a part of a line. */
  #take(bytes: Buffer, from: number, to: number): void {
    // One byte more than the name of the field: there may be one space behind it.
    const known = Math.min(to, from + dataField.length + 1 - this.#field.length);
    if (from < known) {
      this.#field += bytes.toString("latin1", from, known);
      from = known;
      if (this.#field.length > dataField.length && this.#field.startsWith(dataField)) {
        const first = this.#field.charCodeAt(dataField.length);
        this.#beginData();
        if (first !== space) this.#addData(Buffer.from([first]));
      }
    }
    if (from === to) return;
    if (this.#isInData) this.#addData(bytes.subarray(from, to));
    else if (this.#field.length + to - from > mostFieldBytes) this.#isFieldTooLong = true;
    else this.#field += bytes.toString("latin1", from, to);
  }

  #endLine(): void {
    const field = this.#field;
    const isSkipped = this.#isFieldTooLong;
    this.#field = "";
    this.#isFieldTooLong = false;
    if (this.#isInData) this.#isInData = false;
    else if (field === "") this.#fields.feed("data\n\n");
    else if (field === "data" || field === dataField) {
      this.#beginData();
      this.#isInData = false;
    } else if (!isSkipped && /^(?:event|id|retry)(?::|$)/.test(field)) this.#fields.feed(`${field}\n`);
  }

  #beginData(): void {
    this.#isInData = true;
    if (this.#data === undefined) this.#data = new Whole(this.#limits);
    else this.#addData(newline);
  }

  #addData(bytes: Buffer): void {
    const { maxMessageBytes } = this.#limits;
    this.#data?.push(bytes);
    this.#text += bytes.toString("latin1", 0, mostTextBytes - this.#text.length);
    const isTooLong = this.#dataBytes > maxMessageBytes;
    this.#dataBytes += bytes.length;
    if (!isTooLong && this.#dataBytes > maxMessageBytes) this.#sink.tooLong?.();
  }

  #dispatch(name: string, id: string | undefined): void {
    if (id !== undefined) this.lastId = id;
    const data = this.#data;
    if (data === undefined) return;
    const text = this.#text;
    this.#data = undefined;
    this.#dataBytes = 0;
    this.#text = "";
    const isBlank = text.length < mostTextBytes && /^[ \t\r\n]*$/.test(text);
    this.#sink.event({ name, id, text, message: isBlank ? undefined : data.end() });
  }
}

/** Where `byte` stands at or after `from`; the end of `bytes` where it does not. */
function indexOf(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at === -1 ? bytes.length : at;
}
