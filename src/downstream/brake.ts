import type { Clock } from "../ports/clock.ts";
import type { Pausable } from "../transport/link.ts";

/** So much in a second a server may bring that answers nothing, and a tenth of it at once. */
const perSecond = 50_000;
const mostAtOnce = perSecond / 10;
/** Whoever brings more is not read for so long: what it has written already is taken in pieces with time between them. */
const pauseMs = 10;

/** Holds up a server that floods us, so that what it brings takes no time from others; and for whoever else wants it held up. */
export class Brake implements Pausable {
  readonly #clock: Clock;
  readonly #link: () => Pausable | undefined;
  #left = mostAtOnce;
  #filledAt = 0;
  #isFlooding = false;
  #isHeld = false;

  /** `link`: what is held up, once there is one. */
  constructor(clock: Clock, link: () => Pausable | undefined) {
    this.#clock = clock;
    this.#link = link;
  }

  /** It has brought something that answers nothing. */
  count(): void {
    if (--this.#left >= 0) return;
    const now = this.#clock.now();
    this.#left = Math.min(mostAtOnce, ((now - this.#filledAt) * perSecond) / 1000);
    this.#filledAt = now;
    if (this.#left >= 1 || this.#isFlooding) return;
    this.#isFlooding = true;
    this.#apply();
    this.#clock.after(pauseMs, () => {
      this.#isFlooding = false;
      this.#apply();
    });
  }

  pause(): void {
    this.#isHeld = true;
    this.#apply();
  }

  resume(): void {
    this.#isHeld = false;
    this.#apply();
  }

  #apply(): void {
    const link = this.#link();
    if (this.#isHeld || this.#isFlooding) link?.pause();
    else link?.resume();
  }
}
