import pLimit, { type LimitFunction } from "p-limit";
import type { Clock } from "../ports/clock.ts";
import { Lanes } from "./lanes.ts";

/** Gives a place back, or gives up waiting for one. Does nothing the second time. */
export type Leave = () => void;

/** Why somebody may not even wait, in lower case, with the setting. */
export type Refusal = { readonly refused: string };

/** Who wants in. */
export type Visitor = {
  /** Whose it is: where several have some who wait, each in turn lets one in. */
  readonly lane: object;
  /** What is kept of it while it waits. */
  readonly bytes: number;
  /** Waiting longer than until then (ms, `clock.now()`) is of no use to it. */
  readonly deadlineAt: number;
  readonly start: () => void;
};

export type GateBounds = {
  /** 0 means no bound: then nothing ever waits. */
  readonly maxConcurrentCalls: number;
  readonly maxQueuedCalls: number;
  readonly maxQueuedBytes: number;
};

type Waiter = Visitor & { startedAt: number | undefined; release: () => void };

/** Of how many who have left it must be known how long they took, before anybody is refused for it. */
const leastKnown = 5;
/** How much the last one counts in how long they take. */
const lastCounts = 0.2;

const nothing = (): void => {};

/**
 * The bound on how many calls of one server run at once and how many wait. First come first served, but for clients that
 * have several waiting: these take turns. Who would wait longer than it can is refused when it comes.
 */
export class Gate {
  readonly #limit: LimitFunction | undefined;
  readonly #bounds: GateBounds;
  readonly #clock: Clock;
  /** Who gives up is taken out, because p-limit would keep it until its turn comes. */
  readonly #waiting = new Lanes<Waiter>();
  /** Turns asked of p-limit that have not come. Whose they are is decided when they come. */
  #turns = 0;
  #inside = 0;
  #waitingBytes = 0;
  /** How long they took from their start until they left, the newest counting most. */
  #usualMs = 0;
  #known = 0;
  // Made once, so that what p-limit keeps until a turn comes refers to no waiter.
  readonly #turn = async (): Promise<void> => {
    this.#turns--;
    const waiter = this.#waiting.next();
    if (waiter === undefined) return;
    this.#waitingBytes -= waiter.bytes;
    waiter.startedAt = this.#clock.now();
    await new Promise<void>((resolve) => {
      waiter.release = resolve;
      waiter.start();
    });
  };

  constructor(bounds: GateBounds, clock: Clock) {
    const { maxConcurrentCalls } = bounds;
    this.#limit = maxConcurrentCalls === 0 ? undefined : pLimit(maxConcurrentCalls);
    this.#bounds = bounds;
    this.#clock = clock;
  }

  /** What is kept of those who wait. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Has the visitor start when there is a place, which is kept until the returned function is called. */
  enter(visitor: Visitor): Leave | Refusal {
    if (this.#limit === undefined) {
      visitor.start();
      return nothing;
    }
    const refused = this.#refusal(visitor);
    if (refused !== undefined) return { refused };
    const waiter: Waiter = { ...visitor, startedAt: undefined, release: nothing };
    this.#inside++;
    this.#waiting.add(waiter);
    this.#waitingBytes += waiter.bytes;
    if (this.#turns < this.#waiting.size) {
      this.#turns++;
      void this.#limit(this.#turn); // Never rejects.
    }
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#inside--;
      if (this.#waiting.delete(waiter)) this.#waitingBytes -= waiter.bytes;
      else this.#learn(this.#clock.now() - (waiter.startedAt as number));
      waiter.release();
    };
  }

  #refusal({ lane, bytes, deadlineAt }: Visitor): string | undefined {
    const { maxConcurrentCalls, maxQueuedCalls, maxQueuedBytes } = this.#bounds;
    if (this.#inside >= maxConcurrentCalls + maxQueuedCalls) {
      return `${maxQueuedCalls} calls already wait (maxQueuedCalls)`;
    }
    const running = this.#inside - this.#waiting.size;
    const turnsBefore = this.#waiting.before(lane) + 1 - (maxConcurrentCalls - running);
    if (turnsBefore <= 0) return undefined;
    // One that is longer than all of it may wait alone.
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > maxQueuedBytes) {
      return `calls of ${megabytes(this.#waitingBytes)} MB already wait (maxQueuedBytes)`;
    }
    const waitMs = this.#known < leastKnown ? 0 : (turnsBefore * this.#usualMs) / maxConcurrentCalls;
    const leftMs = deadlineAt - this.#clock.now();
    if (waitMs <= leftMs) return undefined;
    return (
      `it would wait about ${seconds(waitMs)} s for a place, and has ${seconds(leftMs)} s ` +
      `(callTimeoutMs, maxConcurrentCalls ${maxConcurrentCalls})`
    );
  }

  #learn(tookMs: number): void {
    this.#known++;
    this.#usualMs += (tookMs - this.#usualMs) * Math.max(lastCounts, 1 / this.#known);
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}

function seconds(ms: number): string {
  return (ms / 1000).toPrecision(2);
}
