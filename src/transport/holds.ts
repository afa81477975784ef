import type { Pausable } from "./link.ts";

/** Holds up sources: each one for as long as anybody has too much of what it gave. */
export class Holds {
  readonly #holders = new Map<Pausable, Set<object>>();

  hold(source: Pausable, holder: object): void {
    const holders = this.#holders.get(source);
    if (holders === undefined) {
      this.#holders.set(source, new Set([holder]));
      source.pause();
    } else holders.add(holder);
  }

  /** Does nothing where `holder` does not hold it up. */
  release(source: Pausable, holder: object): void {
    const holders = this.#holders.get(source);
    if (holders?.delete(holder) !== true || holders.size > 0) return;
    this.#holders.delete(source);
    source.resume();
  }
}
