import { type Outgoing, sizeOf } from "../wire/message.ts";

/** One message that was sent, or is to be sent, on a stream of events. `at` grows with each. */
export type Kept = { readonly stream: number; readonly at: number; readonly id: string; readonly message: Outgoing };

/** Where a client has stopped reading. */
export type Place = { readonly stream: number; readonly after: number };

type Event = Kept & { readonly sentMs: number; readonly size: number };

export type ReplayBounds = { readonly maxEvents: number; readonly maxBytes: number; readonly retainMs: number };

/**
 * The last messages of all streams of one client, so that one that breaks off is read on from where it was left. Bounded
 * in number, bytes and time: the oldest go first, the newest stays. Ids are made of `nonce`, the stream's number and a
 * number that grows with each event.
 */
export class Replay {
  readonly #nonce: string;
  readonly #bounds: ReplayBounds;
  #events: Event[] = [];
  #bytes = 0;
  #last = 0;

  /** `nonce`: letters and digits that no other client's ids begin with. */
  constructor(nonce: string, bounds: ReplayBounds) {
    this.#nonce = nonce;
    this.#bounds = bounds;
  }

  /** The number of the event that was kept last. */
  get last(): number {
    return this.#last;
  }

  /** What is kept of them. */
  get bytes(): number {
    return this.#bytes;
  }

  add(stream: number, message: Outgoing, nowMs: number): Kept {
    this.#last += 1;
    const size = sizeOf(message);
    const event = { stream, at: this.#last, id: this.idAt(stream), message, sentMs: nowMs, size };
    this.#events.push(event);
    this.#bytes += size;
    const { maxEvents, maxBytes } = this.#bounds;
    while (this.#events.length > 1 && (this.#events.length > maxEvents || this.#bytes > maxBytes)) {
      this.#bytes -= (this.#events.shift() as Event).size;
    }
    return event;
  }

  /** The id under which the stream is read on from here. */
  idAt(stream: number): string {
    return `${this.#nonce}-${stream}-${this.#last}`;
  }

  /** What an id means; undefined where it is none of this client's. */
  placeOf(id: string): Place | undefined {
    const [nonce, stream, after, more] = id.split("-");
    if (nonce !== this.#nonce || more !== undefined) return undefined;
    if (!/^\d{1,15}$/.test(stream ?? "") || !/^\d{1,15}$/.test(after ?? "")) return undefined;
    return { stream: Number(stream), after: Number(after) };
  }

  /** What the stream brought later, and is still there. */
  since({ stream, after }: Place): readonly Kept[] {
    return this.#events.filter((event) => event.stream === stream && event.at > after);
  }

  /** Forgets what was kept for its time; `isDue`: whether an event still has to be sent a first time. */
  prune(nowMs: number, isDue: (event: Kept) => boolean): void {
    const oldest = this.#events[0];
    const isOld = ({ sentMs }: Event): boolean => nowMs - sentMs > this.#bounds.retainMs;
    if (oldest === undefined || !isOld(oldest)) return;
    this.#events = this.#events.filter((event) => !isOld(event) || isDue(event));
    this.#bytes = this.#events.reduce((bytes, { size }) => bytes + size, 0);
  }
}
