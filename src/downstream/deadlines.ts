import type { Clock, Timer } from "../ports/clock.ts";
import { patiently } from "./patience.ts";

/** Something that ends at a time (ms, `clock.now()`) unless it is done before. The time may move to later. */
export type Dated = {
  readonly deadlineAt: number;
  /** Its time has come. It may then be open no longer. */
  readonly expire: () => void;
};

/** Watches the deadlines of all that is open with one timer. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #open: () => Iterable<Dated>;
  readonly #defect: (cause: unknown) => void;
  #timer: Timer | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  /** `defect`: one that expires has thrown, which costs no other anything. */
  constructor(clock: Clock, open: () => Iterable<Dated>, defect: (cause: unknown) => void) {
    this.#clock = clock;
    this.#open = open;
    this.#defect = defect;
  }

  /** Something is open that ends at `at`. What moves to later need not be told: it is seen when the timer comes round. */
  watch(at: number): void {
    if (at >= this.#wakesAt) return;
    this.#timer?.cancel();
    this.#wakesAt = at;
    this.#timer = patiently(this.#clock, Math.max(at - this.#clock.now(), 0), () => this.#look());
  }

  /** Wakes for nothing where nothing is open: until then the timer holds all that it could look at. */
  rest(): void {
    if (this.#open()[Symbol.iterator]().next().done !== true) return;
    this.#timer?.cancel();
    this.#wakesAt = Number.POSITIVE_INFINITY;
  }

  #look(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const item of this.#open()) {
      if (item.deadlineAt <= now) this.#expire(item);
      else next = Math.min(next, item.deadlineAt);
    }
    this.watch(next);
  }

  #expire(item: Dated): void {
    try {
      item.expire();
    } catch (cause) {
      this.#defect(cause);
    }
  }
}
