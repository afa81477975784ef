import type { ServerConfig } from "../config/config.ts";
import type { Clock } from "../ports/clock.ts";
import { type Admission, Breaker } from "./breaker.ts";
import type { Call } from "./call.ts";
import { Early } from "./early.ts";
import type { Greeting } from "./handshake.ts";
import { Health } from "./health.ts";
import { Idleness } from "./idleness.ts";
import { Life, type Start } from "./life.ts";
import type { State } from "./options.ts";
import { WaitingCalls } from "./waiting-calls.ts";

export type AvailabilityOptions = {
  readonly config: ServerConfig;
  readonly clock: Clock;
  /** So many random bytes. */
  readonly random: (count: number) => Buffer;
  readonly redact: (text: string) => string;
  /** Starts and greets it. Throws an Error of one line. */
  readonly begin: (start: Start) => Promise<Greeting>;
  /** Ends what was started, or is being started; never rejects. Resolves when nothing of it is left. */
  readonly end: () => Promise<void>;
  /** Whether what is sent now can reach the server. */
  readonly isUp: () => boolean;
  /** Asks the server whether it is there; undefined where it cannot be asked. */
  readonly ping: (limitMs: number) => Promise<unknown> | undefined;
  /** Calls that wait or are under way. */
  readonly calls: () => readonly Call[];
  /** Whether somebody wants to hear of what changes there. */
  readonly isWatched: () => boolean;
  /** As `DownstreamOptions.signedIn`. */
  readonly signedIn?: ((then: () => void) => () => void) | undefined;
  /** It is in another state; calls that wait go on, or are refused, after that. */
  readonly changed: () => void;
  readonly breakerChanged: () => void;
};

/** Whether one server can be used: its life, its breaker and its health, and the calls that wait for it. */
export class Availability {
  readonly breaker: Breaker;
  readonly health: Health;
  readonly #options: AvailabilityOptions;
  readonly #idleness: Idleness;
  readonly #life: Life;
  readonly #waiting: WaitingCalls;
  /** Those that wait for the outcome of the one that tries. */
  readonly #behindTry: Early;
  #drained = (): void => {};
  /** Waits no longer for the user to sign in. */
  #forgetSignIn = (): void => {};

  constructor(options: AvailabilityOptions) {
    const { config, clock, redact, begin, end, ping, calls, isWatched, breakerChanged } = options;
    const { connectTimeoutMs, restartMinMs: minMs, restartMaxMs: maxMs } = config;
    this.#options = options;
    const random = (): number => options.random(4).readUInt32BE() / 2 ** 32;
    const bounds = { failures: config.breakerFailures, pauseMs: config.breakerPauseMs };
    this.breaker = new Breaker(bounds, random, { changed: breakerChanged, tried: () => this.#tried() });
    this.#behindTry = new Early(config.maxQueuedBytes, "to be tried");
    this.health = new Health({
      clock,
      ping,
      isAwaited: () => calls().some(({ isSent }) => isSent),
      silent: () => this.breaker.openFor("a call had no reply, and a ping no answer", clock.now()),
      back: () => this.breaker.succeeded(),
      dead: (reason) => {
        // At an address there is nothing that could be started anew.
        if (config.launch.kind === "stdio") this.#life.lost(reason);
      },
    });
    const isBusy = (): boolean => calls().length > 0 || isWatched();
    this.#idleness = new Idleness(clock, config.idleStopMs, isBusy, () => this.#life.rest());
    this.#life = new Life({
      clock,
      random,
      connectTimeoutMs,
      restart: maxMs === 0 ? false : { minMs, maxMs },
      isLazy: config.lazyStart,
      breaker: this.breaker,
      redact,
      begin,
      end,
      changed: () => this.#changed(),
    });
    this.#waiting = new WaitingCalls({
      life: this.#life,
      breaker: this.breaker,
      clock,
      mostBytes: config.maxQueuedBytes,
      unsent: () => calls().filter((call) => !call.isSent && !this.#behindTry.has(call)),
    });
  }

  get state(): State {
    return this.#life.state;
  }

  /** What is wrong with its process, or its link, as in "still starting"; undefined where nothing is. */
  get lifeTrouble(): string | undefined {
    return this.#life.describe(this.#options.clock.now());
  }

  /** Why calls are refused because others have failed, since when, and until when; undefined where they are not. */
  get breakerTrouble(): string | undefined {
    return this.breaker.describe(this.#options.clock.now());
  }

  /** Starts it for the first time. Resolves when it is ready or that has failed; never rejects. */
  start(): Promise<void> {
    return this.#life.start();
  }

  /** It is wanted, and starts where it does not run. Resolves as `start`. */
  wake(): Promise<void> {
    return this.#life.wake();
  }

  /** What runs has ended by itself. */
  lost(reason: string): void {
    this.#life.lost(reason);
  }

  /** Takes in a call that has come: it goes now, or when the server is ready, or waits for one that tries whether it works again. */
  take(call: Call, now: number): void {
    this.#idleness.used(now);
    this.#admit(call, now);
  }

  #admit(call: Call, now: number): void {
    const admission: Admission = this.#life.isOver ? "pass" : this.breaker.admit(call, now);
    call.isTry = admission === "try";
    if (admission === "refused") call.refuse(this.breaker.describe(now) ?? "");
    else if (admission === "wait") this.#behindTry.add(call);
    else if (this.state.kind === "ready" && this.#options.isUp()) call.enter(now);
    else this.wait(call);
  }

  /** Has a call wait for the server, or refuses it. */
  wait(call: Call): void {
    this.#waiting.add(call);
  }

  /** A call is over. */
  ended(): void {
    if (this.state.kind === "draining" && this.#options.calls().length === 0) this.#drained();
  }

  /** Takes nothing new and finishes what runs; resolves when that is done, and at the latest after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    const { clock, calls } = this.#options;
    if (!this.#life.drain() || calls().length === 0) return;
    await new Promise<void>((resolve) => {
      const timer = clock.after(limitMs, resolve);
      this.#drained = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** It ends for ever; resolves when nothing of it is left. */
  async stop(reason: string): Promise<void> {
    const stopped = this.#life.stop(reason);
    this.#forgetSignIn();
    this.#rest();
    this.#waiting.settle();
    this.#tried();
    await stopped;
  }

  /** Nobody tries any more. */
  #tried(): void {
    const now = this.#options.clock.now();
    for (const call of this.#behindTry.take()) if (!call.isOver) this.#admit(call, now);
  }

  #changed(): void {
    const { kind } = this.state;
    if (kind === "ready") this.#idleness.begin();
    else if (kind !== "draining") this.#rest();
    this.#forgetSignIn();
    if (this.#life.needsLogin) this.#awaitSignIn();
    this.#options.changed();
    this.#waiting.settle();
    if (this.#life.isOver) this.#tried();
  }

  #awaitSignIn(): void {
    const forget = this.#options.signedIn?.(() => this.#life.signedIn());
    this.#forgetSignIn = () => forget?.();
  }

  #rest(): void {
    this.health.end();
    this.#idleness.end();
  }
}
