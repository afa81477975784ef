import pLimit, { type LimitFunction } from "p-limit";

/** Gives a place back, or gives up waiting for one. Does nothing the second time. */
export type Leave = () => void;

const nothing: Leave = () => {};

/** The bound on how many calls of one server run at once and how many wait, first come first served. */
export class Gate {
  readonly #limit: LimitFunction | undefined;
  readonly #most: number;
  #inside = 0;

  /** `maxConcurrentCalls` 0 means no bound: then nothing ever waits. */
  constructor(maxConcurrentCalls: number, maxQueuedCalls: number) {
    this.#limit = maxConcurrentCalls === 0 ? undefined : pLimit(maxConcurrentCalls);
    this.#most = maxConcurrentCalls + maxQueuedCalls;
  }

  /** Runs `start` when there is a place, which is kept until the returned function is called. Undefined: the queue is full. */
  enter(start: () => void): Leave | undefined {
    if (this.#limit === undefined) {
      start();
      return nothing;
    }
    if (this.#inside >= this.#most) return undefined;
    this.#inside++;
    let hasLeft = false;
    let release = nothing;
    // One that gave up keeps its turn in p-limit's queue, and passes it on when it comes.
    void this.#limit(async () => {
      if (hasLeft) return;
      await new Promise<void>((resolve) => {
        release = resolve;
        start();
      });
    });
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#inside--;
      release();
    };
  }
}
