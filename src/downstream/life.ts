import type { Clock, Timer } from "../ports/clock.ts";
import { LoginRequired, Unopenable } from "../transport/link.ts";
import { Backoff, type BackoffBounds } from "./backoff.ts";
import { type Breaker, inSeconds } from "./breaker.ts";
import type { Greeting } from "./handshake.ts";
import type { State } from "./options.ts";
import { StartLimit } from "./start-limit.ts";

/** One that has run for so long is not one that fails again and again. */
const wellMs = 60_000;

/** One start, as whoever carries it out sees it. */
export type Start = {
  /** Throws where it was given up meanwhile. */
  readonly refuseWhenOver: () => void;
  /** What `wait` resolves to; the limit on the start stands still until then. */
  readonly without: <T>(wait: () => Promise<T>) => Promise<T>;
};

export type LifeOptions = {
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly connectTimeoutMs: number;
  /** The pauses between one start and the next; false: it is started once. */
  readonly restart: BackoffBounds | false;
  /** Whether it starts only when it is wanted. */
  readonly isLazy: boolean;
  readonly breaker: Breaker;
  /** Takes secrets out of a reason. */
  readonly redact: (text: string) => string;
  /** Starts and greets it. Throws an Error of one line. */
  readonly begin: (start: Start) => Promise<Greeting>;
  /** Ends what was started, or is being started; never rejects. Resolves when nothing of it is left. */
  readonly end: () => Promise<void>;
  /** It is in another state, other than that it starts. */
  readonly changed: () => void;
};

/**
 * The life of one server: it starts, is ready, goes down and starts again, by pauses that grow or at once when it is
 * wanted, until it is stopped for ever, which may be at any time. What belongs to a start that was given up is void, and
 * nothing is started before what ran last has ended.
 */
export class Life {
  readonly #options: LifeOptions;
  readonly #backoff: Backoff;
  #state: State;
  /** Which start this is. */
  #number = 0;
  /** The breaker's round when it was started. */
  #round = 0;
  #readyAt = 0;
  #hasBeenReady = false;
  #limit: StartLimit | undefined;
  #next: Timer | undefined;
  #ending: Promise<void> = Promise.resolve();
  #started: Promise<void> = Promise.resolve();
  #settle = (): void => {};

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.restart || { minMs: 0, maxMs: 0 }, options.random);
    this.#state = { kind: options.isLazy ? "idle" : "starting" };
  }

  get state(): State {
    return this.#state;
  }

  /** Whether it was ever ready. */
  get hasBeenReady(): boolean {
    return this.#hasBeenReady;
  }

  /** Whether only the user can help, by signing in. */
  get needsLogin(): boolean {
    return this.#state.kind === "down" && this.#state.needsLogin === true;
  }

  /** Whether it will not start again by itself. */
  get isOver(): boolean {
    return this.#state.kind === "draining" || (this.#state.kind === "down" && this.#state.nextTryAt === undefined);
  }

  /** What is wrong with it, as in "still starting"; undefined where it is ready, or is started by the next call. */
  describe(now: number): string | undefined {
    const state = this.#state;
    if (state.kind === "starting") return this.#hasBeenReady ? "starting again" : "still starting";
    if (state.kind === "draining") return "it is being drained: it finishes what runs and takes nothing new";
    if (state.kind !== "down") return undefined;
    const isSoon = state.nextTryAt !== undefined && state.nextTryAt > now;
    return isSoon ? `${state.reason}; next try in ${inSeconds(state.nextTryAt - now)}` : state.reason;
  }

  /** Starts it for the first time. Resolves when it is ready, or this start has failed; never rejects. */
  start(): Promise<void> {
    if (this.#number === 0) this.#started = this.#begin();
    return this.#started;
  }

  /** It is wanted: it starts now where it does not run, and may. Resolves as `start`. */
  wake(): Promise<void> {
    const { kind } = this.#state;
    if (kind === "idle" || (kind === "down" && !this.isOver)) this.#started = this.#begin();
    return this.#started;
  }

  /** The user has signed in to it: it starts where it was waiting for that. */
  signedIn(): void {
    if (this.needsLogin) this.#started = this.#begin();
  }

  /** What was started has ended by itself, or is as good as dead. */
  lost(reason: string): void {
    const { kind } = this.#state;
    if (kind === "starting" || kind === "ready") this.#goDown(reason);
    else if (kind === "draining") void this.stop(reason);
  }

  /** It is not needed for now: the next call starts it again. */
  rest(): void {
    if (this.#state.kind !== "ready") return;
    this.#state = { kind: "idle" };
    this.#leave();
    this.#options.changed();
  }

  /** It takes nothing new from now on. False: it was not ready, and there is nothing to finish. */
  drain(): boolean {
    if (this.#state.kind !== "ready") return false;
    this.#state = { kind: "draining" };
    this.#options.changed();
    return true;
  }

  /** It ends for ever; resolves when nothing of it is left. */
  async stop(reason: string): Promise<void> {
    const isFailure = this.#state.kind === "down" && this.#state.isFailure;
    const why = this.#state.kind === "down" ? this.#state.reason : reason;
    this.#state = { kind: "down", reason: why, isFailure, nextTryAt: undefined };
    this.#leave();
    await this.#ending;
  }

  #begin(): Promise<void> {
    this.#next?.cancel();
    this.#state = { kind: "starting" };
    return new Promise((resolve) => {
      this.#settle = resolve;
      void this.#run(++this.#number);
    });
  }

  async #run(number: number): Promise<void> {
    const { clock, connectTimeoutMs, breaker, begin, redact } = this.#options;
    // It is killed before it is started again.
    await this.#ending;
    if (number !== this.#number) return;
    const startedAt = clock.now();
    this.#round = breaker.round;
    const text = `no answer within ${connectTimeoutMs / 1000} s of its start (connectTimeoutMs)`;
    const limit = new StartLimit(clock, connectTimeoutMs, () => this.#goDown(text));
    this.#limit = limit;
    limit.begin();
    const refuseWhenOver = (): void => {
      if (number !== this.#number) throw new Error("it was given up");
    };
    try {
      const greeting = await begin({ refuseWhenOver, without: (wait) => limit.without(wait) });
      refuseWhenOver();
      limit.end();
      this.#readyAt = clock.now();
      this.#hasBeenReady = true;
      this.#state = { kind: "ready", greeting, startedInMs: this.#readyAt - startedAt };
      breaker.started();
      this.#settle();
      this.#options.changed();
    } catch (cause) {
      if (number !== this.#number) return;
      this.#goDown(redact(cause instanceof Error ? cause.message : String(cause)), cause);
    }
  }

  /** `cause`: what the start came to; time alone does not cure all of it. */
  #goDown(reason: string, cause?: unknown): void {
    const { clock, restart, breaker } = this.#options;
    const now = clock.now();
    const isFailure = this.#state.kind === "starting";
    if (!isFailure && now - this.#readyAt >= wellMs) this.#backoff.reset();
    const round = this.#round;
    // From here on nobody hears that what ends has ended.
    this.#state = { kind: "down", reason, isFailure, nextTryAt: undefined };
    this.#leave();
    if (cause instanceof LoginRequired) {
      this.#state = { kind: "down", reason, isFailure, needsLogin: true, nextTryAt: undefined };
      this.#options.changed();
      return;
    }
    breaker.failed({ reason, isStart: isFailure }, round, now);
    const pauseMs = cause instanceof Unopenable ? this.#backoff.longest() : this.#backoff.next();
    const nextTryAt = restart === false ? undefined : Math.max(now + pauseMs, breaker.untilMs);
    this.#state = { kind: "down", reason, isFailure, nextTryAt };
    if (nextTryAt !== undefined) this.#next = clock.after(nextTryAt - now, () => void this.wake());
    this.#options.changed();
  }

  /** Whatever is going on is void, and ends. */
  #leave(): void {
    this.#number++;
    this.#limit?.end();
    this.#next?.cancel();
    this.#ending = this.#options.end();
    this.#settle();
  }
}
