import type { Timer } from "../ports/clock.ts";
import type { InResponse, OutExchange } from "../ports/network.ts";
import { Message } from "../wire/message.ts";
import type { StreamEvent } from "../wire/sse.ts";
import { streamHeaders } from "./http-client-headers.ts";
import { ask } from "./http-client-request.ts";
import { NotSignedIn } from "./http-client-sign-in.ts";
import { isStream, readEvents, type Stream } from "./http-client-stream.ts";
import { misdirected, mostPauseMs, pauseBefore, type Wire } from "./http-client-wire.ts";

export type PushOptions = {
  readonly wire: Wire;
  readonly headers: () => Readonly<Record<string, string>>;
  /** A reply came, which may be for a request whose own stream is broken; false: it is not. */
  readonly replied: (reply: Message) => boolean;
  /** The server does not know the session any more. */
  readonly forgotten: () => void;
};

/** Nothing at all for so long: it may have been lost on the way without a word. */
const idleMs = 300_000;
/** Tries in vain after which the next one waits as long as any. */
const fruitless = 20;

/** The stream on which a server of the legacy era says what belongs to no request; asked for again where it breaks. */
export class PushStream {
  readonly #options: PushOptions;
  #giveUp: () => void = () => {};
  /** Waits no longer for the user to sign in. */
  #forgetSignIn = (): void => {};
  #timer: Timer | undefined;
  #isWanted = false;
  /** The server had it open since it was asked for first. */
  #hasBeen = false;
  #lastId: string | undefined;
  #retryMs: number | undefined;
  /** Since something came, or it was open for long; however often it was started. */
  #tries = 0;
  /** How often it was started or stopped: only the last counts. */
  #generation = 0;

  constructor(options: PushOptions) {
    this.#options = options;
  }

  /** Asks for it, and for nothing that was missed before. */
  start(): void {
    this.stop();
    this.#lastId = undefined;
    this.#hasBeen = false;
    this.#isWanted = true;
    void this.#open(this.#generation);
  }

  stop(): void {
    this.#generation++;
    this.#isWanted = false;
    this.#timer?.cancel();
    this.#forgetSignIn();
    this.#giveUp();
  }

  async #open(generation: number): Promise<void> {
    const { wire, headers, forgotten } = this.#options;
    const last = this.#lastId === undefined ? {} : { "Last-Event-ID": this.#lastId };
    const exchange = ask(wire.remote, { method: "GET", headers: { ...streamHeaders, ...last, ...headers() } });
    this.#giveUp = exchange.abort;
    const response = await responseTo(exchange);
    if (response === "refused") {
      if (generation === this.#generation) this.#awaitSignIn();
      return;
    }
    if (generation !== this.#generation) {
      response?.abort();
      return;
    }
    if (response !== undefined && isStream(response)) {
      this.#read(response);
      return;
    }
    if (response !== undefined) void wire.bodies.discard(response);
    const status = response?.status ?? 503;
    // A server without one may say so with 404 too.
    if (status === 404 && this.#hasBeen) forgotten();
    // Where it is refused otherwise the server has none. A stream that it still takes for open is no such refusal.
    else if (status >= 500 || status === 429 || status === 409) this.#again();
  }

  #read(response: InResponse): void {
    const { wire } = this.#options;
    const openedAt = wire.clock.now();
    this.#hasBeen = true;
    let stream: Stream | undefined;
    const ended = (): void => {
      if (wire.clock.now() - openedAt > mostPauseMs) this.#tries = 0;
      this.#lastId = stream?.lastId() ?? this.#lastId;
      if (this.#isWanted) this.#again();
    };
    const retry = (delayMs: number): void => {
      this.#retryMs = delayMs;
    };
    const event = (one: StreamEvent): void => this.#event(one);
    // From where it was the same would come again.
    const tooLong = (): void => {
      this.#lastId = undefined;
      this.#again();
    };
    const useless = (): void => {
      this.#tries = fruitless;
      this.#again();
    };
    stream = readEvents(wire, response, { event, retry, ended, useless, tooLong }, idleMs);
    this.#giveUp = stream.giveUp;
  }

  #event({ name, message }: StreamEvent): void {
    this.#tries = 0;
    if (message === undefined || name !== "message" || !this.#isWanted) return;
    const { wire, replied } = this.#options;
    if (!(message instanceof Message)) wire.stray({ ...message, id: undefined });
    else if (message.kind !== "reply") wire.brought(message);
    else if (!replied(message)) wire.stray(misdirected(message));
  }

  /** Until then it would be refused again. */
  #awaitSignIn(): void {
    const forget = this.#options.wire.remote.signIn?.signedIn(() => void this.#open(this.#generation));
    this.#forgetSignIn = () => forget?.();
  }

  #again(): void {
    const generation = this.#generation;
    this.#timer = this.#options.wire.clock.after(pauseBefore(this.#tries++, this.#retryMs), () => {
      void this.#open(generation);
    });
  }
}

async function responseTo(exchange: OutExchange): Promise<InResponse | "refused" | undefined> {
  try {
    return await exchange.response;
  } catch (cause) {
    return cause instanceof NotSignedIn ? "refused" : undefined;
  }
}
