import type { Clock } from "../ports/clock.ts";
import type { Outbound } from "../ports/network.ts";
import type { ParamHeader } from "../wire/header-value.ts";
import type { MessageLimits } from "../wire/lines.ts";
import { Message, type Outgoing } from "../wire/message.ts";
import { Whole } from "../wire/whole.ts";
import { Bodies } from "./http-client-bodies.ts";
import { Calls } from "./http-client-calls.ts";
import type { SignIn } from "./http-client-sign-in.ts";
import type { LinkEvents, LinkFailure, OwnLink, Pausable } from "./link.ts";
import { NotOpened, openSseClient } from "./sse-client.ts";
import type { Turns } from "./turns.ts";

/** A server at an address. */
export type RemoteServer = {
  readonly url: URL;
  /** The user's own; they never replace one of the protocol's. */
  readonly headers: Readonly<Record<string, string>>;
  /** Who says as whom we are signed in, where `headers` do not. */
  readonly signIn?: SignIn | undefined;
  /** Arguments that a call of this tool repeats in headers. */
  readonly paramHeaders: (tool: string) => readonly ParamHeader[];
};

export type HttpBounds = { readonly limits: MessageLimits };

export type HttpSurroundings = {
  readonly outbound: Outbound;
  readonly clock: Clock;
  /** Links that share it do not hold up one another when they bring much. */
  readonly turns?: Turns;
};

/** What is sent was read before, by other bounds than those of what comes. */
const noLimits: MessageLimits = { maxMessageBytes: Number.MAX_SAFE_INTEGER, maxDepth: 2048 };

/**
 * The link to a server over HTTP, of either era, or by the transport before that where the server knows no other: each
 * request goes on a POST of its own, and fails alone. `closed` comes when the link is stopped, and by that older
 * transport when its stream is lost; not because a request fails.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http,
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export function openHttpClient(
  server: RemoteServer,
  bounds: HttpBounds,
  surroundings: HttpSurroundings,
  events: LinkEvents,
): OwnLink {
  const client = new HttpClient(server, bounds, surroundings, events);
  // What the server makes us say holds it up beside what others hold it up for.
  const self: Pausable = { pause: () => client.fill(true), resume: () => client.fill(false) };
  const link: OwnLink = {
    send: (message, source) => client.send(message, source === link ? self : source),
    abort: (id) => client.abort(id),
    queuedBytes: () => client.queuedBytes,
    heldBytes: () => client.heldBytes,
    end: () => client.end(),
    pause: () => client.hold(true),
    resume: () => client.hold(false),
    stop: () => client.stop(),
    kill: () => client.kill(),
  };
  return link;
}

class HttpClient {
  readonly #server: RemoteServer;
  readonly #bounds: HttpBounds;
  readonly #surroundings: HttpSurroundings;
  readonly #events: LinkEvents;
  /** Reads what is sent. */
  readonly #outgoing = new Whole(noLimits);
  readonly #bodies: Bodies;
  readonly #calls: Calls;
  /** The link by the transport before this one, where the server knows no other. */
  #older: OwnLink | undefined;
  #isHeldUp = false;
  #isFull = false;
  #isEnded = false;
  #isStopped = false;
  #isClosed = false;
  #stopped: Promise<void> | undefined;

  constructor(server: RemoteServer, bounds: HttpBounds, surroundings: HttpSurroundings, events: LinkEvents) {
    const { outbound, clock, turns } = surroundings;
    this.#server = server;
    this.#bounds = bounds;
    this.#surroundings = surroundings;
    this.#events = events;
    this.#bodies = new Bodies(clock, turns);
    this.#calls = new Calls({
      wire: {
        remote: { url: server.url, headers: server.headers, signIn: server.signIn, outbound },
        limits: bounds.limits,
        clock,
        bodies: this.#bodies,
        brought: (message, within) => this.#guarded(() => events.message(message, within)),
        stray: (line) => this.#guarded(() => events.badLine(line)),
      },
      paramHeaders: server.paramHeaders,
      replied: (reply) => this.#guarded(() => events.message(reply)),
      failed: (id, failure) => this.#fail(id, failure),
      refused: (id, message, failure) => void this.#fallBack(id, message, failure),
      renewed: () => this.#guarded(() => events.renewed?.()),
    });
  }

  get queuedBytes(): number {
    return this.#calls.unreadBytes + (this.#older?.queuedBytes() ?? 0);
  }

  get heldBytes(): number {
    return this.#calls.unreadBytes + this.#bodies.heldBytes + (this.#older?.heldBytes() ?? 0);
  }

  send(message: Outgoing, source: Pausable | undefined): void {
    if (this.#isEnded) return;
    if (this.#older !== undefined) {
      this.#older.send(message, source);
      return;
    }
    const view = this.#outgoing.read(message);
    if (view instanceof Message) this.#calls.send(view, message, source);
    else this.#events.defect(new Error(`what was to be sent is no message (${view.problem})`));
  }

  abort(id: number): void {
    this.#calls.abort(id);
  }

  /** Others want it to be read no further for now. */
  hold(isHeldUp: boolean): void {
    this.#isHeldUp = isHeldUp;
    this.#flow();
  }

  /** The server does not take what it makes us say. */
  fill(isFull: boolean): void {
    this.#isFull = isFull;
    this.#flow();
  }

  end(): void {
    this.#isEnded = true;
    this.#older?.end();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  kill(): void {
    this.#giveUp();
    this.#older?.kill();
    this.#surroundings.clock.soon(() => this.#close("it was ended"));
  }

  async #stop(): Promise<void> {
    this.#giveUp();
    await this.#older?.stop();
    await this.#calls.leave();
    this.#bodies.abort();
    this.#close("it was stopped");
  }

  #giveUp(): void {
    this.#isEnded = true;
    this.#isStopped = true;
    this.#calls.stop();
    this.#bodies.abort();
  }

  #flow(): void {
    for (const one of [this.#bodies, this.#older]) {
      if (this.#isHeldUp || this.#isFull) one?.pause();
      else one?.resume();
    }
  }

  /** The server knows nothing of POST: it may be one of the transport before. */
  async #fallBack(id: number, message: Outgoing, failure: LinkFailure): Promise<void> {
    const events = { ...this.#events, closed: (reason: string) => this.#close(reason) };
    try {
      const older = await openSseClient(this.#server, this.#bounds, this.#surroundings, events);
      if (this.#isStopped) {
        older.kill();
        return;
      }
      this.#older = older;
      this.#flow();
      older.send(message);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const code = cause instanceof NotOpened ? cause.failure.code : failure.code;
      this.#fail(id, { ...failure, code, text: `${failure.text}; asked for a stream of events instead, ${why}` });
    }
  }

  #fail(id: number, failure: LinkFailure): void {
    this.#guarded(() => this.#events.failed?.(id, failure));
  }

  #close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isEnded = true;
    this.#guarded(() => this.#events.closed(reason));
  }

  #guarded(tell: () => void): void {
    try {
      tell();
    } catch (cause) {
      this.#events.defect(cause);
    }
  }
}
