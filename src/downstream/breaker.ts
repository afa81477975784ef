import { Backoff } from "./backoff.ts";

export type BreakerBounds = {
  /** So many failures in a row open it; 0: nothing does. */
  readonly failures: number;
  /** About how long it stays open the first time; longer each time the call after that fails too. */
  readonly pauseMs: number;
};

/** `isStart`: the server did not even start. `reason`: a part of one line. */
export type Failure = { readonly reason: string; readonly isStart?: boolean };

/** So many of the last replies and failures are failures where something is wrong, though they do not come in a row. */
const windowSize = 20;
const mostFailures = 15;

/** The longest pause, unless the first one is longer. */
const longestPauseMs = 60_000;

export type BreakerEvents = {
  /** It has opened, has opened again, or is closed. */
  readonly changed: () => void;
  /** The call that tried is over, whatever came of it: another may go, or all, or none. */
  readonly tried: () => void;
};

/** What becomes of a call that comes: it goes, it goes to try, it waits for one that tries, or it is refused. */
export type Admission = "pass" | "try" | "wait" | "refused";

type Open = { readonly sinceMs: number; readonly why: string; untilMs: number };

/**
 * The bound on failure: lets every call go while it is closed, none while it is open, and after a pause (half-open) one
 * that tries. Failures of what was sent before another failure count as one with that: a crash under fifty calls is one
 * failure. Pure: times (ms, monotonic) and chance are given.
 */
export class Breaker {
  /** 0: it never opens. */
  readonly #mostInRow: number;
  readonly #pauses: Backoff;
  readonly #events: BreakerEvents;
  /** How many failures have counted. */
  #round = 0;
  #failures = 0;
  /** Whether all of those were starts. */
  #areStarts = true;
  /** The last ones, a bit each: 1 is a failure. */
  #recent = 0;
  #open: Open | undefined;
  #trying: object | undefined;

  /** `random`: from 0 to below 1. */
  constructor({ failures, pauseMs }: BreakerBounds, random: () => number, events: BreakerEvents) {
    this.#mostInRow = failures;
    this.#pauses = new Backoff({ minMs: pauseMs, maxMs: Math.max(pauseMs, longestPauseMs) }, random);
    this.#events = events;
  }

  /** To be noted when something is sent or started, for when it fails. */
  get round(): number {
    return this.#round;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Until when nothing is tried, in ms; 0 where that is over, or it is closed. */
  get untilMs(): number {
    return this.#open?.untilMs ?? 0;
  }

  /** Why calls are refused, since when, and when the next one is tried; undefined while it is closed. */
  describe(now: number): string | undefined {
    if (this.#open === undefined) return undefined;
    const { why, sinceMs, untilMs } = this.#open;
    const next = this.#trying
      ? "one call tries it now"
      : now < untilMs
        ? `next try in ${inSeconds(untilMs - now)}`
        : "the next call tries it";
    return `not used for ${inSeconds(now - sinceMs)} now, after ${why}; ${next}`;
  }

  /** Whether this call may go now. One that tries is the only one until anything succeeds, or fails and counts, or it is released. */
  admit(call: object, now: number): Admission {
    if (this.#open === undefined) return "pass";
    if (now < this.#open.untilMs) return "refused";
    if (this.#trying) return "wait";
    this.#trying = call;
    return "try";
  }

  /** Whether it is this call that tries now. */
  isTriedBy(call: object): boolean {
    return this.#trying === call;
  }

  /** The call has ended. Where it still tried, that says nothing. */
  release(call: object): void {
    if (!this.isTriedBy(call)) return;
    this.#trying = undefined;
    this.#events.tried();
  }

  /** A reply has come. */
  succeeded(): void {
    this.#recent = this.#shifted();
    this.#close();
  }

  /** The server has started: what it failed in before, if that was only this, is over. */
  started(): void {
    if (this.#areStarts) this.#close();
  }

  /** Something failed that was sent, or started, in `round`. */
  failed({ reason, isStart = false }: Failure, round: number, now: number): void {
    if (this.#mostInRow === 0 || round < this.#round) return;
    this.#round++;
    this.#failures++;
    this.#areStarts &&= isStart;
    this.#recent = this.#shifted() | 1;
    if (this.#open !== undefined && now < this.#open.untilMs) return;
    const inRow = this.#open !== undefined || this.#failures >= this.#mostInRow;
    if (inRow) this.openFor(`${this.#failures} failures in a row (the last: ${reason})`, now);
    else if (bitsIn(this.#recent) >= mostFailures)
      this.openFor(`${mostFailures} failures in ${windowSize} calls (the last: ${reason})`, now);
  }

  /** Opens it, or opens it again, for a longer time; `why` as in "not used after …". */
  openFor(why: string, now: number): void {
    if (this.#mostInRow === 0) return;
    this.#failures ||= 1;
    const wasTrying = this.#trying !== undefined;
    this.#trying = undefined;
    this.#open = { sinceMs: this.#open?.sinceMs ?? now, why, untilMs: now + this.#pauses.next() };
    this.#events.changed();
    if (wasTrying) this.#events.tried();
  }

  #shifted(): number {
    return (this.#recent << 1) % 2 ** windowSize;
  }

  #close(): void {
    const wasOpen = this.#open !== undefined;
    this.#failures = 0;
    this.#areStarts = true;
    this.#open = undefined;
    if (!wasOpen) return;
    this.#recent = 0;
    this.#pauses.reset();
    const wasTrying = this.#trying !== undefined;
    this.#trying = undefined;
    this.#events.changed();
    if (wasTrying) this.#events.tried();
  }
}

/** Whole seconds, at least one, for people. */
export function inSeconds(ms: number): string {
  return `${Math.max(Math.ceil(ms / 1000), 1)} s`;
}

function bitsIn(number: number): number {
  let bits = 0;
  for (let rest = number; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}
