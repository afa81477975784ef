import type { Message, Outgoing } from "../wire/message.ts";
import { Listeners } from "./http-listeners.ts";
import type { HttpRequest } from "./http-server.ts";
import { WayBack } from "./http-way-back.ts";
import type { HttpWays } from "./http-ways.ts";
import type { Link, Pausable } from "./link.ts";
import type { Replay } from "./replay.ts";
import { UnderWay } from "./under-way.ts";

export type HttpLinkOptions = {
  readonly ways: HttpWays;
  /**
   * Of a client with a session: its streams can be read on after they broke off, its requests run on when nobody waits,
   * and what belongs to none of them goes to where it listens. Without it there is none of that.
   */
  readonly replay: Replay | undefined;
  /** The status of a response that is an error with this code. */
  readonly statusOf: (code: number) => number;
  /** Nobody waits for the reply to this request any more. */
  readonly abandoned: (request: Message) => void;
  /** More was said about this request than its client reads; what waited of it is taken back, and it is to be failed. */
  readonly overrun: (request: Message) => void;
};

/**
 * A client over HTTP, each of whose requests has a response of its own: JSON where the reply is the first thing to say,
 * otherwise a stream of events with all that belongs to the request, the reply last. What belongs to which request is
 * known by the request itself, never by an id.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http,
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export class HttpLink implements Link {
  readonly #options: HttpLinkOptions;
  readonly #listeners: Listeners | undefined;
  /** Those that have no reply yet. */
  readonly #ways = new UnderWay<Message, WayBack>();
  /** Those that can be read on, by their stream. */
  readonly #streams = new Map<number, WayBack>();
  #lastStream = 0;
  #isEnded = false;
  #isMuted = false;
  #lastOpenMs: number;

  constructor(options: HttpLinkOptions) {
    const { ways, replay } = options;
    this.#options = options;
    this.#listeners = replay && new Listeners(ways, replay, () => this.touch());
    this.#lastOpenMs = ways.clock.now();
  }

  /** Requests without a reply, whether anybody waits for it or not. */
  get openRequests(): number {
    return this.#ways.size;
  }

  /** For how long nothing has been open from the other side and nothing was said; 0 while something is open. */
  get idleMs(): number {
    if (this.#listeners !== undefined && this.#listeners.size > 0) return 0;
    for (const way of this.#ways.values()) if (way.isAwaited) return 0;
    return this.#options.ways.clock.now() - this.#lastOpenMs;
  }

  /** The other side has said something. */
  touch(): void {
    this.#lastOpenMs = this.#options.ways.clock.now();
  }

  /** From now on what is sent about `message` is the response to `request`; `headers` go with it. */
  open(request: HttpRequest, message: Message, headers: Readonly<Record<string, string>> = {}): void {
    const { ways, replay } = this.#options;
    this.#lastStream += 1;
    const way = new WayBack({ ways, replay, stream: this.#lastStream, headers }, () => this.#left(message));
    this.#ways.add(message, way);
    request.belongsTo(this);
    if (replay !== undefined) this.#streams.set(way.stream, way);
    this.touch();
    way.wait(request);
  }

  /** Responds to `request` with what belongs to no request of the client. */
  listen(request: HttpRequest): void {
    this.touch();
    request.belongsTo(this);
    this.#listeners?.listen(request);
  }

  /** Responds to `request` with the rest of the stream that broke off behind the event `id`. False: there is no such stream. */
  readOn(request: HttpRequest, id: string): boolean {
    const place = this.#options.replay?.placeOf(id);
    if (place === undefined) return false;
    this.touch();
    request.belongsTo(this);
    if (place.stream === 0) {
      this.#listeners?.listen(request, place.after);
      return true;
    }
    const way = this.#streams.get(place.stream);
    if (way?.canBeReadOn !== true) return false;
    way.readOn(request, place);
    return true;
  }

  /** What `task` sends goes nowhere. */
  mute(task: () => void): void {
    this.#isMuted = true;
    task();
    this.#isMuted = false;
  }

  readonly send = (message: Outgoing, _source?: Pausable, about?: Message): void => {
    if (this.#isEnded || this.#isMuted) return;
    const way = about && this.#ways.get(about);
    const sort = about === undefined ? "method" : this.#options.ways.replies.sortOf(message);
    if (sort !== "method") {
      if (way !== undefined)
        this.#answer(about as Message, way, message, sort === "error" ? this.#statusOf(message) : 200);
    } else if (way?.isAwaited === true || way?.canBeReadOn === true) this.#say(about as Message, way, message);
    else this.#listeners?.tell(message);
  };

  readonly dismiss = (about: Message): void => {
    this.#ways.take(about)?.dismiss();
  };

  readonly queuedBytes = (about?: Message): number => {
    if (about !== undefined) return this.#ways.get(about)?.queuedBytes ?? 0;
    return this.#ways.values().reduce((bytes, way) => bytes + way.queuedBytes, this.#listeners?.queuedBytes ?? 0);
  };

  /** Beside what the server holds of answers. */
  readonly heldBytes = (): number => {
    let bytes = (this.#listeners?.waitingBytes ?? 0) + (this.#options.replay?.bytes ?? 0);
    for (const way of this.#ways.values()) bytes += way.waitingBytes;
    return bytes;
  };

  /** Each message comes by itself, whole: there is nothing to hold up. */
  readonly pause = (): void => {};
  readonly resume = (): void => {};

  readonly end = (): void => this.close(() => undefined);

  /** Ends everything: requests that are open get what `last` gives for them, with 503 where that can still be told. */
  close(last: (request: Message) => Outgoing | undefined): void {
    for (const [request, way] of this.#ways.entries()) {
      const reply = last(request);
      if (reply === undefined) way.end();
      else way.answer(reply, 503);
    }
    this.#isEnded = true;
    this.#ways.clear();
    this.#streams.clear();
    this.#listeners?.end();
  }

  /** To be called every few seconds: shows that we are still there, and finds out who is not. */
  tick(): void {
    const { ways, replay } = this.#options;
    const now = ways.clock.now();
    for (const way of this.#ways.values()) way.tick(now);
    for (const [stream, way] of this.#streams) if (way.isOver(now)) this.#streams.delete(stream);
    this.#listeners?.tick(now);
    if (this.#listeners !== undefined) replay?.prune(now, this.#listeners.isDue);
  }

  #say(request: Message, way: WayBack, message: Outgoing): void {
    way.send(message);
    if (way.takeBack()) this.#options.overrun(request);
  }

  #answer(request: Message, way: WayBack, reply: Outgoing, status: number): void {
    this.#ways.take(request);
    this.touch();
    way.answer(reply, status);
    if (!way.canBeReadOn) this.#streams.delete(way.stream);
  }

  #left(request: Message): void {
    this.touch();
    if (this.#options.replay !== undefined) return;
    this.#ways.take(request);
    this.#options.abandoned(request);
  }

  #statusOf(error: Outgoing): number {
    return this.#options.statusOf(this.#options.ways.replies.codeOf(error));
  }
}
