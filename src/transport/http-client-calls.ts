import type { ParamHeader } from "../wire/header-value.ts";
import { slot } from "../wire/members.ts";
import { type Message, type Outgoing, sizeOf } from "../wire/message.ts";
import { modernHeaders } from "./http-client-headers.ts";
import { type Outcome, Post } from "./http-client-post.ts";
import { PushStream } from "./http-client-push.ts";
import { Session } from "./http-client-session.ts";
import { Unread } from "./http-client-unread.ts";
import type { Wire } from "./http-client-wire.ts";
import type { LinkFailure, Pausable } from "./link.ts";
import { UnderWay } from "./under-way.ts";

export type CallsOptions = {
  readonly wire: Wire;
  readonly paramHeaders: (tool: string) => readonly ParamHeader[];
  readonly replied: (reply: Message) => void;
  /** The request that was sent under `id` gets no reply. */
  readonly failed: (id: number, failure: LinkFailure) => void;
  /** The server, asked to `initialize` so, knows nothing of messages that are posted to its address. */
  readonly refused: (id: number, message: Outgoing, failure: LinkFailure) => void;
  readonly renewed: () => void;
};

/** A request of ours that has no reply yet. */
type Open = {
  readonly id: number;
  readonly view: Message;
  readonly message: Outgoing;
  readonly method: string;
  readonly isModern: boolean;
  readonly taken: () => void;
  /** Undefined while it waits for the session. */
  post: Post | undefined;
  /** The session in which it was sent last. */
  session: number;
  isRepeated: boolean;
};

/** With these, and without a reply, a server says that it knows nothing of messages that are posted there. */
const noEndpoint: ReadonlySet<number | undefined> = new Set([400, 404, 405]);
/** A refusal that may mean a forgotten session is believed where the session is older. */
const leastSessionMs = 30_000;
/** What one that waits costs at least: thousands of short ones are many, too. */
const leastNoticeBytes = 1024;
/** A stream of notices that brings nothing for so long, not even comments, may have been lost without a word. */
const listenIdleMs = 300_000;

type Headers = Readonly<Record<string, string>>;

/**
 * All that goes to a server by Streamable HTTP: each request on a POST of its own, in the era that it is of, and in the
 * session that the server has opened for us where it did. One that the server has forgotten is opened anew, once for
 * all requests that meet that, and only what was refused for it is sent again.
 */
export class Calls {
  readonly #options: CallsOptions;
  readonly #session: Session;
  readonly #push: PushStream;
  readonly #unread = new Unread();
  readonly #open = new UnderWay<number, Open>();
  /** What waits until the server is ready for it; undefined while nothing has to. */
  #held: (() => void)[] | undefined;
  /** The version of the modern era that was spoken last. */
  #modern: Headers = {};
  #isStopped = false;

  constructor(options: CallsOptions) {
    const { wire } = options;
    this.#options = options;
    this.#session = new Session(wire);
    this.#push = new PushStream({
      wire,
      headers: () => this.#session.headers,
      replied: (reply) => this.#open.get(reply.integer(slot.id))?.post?.accept(reply) ?? false,
      forgotten: () => {
        if (this.#session.hasId) void this.#renew();
      },
    });
  }

  /** Bytes of what was not taken yet. */
  get unreadBytes(): number {
    return this.#unread.bytes;
  }

  send(view: Message, message: Outgoing, source: Pausable | undefined): void {
    const method = view.text(slot.method) ?? "";
    if (method === "notifications/cancelled") {
      this.#cancel(view, message);
      return;
    }
    const bytes = view.kind === "request" ? sizeOf(message) : Math.max(sizeOf(message), leastNoticeBytes);
    const taken = this.#unread.add(bytes, source);
    if (view.kind === "request") this.#request(view, message, method, taken);
    else this.#notify(view, message, method, taken);
  }

  /** Nothing is sent any more, and nothing is heard. */
  stop(): void {
    this.#isStopped = true;
    this.#held = undefined;
    this.#push.stop();
    this.#session.stop();
    for (const { post } of this.#open.values()) post?.abort();
    this.#open.clear();
  }

  /** Tells the server, after that, that its session is over. */
  async leave(): Promise<void> {
    await this.#session.close();
  }

  #request(view: Message, message: Outgoing, method: string, taken: () => void): void {
    const id = view.integer(slot.id);
    const isModern = view.has(slot.protocolVersion) && (!this.#session.isOpen || method === "server/discover");
    const about = { id, view, message, method, isModern, taken };
    const open: Open = { ...about, post: undefined, session: 0, isRepeated: false };
    this.#open.add(id, open);
    if (method === "initialize") this.#session.begin(id, message);
    if (isModern || method === "initialize") this.#post(open);
    else this.#whenReady(() => this.#post(open));
  }

  #post(open: Open): void {
    const { id, view, message, method, isModern, taken } = open;
    // It may have been cancelled while it waited.
    if (this.#isStopped || this.#open.get(id) !== open) return;
    const isInSession = !isModern && method !== "initialize";
    const headers = isModern ? this.#modernHeaders(view) : isInSession ? this.#session.headers : {};
    open.session = this.#session.number;
    open.post = new Post(
      this.#options.wire,
      {
        id,
        message,
        headers,
        isResumable: isInSession,
        isInSession: isInSession && this.#session.hasId,
        idleMs: method === "subscriptions/listen" ? listenIdleMs : undefined,
        taken,
      },
      (outcome) => this.#settled(open, outcome),
    );
  }

  #modernHeaders(view: Message): Headers {
    const headers = modernHeaders(view, this.#options.paramHeaders);
    const version = headers["MCP-Protocol-Version"];
    if (version !== undefined) this.#modern = { "MCP-Protocol-Version": version };
    return { ...this.#modern, ...headers };
  }

  #notify(view: Message, message: Outgoing, method: string, taken: () => void): void {
    if (this.#session.isOpen && method === "notifications/initialized") {
      // Some servers refuse what comes before they have taken this.
      this.#held ??= [];
      void this.#session.initialized(message, taken).then(() => {
        if (!this.#isStopped) this.#push.start();
        this.#release();
      });
      return;
    }
    this.#whenReady(() => {
      const headers = this.#session.isOpen ? this.#session.headers : this.#modernHeaders(view);
      void this.#session.notice(message, headers, taken);
    });
  }

  /** Nobody waits for this reply any more. */
  abort(id: number): void {
    const open = this.#open.take(id);
    if (open?.post === undefined) open?.taken();
    else open.post.abort();
  }

  #cancel(view: Message, message: Outgoing): void {
    const id = view.integer(slot.requestId);
    const open = this.#open.take(id);
    if (open?.post === undefined) open?.taken();
    else if (open.isModern) open.post.abort();
    else {
      open.post.release();
      void this.#session.notice(message, this.#session.headers, () => {});
    }
  }

  #settled(open: Open, outcome: Outcome): void {
    const { id, method } = open;
    if (this.#open.get(id) !== open) return;
    if (outcome.kind === "forgotten") {
      this.#forgotten(open, outcome.reply);
      return;
    }
    this.#open.take(id);
    if (outcome.kind === "reply")
      this.#replied(outcome.reply, method === "initialize" ? outcome.session : undefined, method);
    else if (outcome.kind === "spoilt") {
      const { problem, head } = outcome;
      this.#options.wire.stray({ problem, id: String(id), hasMethod: false, isObject: true, head });
    } else if (method === "initialize" && noEndpoint.has(outcome.status))
      this.#options.refused(id, open.message, outcome.failure);
    else this.#options.failed(id, outcome.failure);
  }

  #replied(reply: Message, session: string | undefined, method: string): void {
    if (method === "initialize" && reply.has(slot.result)) this.#session.open(reply, session);
    this.#options.replied(reply);
  }

  /** The server has done nothing, because it does not know the session: it gets another one, and the request once more. */
  #forgotten(open: Open, reply: Message | undefined): void {
    const { id } = open;
    const isOfThis = open.session === this.#session.number;
    if (open.isRepeated || (reply !== undefined && isOfThis && this.#session.ageMs < leastSessionMs)) {
      this.#open.take(id);
      const text = "it has forgotten the session, and the one after that";
      if (reply === undefined) this.#options.failed(id, { code: "unavailable", text, mayHaveRun: false });
      else this.#options.replied(reply);
      return;
    }
    open.isRepeated = true;
    open.post = undefined;
    if (!isOfThis) {
      this.#whenReady(() => this.#post(open));
      return;
    }
    void this.#renew().then((failure) => {
      if (failure === undefined) this.#post(open);
      else if (this.#open.take(id) !== undefined) this.#options.failed(id, failure);
    });
  }

  /** Resolves to why there is no other session; several at once are one. */
  async #renew(): Promise<LinkFailure | undefined> {
    const isFirst = !this.#session.isRenewing;
    this.#held ??= [];
    const failure = await this.#session.renew();
    if (this.#isStopped || !isFirst) return failure;
    if (failure === undefined) {
      this.#push.start();
      this.#options.renewed();
    }
    this.#release();
    return failure;
  }

  #whenReady(task: () => void): void {
    if (this.#held === undefined) task();
    else this.#held.push(task);
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const task of held) task();
  }
}
