import pLimit, { type LimitFunction } from "p-limit";

/** Gives a place back, or gives up waiting for one. Does nothing the second time. */
export type Leave = () => void;

type Waiter = { readonly start: () => void; release: () => void };

const nothing = (): void => {};

/** The bound on how many calls of one server run at once and how many wait, first come first served. */
export class Gate {
  readonly #limit: LimitFunction | undefined;
  readonly #most: number;
  /** In order; who gives up is taken out, because p-limit would keep it until its turn comes. */
  readonly #waiting = new Set<Waiter>();
  /** Turns asked of p-limit that have not come. Whose they are is decided when they come. */
  #turns = 0;
  #inside = 0;
  // Made once, so that what p-limit keeps until a turn comes refers to no waiter.
  readonly #turn = async (): Promise<void> => {
    this.#turns--;
    const [waiter] = this.#waiting;
    if (waiter === undefined) return;
    this.#waiting.delete(waiter);
    await new Promise<void>((resolve) => {
      waiter.release = resolve;
      waiter.start();
    });
  };

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
    const waiter = { start, release: nothing };
    this.#inside++;
    this.#waiting.add(waiter);
    if (this.#turns < this.#waiting.size) {
      this.#turns++;
      void this.#limit(this.#turn); // Never rejects.
    }
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#inside--;
      this.#waiting.delete(waiter);
      waiter.release();
    };
  }
}
