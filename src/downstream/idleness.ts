import type { Clock, Timer } from "../ports/clock.ts";

/** Notices that a server was not used for so long; with `ms` 0 never. */
export class Idleness {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #isBusy: () => boolean;
  readonly #reached: () => void;
  #usedAt = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, ms: number, isBusy: () => boolean, reached: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#isBusy = isBusy;
    this.#reached = reached;
  }

  /** It runs from now on. */
  begin(): void {
    if (this.#ms === 0) return;
    this.#usedAt = this.#clock.now();
    this.#wait(this.#ms);
  }

  /** It is used now. Cheap, because it is told of every call: the timer looks when it comes round. */
  used(now: number): void {
    this.#usedAt = now;
  }

  /** It does not run any more. */
  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(ms, () => {
      const leftMs = this.#usedAt + this.#ms - this.#clock.now();
      if (this.#isBusy()) this.#wait(this.#ms);
      else if (leftMs > 0) this.#wait(leftMs);
      else this.#reached();
    });
  }
}
