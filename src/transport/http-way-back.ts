import type { Outgoing } from "../wire/message.ts";
import { commentMs, EventStream } from "./http-events.ts";
import { takesEmptyEvents } from "./http-revisions.ts";
import type { HttpRequest } from "./http-server.ts";
import type { HttpWays } from "./http-ways.ts";
import type { Place, Replay } from "./replay.ts";

/** A response of which nothing has come for so long begins as a stream: who waits would give up, or is gone. */
const firstBytesMs = 15_000;
/** How long it can be read on after the reply. */
const answeredMs = 2 * 60_000;
/** So much that is said about a request may wait for its client; its reply always may. */
const mostQueuedBytes = 16 * 1024 * 1024;

export type WayBackOptions = {
  readonly ways: HttpWays;
  /** Keeps what goes over its stream, which may then be read on after it broke off; undefined where it may not. */
  readonly replay: Replay | undefined;
  /** The number of its stream among those of the client. */
  readonly stream: number;
  /** Go with the response. */
  readonly headers: Readonly<Record<string, string>>;
};

/** The way back from one request of a client to who waits for it. */
export class WayBack {
  readonly #options: WayBackOptions;
  readonly #sinceMs: number;
  /** Until the reply: what it holds is not to be kept longer. */
  #left: (() => void) | undefined;
  #waiting: HttpRequest | undefined;
  /** The response, once it has begun as a stream. */
  #events: EventStream | undefined;
  /** Whether the client may have an id from which to read on. */
  #hasId = false;
  #answeredAtMs: number | undefined;

  /** `left` is called when nobody waits any more for a reply that has not come. */
  constructor(options: WayBackOptions, left: () => void) {
    this.#options = options;
    this.#left = left;
    this.#sinceMs = options.ways.clock.now();
  }

  get stream(): number {
    return this.#options.stream;
  }

  get isAwaited(): boolean {
    return this.#waiting !== undefined;
  }

  /** Whether a client may come back for its stream. */
  get canBeReadOn(): boolean {
    return this.#hasId;
  }

  get queuedBytes(): number {
    return this.#events?.queuedBytes ?? 0;
  }

  /** Those of them that are not in the hands of the server yet. */
  get waitingBytes(): number {
    return this.#events?.waitingBytes ?? 0;
  }

  /** From now on `request` waits. */
  wait(request: HttpRequest): void {
    this.#waiting = request;
    request.onGone(() => {
      if (this.#waiting === request) this.#leave();
    });
  }

  /** Gives `request` what came behind `place`, and what will come. */
  readOn(request: HttpRequest, place: Place): void {
    const { replay, ways } = this.#options;
    const missed = replay?.since(place) ?? [];
    if (this.#answeredAtMs !== undefined && missed.length === 0) {
      // Some clients come back for more behind a reply that is an error; this tells them that there is none.
      request.respond(204, {});
      return;
    }
    this.#events?.end();
    this.wait(request);
    const events = this.#begin(request);
    for (const { message, id } of missed) events.message(message, id, ways.clock.now());
    if (this.#answeredAtMs !== undefined) this.#finish();
  }

  /** Sends what belongs to the request and is not its reply. */
  send(message: Outgoing): void {
    this.#keep(this.#events ?? (this.#waiting && this.#begin(this.#waiting)), message);
  }

  /** Takes back what waits to be read of it where that is too much. False: it is not. */
  takeBack(): boolean {
    if (this.queuedBytes <= mostQueuedBytes) return false;
    this.#events?.takeBack();
    return true;
  }

  /** Sends the reply: with `status`, where that has not been said yet. */
  answer(reply: Outgoing, status: number): void {
    this.#answeredAtMs = this.#options.ways.clock.now();
    this.#left = undefined;
    if (this.#events !== undefined || this.#hasId) {
      this.#keep(this.#events, reply);
      this.#finish();
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.respond(status, { "content-type": "application/json", ...this.#options.headers }, reply);
  }

  /** Ends the response as it is. */
  end(): void {
    if (this.#events === undefined) this.#waiting?.respond(503, {});
    this.#finish();
  }

  /** No reply will come, because the client does not want it: the response is a stream that ends. */
  dismiss(): void {
    this.#answeredAtMs = this.#options.ways.clock.now();
    this.#left = undefined;
    if (this.#events === undefined && this.#waiting !== undefined) this.#begin(this.#waiting);
    this.#finish();
  }

  tick(nowMs: number): void {
    if (this.#waiting === undefined) return;
    if (this.#events === undefined) {
      if (nowMs - this.#sinceMs >= firstBytesMs) this.#begin(this.#waiting).comment(nowMs);
    } else if (this.#events.isStalled(nowMs)) this.#leave();
    else if (nowMs - this.#events.lastAtMs >= commentMs) this.#events.comment(nowMs);
  }

  /** Whether it was answered so long ago that nobody will come back for it. */
  isOver(nowMs: number): boolean {
    return this.#answeredAtMs !== undefined && nowMs - this.#answeredAtMs > answeredMs;
  }

  #begin(request: HttpRequest): EventStream {
    const { ways, replay, stream, headers } = this.#options;
    const now = ways.clock.now();
    const events = new EventStream(request.stream({ "x-accel-buffering": "no", ...headers }), now);
    this.#events = events;
    if (replay !== undefined && takesEmptyEvents(request.header("mcp-protocol-version"))) {
      events.prime(replay.idAt(stream), now);
      this.#hasId = true;
    }
    return events;
  }

  #keep(events: EventStream | undefined, message: Outgoing): void {
    const { ways, replay, stream } = this.#options;
    const now = ways.clock.now();
    const id = replay?.add(stream, message, now).id;
    this.#hasId ||= id !== undefined;
    events?.message(message, id, now);
  }

  #finish(): void {
    this.#events?.end();
    this.#events = undefined;
    this.#waiting = undefined;
  }

  #leave(): void {
    this.#finish();
    this.#left?.();
  }
}
