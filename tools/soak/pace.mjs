// pace.mjs: a steady rate, with rests.

export class Pace {
  #rate;
  #gapMs = 0;
  #nextAt = 0;
  #inFlight = 0;
  #held;
  #release = () => {};

  /** `rate`: tasks begun in a second. */
  constructor(rate) {
    this.#rate = rate;
    this.hurry(1);
  }

  /** From now on so many times the rate. */
  hurry(times) {
    this.#gapMs = 1000 / (times * this.#rate);
  }

  get isResting() {
    return this.#held !== undefined;
  }

  /** Resolves when it does not rest. */
  get awake() {
    return this.#held;
  }

  /** Runs a task when it is its turn. */
  run = (task) => this.#run(task, true);

  /** The same; a task whose turn would come in a rest is left out. */
  runOrLeave = (task) => this.#run(task, false);

  async #run(task, isPatient) {
    for (;;) {
      if (this.isResting && !isPatient) return undefined;
      await this.#held;
      const now = performance.now();
      const at = Math.max(now, this.#nextAt);
      this.#nextAt = at + this.#gapMs;
      if (at > now) await new Promise((resolve) => setTimeout(resolve, at - now));
      if (!this.isResting) break;
    }
    this.#inFlight++;
    try {
      return await task();
    } finally {
      this.#inFlight--;
    }
  }

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
