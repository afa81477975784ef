import pLimit from "p-limit";
import type { Clock, Timer } from "../ports/clock.ts";
import type { InResponse } from "../ports/network.ts";
import type { MessageLimits } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import { Message, type Outgoing, sizeOf } from "../wire/message.ts";
import { readWhole } from "../wire/whole.ts";
import { errorTo, readAnswer } from "./http-client-answer.ts";
import type { Bodies } from "./http-client-bodies.ts";
import { networkFailure, statusFailure } from "./http-client-failures.ts";
import { ask, type Remote } from "./http-client-request.ts";
import { Unread } from "./http-client-unread.ts";
import type { LinkFailure, Pausable } from "./link.ts";

/** What became of a message of ours, beside what the stream says. */
export type Told = (outcome: Message | { readonly id: number; readonly failure: LinkFailure }) => void;

type Post = { readonly message: Outgoing; readonly taken: () => void };

/** A POST that nobody waits for any more may take so long. */
const forgottenMs = 10_000;
/** What has no reply is under way so often at once: a server that asks and asks would make us open thousands of connections. */
const mostNotices = 32;
/** What one that waits costs at least: thousands of short ones are many, too. */
const leastBytes = 1024;
/** What follows the word that we are ready waits so long for the server to have it. */
const readyMs = 5000;

/**
 * The messages to a server of which each is a POST of its own, all at once. They may come in any order; only what
 * follows `notifications/initialized` waits for that, because servers refuse what comes before it.
 */
export class SsePosts {
  readonly #remote: Remote;
  readonly #limits: MessageLimits;
  readonly #bodies: Bodies;
  readonly #clock: Clock;
  readonly #told: Told;
  readonly #unread = new Unread();
  /** By the id of the request that waits for its reply. */
  readonly #requests = new Map<number, { readonly forget: () => void; readonly abort: () => void }>();
  readonly #aborts = new Set<() => void>();
  /** What waits behind the word that we are ready; undefined where nothing has to. */
  #waiting: Post[] | undefined;
  readonly #noticing = pLimit(mostNotices);
  #isEnding = false;
  #isAborted = false;

  constructor(remote: Remote, limits: MessageLimits, bodies: Bodies, clock: Clock, told: Told) {
    this.#remote = remote;
    this.#limits = limits;
    this.#bodies = bodies;
    this.#clock = clock;
    this.#told = told;
  }

  get queuedBytes(): number {
    return this.#unread.bytes;
  }

  send(message: Outgoing, source: Pausable | undefined): void {
    if (this.#isEnding) return;
    const bytes = Math.max(sizeOf(message), leastBytes);
    const post = { message, taken: this.#unread.add(bytes, source) };
    if (this.#waiting === undefined) this.#post(post);
    else this.#waiting.push(post);
  }

  /** The reply to `id` has come: what becomes of its POST says nothing more. */
  answered(id: number): void {
    this.#requests.get(id)?.forget();
  }

  /** Takes nothing more. */
  end(): void {
    this.#isEnding = true;
  }

  /** Gives up all of them. */
  abort(): void {
    this.#isEnding = true;
    this.#isAborted = true;
    for (const { taken } of this.#waiting ?? []) taken();
    this.#waiting = undefined;
    this.#requests.clear();
    for (const abort of [...this.#aborts]) abort();
  }

  #post({ message, taken }: Post): void {
    const read = readWhole(message, this.#limits);
    const known = read instanceof Message ? read : undefined;
    const id = known?.kind === "request" ? known.integer(slot.id) : undefined;
    if (known?.text(slot.method) === "notifications/cancelled") {
      this.#requests.get(known.integer(slot.requestId))?.abort();
    }
    const isReady = known?.text(slot.method) === "notifications/initialized";
    if (id === undefined && !isReady) {
      void this.#noticing(async () => {
        if (this.#isAborted) taken();
        else await this.#start(message, taken, id);
      });
      return;
    }
    const isOver = this.#start(message, taken, id);
    if (!isReady) return;
    this.#waiting = [];
    const timer = this.#clock.after(readyMs, () => this.#release());
    void isOver.then(() => {
      timer.cancel();
      this.#release();
    });
  }

  #release(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const post of waiting) this.#post(post);
  }

  /** Resolves when the server has taken or refused it. */
  async #start(message: Outgoing, taken: () => void, id: number | undefined): Promise<void> {
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const exchange = ask(this.#remote, { method: "POST", headers, body: message, onTaken: taken });
    let timer: Timer | undefined;
    const forget = (): void => {
      if (id !== undefined) this.#requests.delete(id);
      timer ??= this.#clock.after(forgottenMs, exchange.abort);
    };
    const abort = (): void => {
      if (id !== undefined) this.#requests.delete(id);
      exchange.abort();
    };
    if (id === undefined) forget();
    else this.#requests.set(id, { forget, abort });
    this.#aborts.add(abort);
    try {
      await this.#answered(await exchange.response, id);
    } catch (cause) {
      this.#fail(id, networkFailure(cause));
    } finally {
      timer?.cancel();
      this.#aborts.delete(abort);
      taken();
    }
  }

  async #answered(response: InResponse, id: number | undefined): Promise<void> {
    if (id === undefined || response.status < 300) {
      await this.#bodies.discard(response);
      return;
    }
    readAnswer(this.#bodies, response, this.#limits, ({ read, head }) => {
      const error = this.#requests.has(id) ? errorTo(id, read, head.toString("latin1"), this.#limits) : undefined;
      if (error !== undefined) this.#told(error);
      else this.#fail(id, statusFailure(response, head.toString(), this.#remote));
    });
  }

  #fail(id: number | undefined, failure: LinkFailure): void {
    if (id !== undefined && this.#requests.delete(id)) this.#told({ id, failure });
  }
}
