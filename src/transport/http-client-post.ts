import type { Timer } from "../ports/clock.ts";
import type { InResponse, OutExchange } from "../ports/network.ts";
import type { BadLine } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import { Message, type Outgoing } from "../wire/message.ts";
import type { StreamEvent } from "../wire/sse.ts";
import { type Answer, errorTo, isReplyTo, readAnswer } from "./http-client-answer.ts";
import { networkFailure, quoted, statusFailure } from "./http-client-failures.ts";
import { postHeaders, streamHeaders } from "./http-client-headers.ts";
import { ask } from "./http-client-request.ts";
import { isStream, mediaType, readEvents, type Stream } from "./http-client-stream.ts";
import { misdirected, pauseBefore, type Wire } from "./http-client-wire.ts";
import type { LinkFailure } from "./link.ts";

/** What became of a request; one of these, once, unless it is given up before. */
export type Outcome =
  /** `session`: which one the server has opened with it. */
  | { readonly kind: "reply"; readonly reply: Message; readonly session: string | undefined }
  | { readonly kind: "spoilt"; readonly problem: BadLine["problem"]; readonly head: string }
  /** `status`: where an answer came, and no reply with it. */
  | { readonly kind: "failed"; readonly failure: LinkFailure; readonly status?: number }
  /** The server does not know the session, and has done nothing. `reply`: where it does not say so for certain. */
  | { readonly kind: "forgotten"; readonly reply: Message | undefined };

export type PostRequest = {
  readonly id: number;
  readonly message: Outgoing;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether its stream may be asked for once more where it breaks. */
  readonly isResumable: boolean;
  readonly isInSession: boolean;
  /** The stream fails where nothing comes for so long. */
  readonly idleMs?: number | undefined;
  /** The message is on its way, or will never be. */
  readonly taken: () => void;
};

/** After the reply a stream has so long to end by itself, which keeps its connection for other requests. */
const lingerMs = 1000;
/** A server that was told that a request is cancelled has so long to end its stream. */
const releaseMs = 5000;
const mostTries = 8;
/** An answer that says no more than why is not read further. */
const mostRefusalBytes = 1024 * 1024;

/** One request on an HTTP request of its own, from there to its reply, over all the streams that this takes. */
export class Post {
  readonly #wire: Wire;
  readonly #request: PostRequest;
  readonly #settle: (outcome: Outcome) => void;
  #session: string | undefined;
  #giveUp: () => void = () => {};
  #timer: Timer | undefined;
  #isSettled = false;
  #isAborted = false;
  #isResuming = false;
  #lastId: string | undefined;
  #retryMs: number | undefined;
  #tries = 0;

  /** `settle` runs later than this. */
  constructor(wire: Wire, request: PostRequest, settle: (outcome: Outcome) => void) {
    this.#wire = wire;
    this.#request = request;
    this.#settle = settle;
    void this.#send();
  }

  /** Gives it up at once, which tells a server of the modern era that it is cancelled. */
  abort(): void {
    this.#isSettled = true;
    this.#isAborted = true;
    this.#timer?.cancel();
    this.#request.taken();
    this.#giveUp();
  }

  /** The server was told that it is cancelled. */
  release(): void {
    this.#isSettled = true;
    this.#timer?.cancel();
    if (this.#isResuming) this.abort();
    else this.#timer = this.#wire.clock.after(releaseMs, () => this.abort());
  }

  /** Takes a reply that came otherwise, while its own stream is broken; false where that is not so. */
  accept(reply: Message): boolean {
    if (!this.#isResuming || this.#isSettled) return false;
    this.#replied(reply);
    this.abort();
    return true;
  }

  async #send(): Promise<void> {
    const { message, headers, taken } = this.#request;
    const exchange = ask(this.#wire.remote, {
      method: "POST",
      headers: { ...postHeaders, ...headers },
      body: message,
      onTaken: taken,
    });
    const response = await this.#responseTo(exchange);
    taken();
    if (response === undefined) return;
    if (!(response instanceof Error)) this.#answered(response);
    else this.#end({ kind: "failed", failure: networkFailure(response) });
  }

  /** Undefined: it is over. */
  async #responseTo(exchange: OutExchange): Promise<InResponse | Error | undefined> {
    this.#giveUp = exchange.abort;
    try {
      const response = await exchange.response;
      if (!this.#isAborted) return response;
      response.abort();
      return undefined;
    } catch (cause) {
      return this.#isAborted ? undefined : cause instanceof Error ? cause : new Error(String(cause));
    }
  }

  #answered(response: InResponse): void {
    this.#session = response.header("mcp-session-id");
    if (isStream(response)) {
      this.#read(response);
      return;
    }
    const isRefusal = response.status < 200 || response.status > 299;
    const { limits, bodies } = this.#wire;
    const maxMessageBytes = isRefusal ? Math.min(limits.maxMessageBytes, mostRefusalBytes) : limits.maxMessageBytes;
    this.#giveUp = readAnswer(bodies, response, { ...limits, maxMessageBytes }, (answer) => {
      if (isRefusal) this.#refused(response, answer);
      else this.#judge(response, answer);
    });
  }

  #judge(response: InResponse, { read, head, isEmpty, brokeOff }: Answer): void {
    const { id } = this.#request;
    const reply = isReplyTo(id, read) ? read : errorTo(id, read, head.toString("latin1"), this.#wire.limits);
    if (reply !== undefined) this.#replied(reply);
    else if (brokeOff !== undefined) this.#lost(`its answer broke off: ${brokeOff}`);
    else if (isEmpty) this.#useless(`it answered with HTTP ${response.status} and no reply`);
    else if (read instanceof Message) this.#useless("its answer is not the reply to this request");
    else if (mediaType(response.header("content-type")) === "application/json" || read.problem === "too_long") {
      this.#end({ kind: "spoilt", problem: read.problem, head: read.head });
    } else {
      const type = mediaType(response.header("content-type")).slice(0, 80) || "something";
      this.#useless(`it answered with ${type} instead of a reply: ${this.#quoted(head)}`);
    }
  }

  #refused(response: InResponse, { read, head }: Answer): void {
    const { id, isInSession } = this.#request;
    const { status } = response;
    const error = errorTo(id, read, head.toString("latin1"), this.#wire.limits);
    const isOwn = isReplyTo(id, read);
    if (isInSession && !isOwn && status === 404) this.#end({ kind: "forgotten", reply: undefined });
    else if (isInSession && !isOwn && status === 400 && error?.raw(slot.code) === "-32000") {
      this.#end({ kind: "forgotten", reply: error });
    } else if (error !== undefined && status !== 401) this.#replied(error);
    else if (isOwn && status !== 401) this.#replied(read);
    else {
      const failure = statusFailure(response, head.toString(), this.#wire.remote);
      this.#end({ kind: "failed", failure, status });
    }
  }

  /** Reads a stream of events, the first one or one that goes on with it. */
  #read(response: InResponse): void {
    this.#isResuming = false;
    let stream: Stream | undefined;
    const ended = (reason: string): void => {
      this.#lastId = stream?.lastId() ?? this.#lastId;
      if (this.#isSettled) this.#timer?.cancel();
      else this.#broke(reason);
    };
    const event = (one: StreamEvent): void => this.#event(one);
    const retry = (delayMs: number): void => {
      this.#retryMs = delayMs;
    };
    const tooLong = (): void => this.#end({ kind: "spoilt", problem: "too_long", head: "" });
    const useless = (reason: string): void => this.#lost(`${reason} without a reply`);
    stream = readEvents(this.#wire, response, { event, retry, ended, useless, tooLong }, this.#request.idleMs);
    this.#giveUp = stream.giveUp;
  }

  #event(event: StreamEvent): void {
    const isOpen = !this.#isSettled;
    this.#tries = 0;
    if (event.message !== undefined && event.name === "message") this.#take(event.message, event.text);
    if (isOpen && this.#isSettled) this.#timer = this.#wire.clock.after(lingerMs, () => this.abort());
  }

  #take(message: Message | BadLine, text: string): void {
    const { id } = this.#request;
    const { stray, brought, limits } = this.#wire;
    if (message instanceof Message && message.kind !== "reply") brought(message, id);
    else if (this.#isSettled)
      return; // Its reply was there, or nobody wants it any more.
    else if (message instanceof Message) {
      const error = message.raw(slot.id) === "null" ? errorTo(id, message, text, limits) : undefined;
      if (isReplyTo(id, message)) this.#replied(message);
      else if (error !== undefined) this.#replied(error);
      else stray(misdirected(message));
    } else {
      const error = errorTo(id, message, text, limits);
      const isReply = message.isObject && !message.hasMethod && this.#isOurs(message);
      if (error !== undefined) this.#replied(error);
      else if (isReply) this.#end({ kind: "spoilt", problem: message.problem, head: message.head });
      else stray({ ...message, id: undefined });
    }
  }

  // What is JSON without an id of its own, such as an empty object, some servers send to no end.
  #isOurs({ id, problem }: BadLine): boolean {
    return id === undefined ? problem !== "not_rpc" : id === String(this.#request.id);
  }

  #broke(reason: string): void {
    const { isResumable, headers } = this.#request;
    if (!isResumable || this.#lastId === undefined || this.#tries === mostTries) {
      this.#lost(`${reason} without a reply`);
      return;
    }
    this.#isResuming = true;
    const resumed = { ...streamHeaders, ...headers, "Last-Event-ID": this.#lastId };
    const pauseMs = pauseBefore(this.#tries++, this.#retryMs);
    this.#timer = this.#wire.clock.after(pauseMs, () => {
      this.#timer = undefined;
      void this.#resume(resumed);
    });
  }

  async #resume(headers: Readonly<Record<string, string>>): Promise<void> {
    const response = await this.#responseTo(ask(this.#wire.remote, { method: "GET", headers }));
    if (response === undefined) return;
    if (response instanceof Error) this.#broke(response.message);
    else if (isStream(response)) this.#read(response);
    else {
      void this.#wire.bodies.discard(response);
      const { status } = response;
      if (status >= 500 || status === 429) this.#broke(`its stream broke off, then HTTP ${status}`);
      else this.#lost(`its stream broke off and cannot be resumed (HTTP ${status})`);
    }
  }

  #replied(reply: Message): void {
    this.#end({ kind: "reply", reply, session: this.#session });
  }

  #lost(text: string): void {
    this.#end({ kind: "failed", failure: { code: "connection_lost", text, mayHaveRun: true } });
  }

  #useless(text: string): void {
    this.#end({ kind: "failed", failure: { code: "bad_reply", text, mayHaveRun: true } });
  }

  #quoted(body: Buffer): string {
    return quoted(body.toString(), this.#wire.remote);
  }

  #end(outcome: Outcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#settle(outcome);
  }
}
