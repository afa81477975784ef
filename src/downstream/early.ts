import type { Call } from "./call.ts";

/** So many wait for one server at most, whatever their size. */
const mostCalls = 1024;

/** Calls that wait until their server is ready, in the order in which they came, within bounds. */
export class Early {
  readonly #mostBytes: number;
  readonly #what: string;
  /** Some may be over. */
  #calls: Call[] = [];
  #bytes = 0;

  /** `what` they wait for, as in "already wait for it to start". */
  constructor(mostBytes: number, what: string) {
    this.#mostBytes = mostBytes;
    this.#what = what;
  }

  /** What is kept of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Has the call wait, or ends it where there is no room. */
  add(call: Call): void {
    const { bytes } = call.request;
    // One that is longer than all of it may wait alone.
    const isFull = (): boolean =>
      this.#calls.length >= mostCalls || (this.#bytes > 0 && this.#bytes + bytes > this.#mostBytes);
    if (isFull()) this.#forgetEnded();
    if (isFull()) {
      const number = `${this.#calls.length} calls of ${(this.#bytes / 1_000_000).toFixed(1)} MB`;
      call.crowdedOut(`${number} already wait for it ${this.#what} (at most ${mostCalls}, and maxQueuedBytes)`);
      return;
    }
    this.#calls.push(call);
    this.#bytes += bytes;
  }

  has(call: Call): boolean {
    return this.#calls.includes(call);
  }

  /** Takes all of them. */
  take(): readonly Call[] {
    this.#bytes = 0;
    return this.#calls.splice(0);
  }

  #forgetEnded(): void {
    this.#calls = this.#calls.filter(({ isOver }) => !isOver);
    this.#bytes = this.#calls.reduce((sum, { request }) => sum + request.bytes, 0);
  }
}
