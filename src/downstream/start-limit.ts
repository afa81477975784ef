import type { Clock, Timer } from "../ports/clock.ts";
import { patiently } from "./patience.ts";

/** A limit on how long a start takes, without the time in which it waits for somebody else. */
export class StartLimit {
  readonly #clock: Clock;
  readonly #expired: () => void;
  #leftMs: number;
  #begunAt = 0;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(clock: Clock, ms: number, expired: () => void) {
    this.#clock = clock;
    this.#leftMs = ms;
    this.#expired = expired;
  }

  begin(): void {
    this.#begunAt = this.#clock.now();
    this.#timer = patiently(this.#clock, this.#leftMs, () => this.#expired());
  }

  /** What `wait` resolves to; the limit stands still until then. */
  async without<T>(wait: () => Promise<T>): Promise<T> {
    this.#timer?.cancel();
    this.#leftMs -= this.#clock.now() - this.#begunAt;
    const result = await wait();
    if (!this.#isOver) this.begin();
    return result;
  }

  /** The start is over. */
  end(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }
}
