import type { Clock, Timer } from "../ports/clock.ts";

/** A server that lives answers a ping in this time, unless it is busy with something that it cannot put aside. */
const pingMs = 10_000;

/** A server that says nothing at all for so long after that is taken for dead. */
const deadMs = 300_000;

export type HealthOptions = {
  readonly clock: Clock;
  /** Asks the server whether it is there. Undefined: it cannot be asked. Rejects where no answer comes within the limit. */
  readonly ping: (limitMs: number) => Promise<unknown> | undefined;
  /** Whether somebody still waits for what it may be working on. */
  readonly isAwaited: () => boolean;
  /** It does not answer. It may be slow. */
  readonly silent: () => void;
  /** It is heard again after it was silent. */
  readonly back: () => void;
  /** It has been silent for minutes, and nobody waits for it. */
  readonly dead: (reason: string) => void;
};

/**
 * Says whether a server lives, by what it says: it is asked only when a call had no reply and nothing at all has come
 * since that was sent. A server that is slow is left alone as long as it says anything, or anybody waits for it.
 */
export class Health {
  readonly #options: HealthOptions;
  /** How often something has come. */
  #heard = 0;
  #isAsking = false;
  #isSilent = false;
  #timer: Timer | undefined;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** How often something has come, to be noted when something is sent. */
  get heard(): number {
    return this.#heard;
  }

  /** Something has come from the server. */
  hear(): void {
    this.#heard++;
    if (!this.#isSilent) return;
    this.end();
    this.#options.back();
  }

  /** A call had no reply in time; `heard`: as it was when that was sent. */
  suspect(heard: number): void {
    if (heard !== this.#heard || this.#isAsking || this.#isSilent) return;
    const answer = this.#options.ping(pingMs);
    if (answer === undefined) return;
    this.#isAsking = true;
    answer.then(
      () => {
        this.#isAsking = false;
      },
      () => {
        // Also where it has ended meanwhile, and somebody else has asked since.
        if (this.#isAsking && heard === this.#heard) this.#fallSilent();
        this.#isAsking = false;
      },
    );
  }

  /** It has ended, or lives. */
  end(): void {
    this.#isAsking = false;
    this.#isSilent = false;
    this.#timer?.cancel();
  }

  #fallSilent(): void {
    this.#isSilent = true;
    this.#options.silent();
    this.#watch();
  }

  #watch(): void {
    this.#timer = this.#options.clock.after(deadMs, () => {
      if (this.#options.isAwaited()) this.#watch();
      else
        this.#options.dead(`nothing was heard of it for ${(pingMs + deadMs) / 1000} s, not even an answer to a ping`);
    });
  }
}
