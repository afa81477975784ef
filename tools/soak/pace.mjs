// pace.mjs: a steady rate, with rests.

export class Pace {
  #gapMs;
  #nextAt = 0;
  #inFlight = 0;
  #held;
  #release = () => {};

  /** `rate`: tasks begun in a second. */
  constructor(rate) {
    this.#gapMs = 1000 / rate;
  }

  /** Runs a task when it is its turn. */
  run = async (task) => {
    for (;;) {
      await this.#held;
      const now = performance.now();
      const at = Math.max(now, this.#nextAt);
      this.#nextAt = at + this.#gapMs;
      if (at > now) await new Promise((resolve) => setTimeout(resolve, at - now));
      if (this.#held === undefined) break;
    }
    this.#inFlight++;
    try {
      return await task();
    } finally {
      this.#inFlight--;
    }
  };

  /** Nothing more begins; resolves to whether all that had begun has ended within the time. */
  async rest(withinMs) {
    this.#held = new Promise((resolve) => {
      this.#release = resolve;
    });
    const until = performance.now() + withinMs;
    while (this.#inFlight > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
    return this.#inFlight === 0;
  }

  goOn() {
    this.#held = undefined;
    this.#release();
  }
}
