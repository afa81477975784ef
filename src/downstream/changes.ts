import { cutAt } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import { slot } from "../wire/members.ts";
import { encodeString, type Message } from "../wire/message.ts";
import type { Connection } from "./connection.ts";
import type { Greeting } from "./handshake.ts";
import { mostOpen } from "./open-requests.ts";
import type { OwnRequests } from "./own-requests.ts";

/** A server that ends the stream of its notices is asked for it again after this long. */
const listenAgainMs = 5_000;

export type ChangesOptions = {
  readonly connection: Connection;
  readonly requests: OwnRequests;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly redact: (text: string) => string;
  readonly oddity: (text: string) => void;
  /** As `DownstreamOptions.signedIn`. */
  readonly signedIn?: ((then: () => void) => () => void) | undefined;
};

type Wish = {
  readonly uri: string;
  readonly grant: () => void;
  readonly reject: (reason: string) => void;
};

/**
 * How a server is made to tell what changes at it. One of the legacy era tells of its lists unasked, and of a resource
 * once it is subscribed to. One of the modern era tells on a stream that is asked for with everything it is to bring;
 * another wish means another stream, opened before the old one is ended.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/utilities/subscriptions
 */
export class Changes {
  readonly #options: ChangesOptions;
  /** How many have asked to be told of each, where more than one relay uses the server. */
  readonly #uris = new Map<string, number>();
  /** Members of `_meta` that requests need; undefined: the server is of the legacy era. */
  #envelope: string | undefined;
  #canTell = false;
  /** The id of the stream that is open or being opened. */
  #stream: number | undefined;
  /** The one before it, which was told to end and may still say so. */
  #last: number | undefined;
  /** Who waits for the answer to a wish. */
  #wishes: Wish[] = [];
  #isReopening = false;
  #isOver = true;
  /** Waits no longer for the user to sign in. */
  #forgetSignIn = (): void => {};

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** Whether anybody wants to hear of a resource. */
  get isWatching(): boolean {
    return this.#uris.size > 0;
  }

  /** The server is greeted, for the first time or after it has ended; `envelope` as every request to it needs it, if it does. */
  begin({ capabilities }: Greeting, envelope: string | undefined): void {
    this.#envelope = envelope;
    this.#isOver = false;
    this.#stream = undefined;
    this.#last = undefined;
    this.#canTell = Object.values(capabilities).some(
      (one) => isObject(one) && (one["listChanged"] || one["subscribe"]),
    );
    if (envelope === undefined) this.renew();
    else if (this.#canTell) this.#open();
  }

  /** Has it tell of the resource from now on. Gives its reply where it had to be asked; rejects with one line. */
  async subscribe(uri: string): Promise<Message | undefined> {
    const count = this.#uris.get(uri) ?? 0;
    this.#uris.set(uri, count + 1);
    if (count > 0) return undefined;
    if (this.#envelope === undefined) {
      const reply = await this.#ask("resources/subscribe", uri);
      if (reply.has(slot.error)) this.#uris.delete(uri);
      return reply;
    }
    if (!this.#canTell) throw new Error("the server does not tell what changes");
    this.#reopen();
    return await new Promise((resolve, reject) => {
      const { clock, connectTimeoutMs } = this.#options;
      const late = `the server did not acknowledge it within ${connectTimeoutMs / 1000} s (connectTimeoutMs)`;
      const timer = clock.after(connectTimeoutMs, () => {
        this.#wishes = this.#wishes.filter((one) => one !== wish);
        wish.reject(late);
      });
      const wish: Wish = {
        uri,
        grant: () => {
          timer.cancel();
          resolve(undefined);
        },
        reject: (reason) => {
          timer.cancel();
          this.#uris.delete(uri);
          reject(new Error(reason));
        },
      };
      this.#wishes.push(wish);
    });
  }

  /** The opposite, as `subscribe`. */
  async unsubscribe(uri: string): Promise<Message | undefined> {
    const count = this.#uris.get(uri) ?? 0;
    if (count > 1) this.#uris.set(uri, count - 1);
    else this.#uris.delete(uri);
    if (count !== 1 || this.#isOver) return undefined;
    if (this.#envelope === undefined) return await this.#ask("resources/unsubscribe", uri);
    this.#reopen();
    return undefined;
  }

  /** The server says what of a stream was granted. */
  acknowledged(message: Message): void {
    if (this.#stream === undefined || message.integer(slot.subscriptionId) !== this.#stream) return;
    // It was not asked for what has been wished for since: the next one is.
    if (this.#isReopening) return;
    const { notifications } = message.parsed(slot.params) as { notifications?: { resourceSubscriptions?: unknown } };
    const granted = notifications?.resourceSubscriptions;
    this.#settle((uri) => Array.isArray(granted) && granted.includes(uri), "the server does not tell of it");
  }

  /** The server has forgotten what it was told: it is told again. */
  renew(): void {
    if (this.#envelope !== undefined || this.#isOver) return;
    for (const uri of this.#uris.keys()) {
      const lost = (reason: string): void => this.#options.oddity(`may not tell of ${cutAt(200, uri)}: ${reason}`);
      this.#ask("resources/subscribe", uri).catch((cause: Error) => lost(cause.message));
    }
  }

  /** Asks nothing more, until it begins again. */
  end(): void {
    this.#isOver = true;
    this.#forgetSignIn();
    this.#settle(() => false, "the server is gone");
  }

  /** Until then it would be refused again. */
  #awaitSignIn(): void {
    this.#forgetSignIn();
    const forget = this.#options.signedIn?.(() => this.#stream ?? this.#reopen());
    this.#forgetSignIn = () => forget?.();
  }

  async #ask(method: string, uri: string): Promise<Message> {
    const { requests, connectTimeoutMs } = this.#options;
    return await requests.request(method, `{"uri":${encodeString(uri)}}`, connectTimeoutMs);
  }

  #settle(isGranted: (uri: string) => boolean, reason: string): void {
    for (const { uri, grant, reject } of this.#wishes.splice(0)) {
      if (isGranted(uri)) grant();
      else reject(reason);
    }
  }

  // All that is wished for in one turn makes one stream.
  #reopen(): void {
    if (this.#isReopening || this.#isOver) return;
    this.#isReopening = true;
    this.#options.clock.soon(() => {
      this.#isReopening = false;
      this.#open();
    });
  }

  #open(): void {
    const { connection, clock, oddity } = this.#options;
    if (this.#isOver || connection.closedBecause !== undefined) return;
    if (connection.openRequests >= mostOpen) {
      clock.after(listenAgainMs, () => this.#reopen());
      return;
    }
    const before = this.#stream;
    const ended = (text: string | undefined, isFinal: boolean): void => {
      connection.forget(id);
      if (this.#stream !== id) return;
      this.#stream = undefined;
      if (text !== undefined) oddity(text);
      if (this.#isReopening) return;
      const isWished = this.#wishes.length > 0;
      this.#settle(() => false, text ?? "the server tells nothing any more");
      // What it told of before the wish is not to be lost with it.
      if (isFinal && isWished) this.#reopen();
      if (!isFinal) clock.after(listenAgainMs, () => this.#stream ?? this.#reopen());
    };
    const id = connection.register({
      isSent: true,
      deadlineAt: Number.POSITIVE_INFINITY,
      expire: () => {},
      reply: (reply: Message) => {
        const isRefused = reply.has(slot.error);
        const text = isRefused
          ? `it does not tell what changes: ${this.#options.redact(cutAt(200, reply.text(slot.message) ?? "no reason"))}`
          : undefined;
        ended(text, isRefused);
      },
      progress: () => {},
      spoilt: () => ended("its answer to subscriptions/listen cannot be read", true),
      lost: () => ended(undefined, true),
      failed: ({ code }) => {
        const isCurrent = this.#stream === id;
        const needsLogin = code === "login_required";
        ended(undefined, needsLogin);
        if (isCurrent && needsLogin) this.#awaitSignIn();
      },
    });
    this.#stream = id;
    const uris = [...this.#uris.keys()].map((uri) => encodeString(uri)).join(",");
    const wanted = `"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true,"resourceSubscriptions":[${uris}]`;
    const params = `{"_meta":{${this.#envelope}},"notifications":{${wanted}}}`;
    connection.send(`{"jsonrpc":"2.0","id":${id},"method":"subscriptions/listen","params":${params}}`);
    if (before === undefined) return;
    if (this.#last !== undefined) connection.forget(this.#last);
    this.#last = before;
    connection.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${before}}}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
