import type { Clock, Timer } from "../ports/clock.ts";

/** The time that something has, which stands still while it is held up. It ends with `expired`, unless it is over before. */
export class Deadline {
  readonly #clock: Clock;
  readonly #expired: () => void;
  #leftMs: number;
  #since = 0;
  #timer: Timer | undefined;
  #holds = 0;
  #isOver = false;

  /** It runs at once; 0 ms means that it never ends. */
  constructor(clock: Clock, ms: number, expired: () => void) {
    this.#clock = clock;
    this.#expired = expired;
    this.#leftMs = ms || Number.POSITIVE_INFINITY;
    this.#run();
  }

  /** Holds it up until what this gives is called, and all others that hold it have called theirs. */
  hold(): () => void {
    if (++this.#holds === 1 && !this.#isOver) {
      this.#timer?.cancel();
      this.#leftMs -= this.#clock.now() - this.#since;
    }
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--this.#holds === 0 && !this.#isOver) this.#run();
    };
  }

  /** Nobody needs it any more. */
  end(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  #run(): void {
    this.#since = this.#clock.now();
    if (Number.isFinite(this.#leftMs)) this.#timer = this.#clock.after(Math.max(0, this.#leftMs), this.#expired);
  }
}
