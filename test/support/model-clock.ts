import type { Clock } from "../../src/ports/clock.ts";

/** A clock for models: everything happens at once and in order, while its owner waits. */
export class ModelClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #timers = new Set<{ readonly at: number; readonly order: number; readonly run: () => void }>();
  #soon: (() => void)[] = [];

  readonly now = (): number => this.#now;

  readonly soon = (run: () => void): void => void this.#soon.push(run);

  readonly after = (delayMs: number, run: () => void) => {
    const timer = { at: this.#now + delayMs, order: this.#order++, run };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  };

  /** Timers that have neither run nor been cancelled. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Runs what was put off until now. */
  turn(): void {
    for (const run of this.#soon.splice(0)) run();
  }

  /** Lets time pass and runs what falls due in it, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.order - b.order);
      if (next === undefined) break;
      this.#now = next.at;
      this.#timers.delete(next);
      next.run();
      this.turn();
    }
    this.#now = end;
  }
}

/** Every promise that can go on has gone on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
}
