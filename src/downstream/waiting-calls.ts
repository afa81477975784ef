import type { Clock } from "../ports/clock.ts";
import type { Breaker } from "./breaker.ts";
import type { Call } from "./call.ts";
import { Early } from "./early.ts";
import type { Life } from "./life.ts";

/** One that was to be sent when a start failed waits for the next start where that is so soon. */
const soonMs = 2_000;

export type WaitingOptions = {
  readonly life: Life;
  readonly breaker: Breaker;
  readonly clock: Clock;
  /** Bound on what is kept of those that wait for a start. */
  readonly mostBytes: number;
  /** All calls that were not sent yet, those included that wait at the gate. */
  readonly unsent: () => readonly Call[];
};

/** Calls that wait for their server to start, again or for the first time. Some may be over. */
export class WaitingCalls {
  readonly #options: WaitingOptions;
  readonly #early: Early;

  constructor(options: WaitingOptions) {
    this.#options = options;
    this.#early = new Early(options.mostBytes, "to start");
  }

  /** Has a call wait until the server, which is started where it does not run, is ready; refused where it will not be. */
  add(call: Call): void {
    const { life } = this.#options;
    const refusal = this.#refusal(call);
    if (refusal !== undefined) {
      call.refuse(refusal, life.needsLogin);
      return;
    }
    this.#early.add(call);
    void life.wake(); // Never rejects.
  }

  /** The server is in another state: calls go on, are refused, or make it start again. */
  settle(): void {
    const { life, unsent, clock } = this.#options;
    const { state } = life;
    if (state.kind === "ready") {
      for (const call of this.#early.take()) call.enter(clock.now());
      return;
    }
    if (state.kind === "draining") return;
    const isFailure = state.kind === "down" && state.isFailure;
    for (const call of unsent()) {
      if (isFailure) call.failedStarts++;
      const refusal = this.#refusal(call) ?? (isFailure && !this.#isPatient(call) ? state.reason : undefined);
      if (refusal !== undefined) call.refuse(refusal, life.needsLogin);
    }
    // After a failed start the next one takes its time.
    if (!isFailure && unsent().length > 0) void life.wake();
  }

  #isPatient({ failedStarts }: Call): boolean {
    const { life, clock } = this.#options;
    const { state } = life;
    const at = state.kind === "down" ? state.nextTryAt : undefined;
    return life.hasBeenReady && failedStarts < 2 && at !== undefined && at <= clock.now() + soonMs;
  }

  /** Why it cannot wait for the server. */
  #refusal(call: Call): string | undefined {
    const { life, breaker, clock } = this.#options;
    const now = clock.now();
    if (life.isOver) return life.describe(now);
    return breaker.isTriedBy(call) ? undefined : breaker.describe(now);
  }
}
