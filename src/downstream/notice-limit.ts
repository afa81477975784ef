import type { Clock } from "../ports/clock.ts";
import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";
import type { Waiter } from "./connection.ts";

/** So many notices a server may give in a second, and twice as many at once when it was quiet before. */
const perSecond = 500;
const mostAtOnce = 2 * perSecond;
/** Of so many resources at most it is remembered that they have changed. */
const mostResources = 1000;
const againMs = 200;
const tellMs = 5000;

const updated = "notifications/resources/updated";
/** What ends something, and is said once. */
const final: ReadonlySet<string> = new Set(["notifications/cancelled", "notifications/elicitation/complete"]);

type Notice = readonly [method: string, message: Message, within: Waiter | undefined];

export type NoticeLimitOptions = {
  readonly clock: Clock;
  readonly pass: (...notice: Notice) => void;
  readonly oddity: (text: string) => void;
};

/**
 * Passes on what a server notifies of, so much in a second. Beyond that the last word about each resource comes later,
 * and everything else is dropped and counted. Progress does not come here.
 */
export class NoticeLimit {
  readonly #options: NoticeLimitOptions;
  #left = mostAtOnce;
  #filledAt: number;
  readonly #late = new Map<string, Notice>();
  #dropped = 0;

  constructor(options: NoticeLimitOptions) {
    this.#options = options;
    this.#filledAt = options.clock.now();
  }

  take(...notice: Notice): void {
    const [method, message] = notice;
    if (final.has(method) || this.#hasRoom()) this.#options.pass(...notice);
    else {
      const uri = method === updated ? message.raw(slot.params) : undefined;
      if (uri === undefined || (this.#late.size >= mostResources && !this.#late.has(uri))) this.#drop();
      else this.#keep(uri, notice);
    }
  }

  #hasRoom(): boolean {
    const now = this.#options.clock.now();
    this.#left = Math.min(mostAtOnce, this.#left + ((now - this.#filledAt) * perSecond) / 1000);
    this.#filledAt = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  #keep(uri: string, notice: Notice): void {
    if (this.#late.size === 0) this.#options.clock.after(againMs, () => this.#passLate());
    this.#late.set(uri, notice);
  }

  #passLate(): void {
    for (const [uri, notice] of this.#late) {
      if (!this.#hasRoom()) break;
      this.#late.delete(uri);
      this.#options.pass(...notice);
    }
    if (this.#late.size > 0) this.#options.clock.after(againMs, () => this.#passLate());
  }

  #drop(): void {
    if (this.#dropped++ > 0) return;
    this.#options.clock.after(tellMs, () => {
      this.#options.oddity(`dropped ${this.#dropped} of its notifications, which were more than ${perSecond} a second`);
      this.#dropped = 0;
    });
  }
}
