import type { Clock, Timer } from "../ports/clock.ts";

/** Something that ends at a time unless it is done before; the time may move. */
export type Dated = { readonly deadlineAt: number };

/** Watches many deadlines with one timer. */
export class Deadlines<T extends Dated> {
  readonly #clock: Clock;
  readonly #expire: (item: T) => void;
  readonly #open = new Set<T>();
  #timer: Timer | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  /** `expire` is called once for each item whose time has come, after it is forgotten. */
  constructor(clock: Clock, expire: (item: T) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  get size(): number {
    return this.#open.size;
  }

  add(item: T): void {
    this.#open.add(item);
    this.#wake(item.deadlineAt);
  }

  delete(item: T): void {
    this.#open.delete(item);
  }

  // A deadline that has moved is noticed when the timer comes round: it only ever moves to later.
  #wake(at: number): void {
    if (at >= this.#wakesAt) return;
    this.#timer?.cancel();
    this.#wakesAt = at;
    this.#timer = this.#clock.after(Math.max(at - this.#clock.now(), 0), () => this.#look());
  }

  #look(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    const expired = [...this.#open].filter(({ deadlineAt }) => deadlineAt <= now);
    for (const item of expired) {
      // The end of one may have ended another.
      if (this.#open.delete(item)) this.#expire(item);
    }
    let next = Number.POSITIVE_INFINITY;
    for (const { deadlineAt } of this.#open) next = Math.min(next, deadlineAt);
    this.#wake(next);
  }
}
