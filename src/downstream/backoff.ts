export type BackoffBounds = { readonly minMs: number; readonly maxMs: number };

/**
 * The pauses before one try after the other: the first up to `minMs`, each later one up to twice as long, at most `maxMs`.
 * Each is drawn between half of that and the whole, so that what fell together does not come back together.
 */
export class Backoff {
  readonly #bounds: BackoffBounds;
  readonly #random: () => number;
  #tries = 0;

  /** `random`: from 0 to below 1. */
  constructor(bounds: BackoffBounds, random: () => number) {
    this.#bounds = bounds;
    this.#random = random;
  }

  /** The next pause, in ms. */
  next(): number {
    const { minMs, maxMs } = this.#bounds;
    // Beyond this many doublings nothing grows any more.
    const tries = Math.min(this.#tries++, 40);
    return this.#jittered(Math.min(minMs * 2 ** tries, maxMs));
  }

  /** The longest pause, for what time alone does not cure. */
  longest(): number {
    return this.#jittered(this.#bounds.maxMs);
  }

  /** All is well: the next pause is a first one. */
  reset(): void {
    this.#tries = 0;
  }

  #jittered(ms: number): number {
    return ms * (0.5 + this.#random() / 2);
  }
}
