import type { Writable } from "node:stream";
import type { Clock } from "../ports/clock.ts";
import { type Outgoing, sizeOf } from "../wire/message.ts";
import type { Pausable } from "./link.ts";

/** A source with more than this waiting is paused, and resumed when none of it waits. */
const mostPerSource = 4 * 1024 * 1024;

type Waiting = { readonly pieces: readonly Buffer[]; readonly source: Pausable | undefined };

/**
 * Sends messages as lines. All that is sent in one turn of the event loop goes out in one write. While the other side
 * does not read, messages wait here: short ones go first and together, long ones one at a time, so that a short reply
 * never waits for more than the long one that is under way.
 */
export class Outbox {
  readonly #stream: Writable;
  readonly #clock: Clock;
  #short = "";
  #long: Waiting[] = [];
  /** Bytes that wait, by the source they came from; short ones are forgotten together, when they are sent. */
  readonly #shortBytes = new Map<Pausable, number>();
  readonly #longBytes = new Map<Pausable, number>();
  readonly #paused = new Set<Pausable>();
  #queuedBytes = 0;
  #isScheduled = false;
  #isBlocked = false;
  /** Short ones went last: the next long one goes before more of them. */
  #isLongDue = false;
  #isEnding = false;

  constructor(stream: Writable, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    stream.on("drain", () => {
      this.#isBlocked = false;
      this.#flush();
    });
  }

  get queuedBytes(): number {
    return this.#queuedBytes + this.#stream.writableLength;
  }

  send(message: Outgoing, source: Pausable | undefined): void {
    if (this.#isEnding || this.#stream.destroyed) return;
    const size = sizeOf(message) + 1;
    this.#queuedBytes += size;
    // What comes from one source stays in order: behind a long message of its own, a short one waits too.
    const isBehind = source !== undefined && (this.#longBytes.get(source) ?? 0) > 0;
    if (typeof message === "string" && !isBehind) {
      this.#short += `${message}\n`;
      if (source !== undefined && this.#isBlocked) this.#count(this.#shortBytes, source, size);
    } else {
      const pieces = typeof message === "string" ? [Buffer.from(message, "latin1")] : message;
      this.#long.push({ pieces, source });
      if (source !== undefined) this.#count(this.#longBytes, source, size);
    }
    if (!this.#isBlocked && !this.#isScheduled) {
      this.#isScheduled = true;
      this.#clock.soon(() => {
        this.#isScheduled = false;
        this.#flush();
      });
    }
  }

  /** Ends the stream when all that waits is sent. */
  end(): void {
    this.#isEnding = true;
    // A stream that is destroyed drains no more.
    if (!this.#isBlocked || this.#stream.destroyed) this.#flush();
  }

  #flush(): void {
    if (this.#stream.destroyed) {
      this.#forget();
      return;
    }
    while (!this.#isBlocked && (this.#short !== "" || this.#long.length > 0)) {
      if (this.#short !== "" && !this.#isLongDue) this.#writeShort();
      else this.#writeLong();
    }
    for (const source of this.#paused) if (this.#waiting(source) === 0) this.#resume(source);
    if (this.#isEnding && this.#queuedBytes === 0) this.#stream.end();
  }

  #writeShort(): void {
    const lines = this.#short;
    this.#short = "";
    this.#queuedBytes -= lines.length;
    this.#shortBytes.clear();
    this.#isBlocked = !this.#stream.write(lines, "latin1");
    this.#isLongDue = this.#long.length > 0;
  }

  #writeLong(): void {
    const { pieces, source } = this.#long.shift() as Waiting;
    const size = sizeOf(pieces) + 1;
    this.#queuedBytes -= size;
    if (source !== undefined) this.#longBytes.set(source, (this.#longBytes.get(source) ?? 0) - size);
    this.#stream.cork();
    for (const piece of pieces) this.#stream.write(piece);
    this.#isBlocked = !this.#stream.write("\n");
    this.#stream.uncork();
    this.#isLongDue = false;
  }

  #count(bytes: Map<Pausable, number>, source: Pausable, size: number): void {
    bytes.set(source, (bytes.get(source) ?? 0) + size);
    if (this.#waiting(source) > mostPerSource && !this.#paused.has(source)) {
      this.#paused.add(source);
      source.pause();
    }
  }

  #waiting(source: Pausable): number {
    return (this.#shortBytes.get(source) ?? 0) + (this.#longBytes.get(source) ?? 0);
  }

  #resume(source: Pausable): void {
    this.#paused.delete(source);
    source.resume();
  }

  /** The other side is gone: nothing waits any more, and nobody is held up for it. */
  #forget(): void {
    this.#short = "";
    this.#long = [];
    this.#queuedBytes = 0;
    this.#shortBytes.clear();
    this.#longBytes.clear();
    for (const source of this.#paused) this.#resume(source);
  }
}
