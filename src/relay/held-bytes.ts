import type { Clock } from "../ports/clock.ts";

/** It is summed up no more often than this. */
const everyMs = 20;

/** So many times what is left in all one may have. */
const mostShare = 8;

/** What is kept of messages until others take them, in all, and its bound. */
export class HeldBytes {
  readonly mostBytes: number;
  readonly #clock: Clock;
  readonly #holders = new Set<() => number>();
  #bytes = 0;
  #summedAt = Number.NEGATIVE_INFINITY;

  constructor(mostBytes: number, clock: Clock) {
    this.mostBytes = mostBytes;
    this.#clock = clock;
  }

  /** From now on counts what `holder` says that it holds, until the returned function is called. */
  watch(holder: () => number): () => void {
    this.#holders.add(holder);
    return () => void this.#holders.delete(holder);
  }

  /**
   * Whether more may be taken in of one for whom `ownBytes` are held: not when it has many times what is left for all
   * others. So a few that want much leave room for those that want little. Up to 20 ms late.
   */
  hasRoomFor(ownBytes: number): boolean {
    const now = this.#clock.now();
    if (now - this.#summedAt >= everyMs) {
      this.#summedAt = now;
      this.#bytes = 0;
      for (const holder of this.#holders) this.#bytes += holder();
    }
    return ownBytes <= mostShare * (this.mostBytes - this.#bytes);
  }
}
