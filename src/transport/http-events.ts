import { type Outgoing, sizeOf } from "../wire/message.ts";
import type { HttpStream } from "./http-server.ts";

/** What the other side has not taken beyond this waits here, where it can still be taken back. */
const mostWrittenBytes = 1024 * 1024;

/** Who takes neither so much nor all that waits in so long is taken for gone. */
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

/**
 * One stream of events to a client: https://html.spec.whatwg.org/multipage/server-sent-events.html. It never holds up who
 * gives it something: whoever gives looks how much waits.
 */
export class EventStream {
  readonly #out: HttpStream;
  #waiting: Outgoing[] = [];
  #waitingBytes = 0;
  #isFlowing = false;
  #givenBytes = 0;
  #takenBytes = 0;
  #takenAtMs: number;
  #lastAtMs: number;

  constructor(out: HttpStream, nowMs: number) {
    this.#out = out;
    this.#takenAtMs = nowMs;
    this.#lastAtMs = nowMs;
    out.onDrain(() => this.#flow());
  }

  get isOpen(): boolean {
    return this.#out.isOpen();
  }

  /** Bytes that were not taken. */
  get queuedBytes(): number {
    return this.#waitingBytes + this.#out.queuedBytes();
  }

  /** Those of them that can still be taken back. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** When something was written last. */
  get lastAtMs(): number {
    return this.#lastAtMs;
  }

  /** `id`: under which the stream is read on behind this message, where it can be. */
  message(message: Outgoing, id: string | undefined, nowMs: number): void {
    const head = id === undefined ? "event: message\ndata: " : `event: message\nid: ${id}\ndata: `;
    const line = inOneLine(message);
    const bytes =
      typeof line === "string"
        ? `${head}${line}\n\n`
        : [Buffer.from(head, "latin1"), ...line, Buffer.from("\n\n", "latin1")];
    this.#give(bytes, nowMs);
  }

  /** Gives an id from which the stream is read on, and nothing else. */
  prime(id: string, nowMs: number): void {
    this.#give(`id: ${id}\ndata: \n\n`, nowMs);
  }

  /** Shows that we are still there, and finds out whether the other side is. */
  comment(nowMs: number): void {
    if (this.queuedBytes === 0) this.#give(": still here\n\n", nowMs);
  }

  /** Whether the other side has stopped reading. */
  isStalled(nowMs: number): boolean {
    const { queuedBytes } = this;
    const takenBytes = this.#givenBytes - queuedBytes;
    if (queuedBytes === 0 || takenBytes - this.#takenBytes >= leastTakenBytes) {
      this.#takenBytes = takenBytes;
      this.#takenAtMs = nowMs;
    }
    return nowMs - this.#takenAtMs > stalledMs;
  }

  /** Takes back what can be. */
  takeBack(): void {
    this.#givenBytes -= this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** Ends it, behind what waits. */
  end(): void {
    this.#waitingBytes = 0;
    for (const bytes of this.#waiting.splice(0)) this.#out.write(bytes);
    this.#out.end();
  }

  #give(bytes: Outgoing, nowMs: number): void {
    if (!this.#out.isOpen()) return;
    const size = sizeOf(bytes);
    this.#givenBytes += size;
    this.#lastAtMs = nowMs;
    this.#waiting.push(bytes);
    this.#waitingBytes += size;
    this.#flow();
  }

  #flow(): void {
    // Node may tell of room within a write, between two pieces of one event too.
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    let sent = 0;
    while (sent < this.#waiting.length && this.#out.queuedBytes() < mostWrittenBytes) {
      const bytes = this.#waiting[sent++] as Outgoing;
      this.#waitingBytes -= sizeOf(bytes);
      this.#out.write(bytes);
    }
    this.#waiting.splice(0, sent);
    this.#isFlowing = false;
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
