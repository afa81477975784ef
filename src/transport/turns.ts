import type { Clock } from "../ports/clock.ts";
import type { Pausable } from "./link.ts";

/** So long, in ms, one may be read in one turn; what it brings may be cheap to read, or many small messages. */
const mostMs = 2;

/**
 * Lets links that bring much be read one after the other, one in each turn of the event loop: what they bring is
 * scanned as it comes, and several of them in one turn would hold up the short messages of all others.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting: Pausable[] = [];
  /** Who has brought much in this turn. */
  #reader: Pausable | undefined;
  /** Since when. */
  #sinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `link` has brought much, which is being read since then (ms, `clock.now()`). Where it is not alone in that, or was read for long, it is paused until its turn comes. */
  take(link: Pausable, sinceMs = this.#clock.now()): void {
    if (this.#reader === undefined) {
      this.#reader = link;
      this.#clock.soon(() => this.#next());
    }
    this.#sinceMs ??= sinceMs;
    const isShort = this.#clock.now() - this.#sinceMs < mostMs;
    if (this.#waiting.length === 0 && this.#reader === link && isShort) return;
    link.pause();
    this.#waiting.push(link);
  }

  #next(): void {
    this.#sinceMs = undefined;
    this.#reader = this.#waiting.shift();
    if (this.#reader === undefined) return;
    this.#reader.resume();
    this.#clock.soon(() => this.#next());
  }
}
