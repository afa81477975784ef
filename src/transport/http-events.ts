import { type Outgoing, sizeOf } from "../wire/message.ts";
import type { Holds } from "./holds.ts";
import type { HttpStream } from "./http-server.ts";
import type { Pausable } from "./link.ts";

/** A source with more than this waiting is held up. */
const mostPerSource = 4 * 1024 * 1024;

/** Who takes neither so much nor all that waits in so long is taken for gone: it would hold up servers for all others. */
const stalledMs = 30_000;
const leastTakenBytes = 256 * 1024;

/**
 * How often a stream on which nothing happens shows that it is alive: before proxies give up, which is after a minute
 * mostly, and not more often, because the system notices a vanished client only while nothing is sent to it.
 */
export const commentMs = 50_000;

const newline = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;

/** One stream of events to a client: https://html.spec.whatwg.org/multipage/server-sent-events.html. */
export class EventStream {
  readonly #out: HttpStream;
  readonly #holds: Holds;
  /** Bytes that may still wait, by who gave them. */
  readonly #waiting = new Map<Pausable, number>();
  #writtenBytes = 0;
  #takenBytes = 0;
  #takenAtMs: number;
  #lastAtMs: number;

  constructor(out: HttpStream, holds: Holds, nowMs: number) {
    this.#out = out;
    this.#holds = holds;
    this.#takenAtMs = nowMs;
    this.#lastAtMs = nowMs;
    out.onDrain(() => this.release());
  }

  get isOpen(): boolean {
    return this.#out.isOpen();
  }

  get queuedBytes(): number {
    return this.#out.queuedBytes();
  }

  /** When something was written last. */
  get lastAtMs(): number {
    return this.#lastAtMs;
  }

  /** `id`: under which the stream is read on behind this message, where it can be. */
  message(message: Outgoing, id: string | undefined, nowMs: number, source?: Pausable): void {
    const head = id === undefined ? "event: message\ndata: " : `event: message\nid: ${id}\ndata: `;
    const line = inOneLine(message);
    const bytes =
      typeof line === "string"
        ? `${head}${line}\n\n`
        : [Buffer.from(head, "latin1"), ...line, Buffer.from("\n\n", "latin1")];
    if (this.#out.queuedBytes() === 0) this.release();
    this.#write(bytes, nowMs);
    if (source !== undefined && this.#out.queuedBytes() > 0) this.#count(source, sizeOf(bytes));
  }

  /** Gives an id from which the stream is read on, and nothing else. */
  prime(id: string, nowMs: number): void {
    this.#write(`id: ${id}\ndata: \n\n`, nowMs);
  }

  /** Shows that we are still there, and finds out whether the other side is. */
  comment(nowMs: number): void {
    if (this.#out.queuedBytes() === 0) this.#write(": still here\n\n", nowMs);
  }

  /** Whether the other side has stopped reading. */
  isStalled(nowMs: number): boolean {
    const queuedBytes = this.#out.queuedBytes();
    const takenBytes = this.#writtenBytes - queuedBytes;
    if (queuedBytes === 0 || takenBytes - this.#takenBytes >= leastTakenBytes) {
      this.#takenBytes = takenBytes;
      this.#takenAtMs = nowMs;
    }
    return nowMs - this.#takenAtMs > stalledMs;
  }

  /** Ends it, behind what waits. */
  end(): void {
    this.release();
    this.#out.end();
  }

  /** Nobody is held up for it any more. */
  release(): void {
    for (const source of this.#waiting.keys()) this.#holds.release(source, this);
    this.#waiting.clear();
  }

  #write(bytes: Outgoing, nowMs: number): void {
    this.#writtenBytes += sizeOf(bytes);
    this.#lastAtMs = nowMs;
    this.#out.write(bytes);
  }

  #count(source: Pausable, bytes: number): void {
    const waiting = (this.#waiting.get(source) ?? 0) + bytes;
    this.#waiting.set(source, waiting);
    if (waiting > mostPerSource && this.#out.queuedBytes() > mostPerSource) this.#holds.hold(source, this);
  }
}

/** A line break in a message can only be white space, and would end the event's line. */
function inOneLine(message: Outgoing): Outgoing {
  if (typeof message === "string") return /[\r\n]/.test(message) ? message.replace(/[\r\n]/g, " ") : message;
  return message.map((piece) => {
    if (!piece.includes(newline) && !piece.includes(carriageReturn)) return piece;
    return Buffer.from(piece.map((byte) => (byte === newline || byte === carriageReturn ? space : byte)));
  });
}
