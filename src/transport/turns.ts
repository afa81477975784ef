import type { Clock } from "../ports/clock.ts";
import type { Pausable } from "./link.ts";

/**
 * Lets links that bring much be read one after the other, one in each turn of the event loop: what they bring is
 * scanned as it comes, and several of them in one turn would hold up the short messages of all others.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting: Pausable[] = [];
  /** Who has brought much in this turn. */
  #reader: Pausable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `link` has brought much. Where it is not alone in that, it is paused until its turn comes. */
  take(link: Pausable): void {
    if (this.#waiting.length > 0 || (this.#reader !== undefined && this.#reader !== link)) {
      link.pause();
      this.#waiting.push(link);
    } else if (this.#reader === undefined) {
      this.#reader = link;
      this.#clock.soon(() => this.#next());
    }
  }

  #next(): void {
    this.#reader = this.#waiting.shift();
    if (this.#reader === undefined) return;
    this.#reader.resume();
    this.#clock.soon(() => this.#next());
  }
}
