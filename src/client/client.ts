import { toProtocolError } from "../errors.ts";
import type { Link, Pausable } from "../transport/link.ts";
import { UnderWay } from "../transport/under-way.ts";
import type { BadLine } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import { type Edit, encodeString, type Message, type Outgoing } from "../wire/message.ts";
import type { Answerer, Issuer } from "./answerer.ts";
import { type Asked, Asks } from "./asks.ts";
import { badRequest } from "./bad-requests.ts";
import {
  type About,
  answerDiscover,
  answerInitialize,
  Envelopes,
  type Origin,
  openSession,
  type Refusal,
  refusalOf,
  stranger,
} from "./handshake.ts";
import type { Identity } from "./identity.ts";

/** Who has so much to read takes what comes later than it could. */
const behindBytes = 1024 * 1024;

/** What came before anybody answered. Notifications have no origin. */
type Waiting = { readonly method: string; readonly message: Message; readonly origin?: Origin };

/**
 * One connected client. Handshakes of every kind, in any order, and pings are answered here and at once; everything
 * else waits, in order, until `serve` names who answers it. Whose a request is, each request decides for itself.
 */
export class Client {
  /** Who the client is, from its first `initialize` or its first request that is to be answered by others. */
  readonly identity: Promise<Identity>;
  /** The level that it has asked for in its session; of whoever answers, who may change it. */
  logLevel: string | undefined;
  /** Whether it is shown no tools but those with which it looks for others; of whoever answers, too. */
  isLazy = false;
  /** What a handshake tells of us before anybody answers, where that is known; of whoever will answer. */
  firstAbout: (() => About | undefined) | undefined;
  /** The reply to a request before anybody answers, where it is known; of whoever will answer. */
  firstAnswer: ((method: string, message: Message, origin: Origin) => Outgoing | undefined) | undefined;
  readonly #link: Link;
  readonly #version: string;
  readonly #firstInstructions: () => string;
  readonly #envelopes = new Envelopes();
  readonly #asks = new Asks();
  readonly #issued = new UnderWay<Message, Issuer>();
  /** Its own requests that were passed on and have no reply. */
  readonly #open = new UnderWay<Message, Origin>();
  #openBytes = 0;
  /** Of what others keep for it. */
  #keptBytes = 0;
  #tellIdentity: (identity: Identity) => void = () => {};
  #session: Origin | undefined;
  #answerer: Answerer | undefined;
  #backlog: Waiting[] = [];
  #isClosed = false;

  /** `firstInstructions`: what a handshake tells the model before anybody answers. */
  constructor(link: Link, version: string, firstInstructions: () => string) {
    this.#link = link;
    this.#version = version;
    this.#firstInstructions = firstInstructions;
    this.identity = new Promise((resolve) => {
      this.#tellIdentity = resolve;
    });
  }

  /** Whether a request waits for somebody who answers it. */
  get isWaiting(): boolean {
    return this.#backlog.some(({ origin }) => origin !== undefined);
  }

  /** Whose its requests are that do not say it; undefined before `initialize`. */
  get session(): Origin | undefined {
    return this.#session;
  }

  /** Whose its last request was that said so itself; undefined before there was one. */
  get lastEnvelope(): Origin | undefined {
    return this.#envelopes.last;
  }

  /** Questions that it has not answered. */
  get openAsks(): number {
    return this.#asks.count;
  }

  /** Its own requests that wait for a reply of others. */
  get openRequests(): number {
    return this.#open.size;
  }

  /** What is kept of these and for them, what it has not read yet, and what of its next message has come. */
  get heldBytes(): number {
    return this.#openBytes + this.#keptBytes + this.#link.heldBytes();
  }

  /** So many bytes more are kept for it from now on; less than 0: fewer. */
  keeps(bytes: number): void {
    this.#keptBytes += bytes;
  }

  /** Hands everything that waits, and all that comes from now on, to `answerer`. */
  serve(answerer: Answerer): void {
    this.#answerer = answerer;
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const one of backlog) this.#handOver(one);
    if (this.#isClosed) answerer.closed?.(this);
  }

  /** Gives the client the one reply to its `request`; `source` is held up while the client does not read what came from it. */
  reply(request: Message, reply: Outgoing, source?: Pausable): void {
    const issuer = this.#issued.take(request);
    if (issuer === undefined) this.#send(reply, source, request);
    else issuer.reply(reply);
  }

  /** As `reply`, with one that a server has written and `edits` to it, the first of which gives it the id of `request`. */
  passReply(request: Message, reply: Message, edits: Edit[], source?: Pausable): void {
    const issuer = this.#issued.take(request);
    if (issuer === undefined) this.#send(reply.splice(edits), source, request);
    else issuer.reply(edits.length === 1 ? reply : reply.splice(edits));
  }

  /** Notifies the client; `about`: its request that this belongs to, where there is one. `source` as for `reply`. */
  notify(message: Outgoing, source?: Pausable, about?: Message): void {
    this.#link.send(message, source, this.#own(about));
  }

  /** Whether so much of what belongs to its request `about` waits for it that more has no hurry. */
  isBehind(about: Message): boolean {
    return this.#link.queuedBytes(this.#own(about)) > behindBytes;
  }

  /**
   * Asks the client; `encode` writes the request under the id that it is given, which is returned. The rest as for `notify`.
   * What is asked about requests that were issued within one of its own is put one after the other.
   */
  ask(encode: (id: number) => Outgoing, asked: Asked, source?: Pausable, about?: Message): number {
    const own = this.#own(about);
    const issuer = about && this.#issued.get(about);
    const put = (id: number): boolean => {
      if (issuer !== undefined && !this.#issued.values().some(({ within }) => within === own)) return false;
      if (!this.#isClosed) this.#link.send(encode(id), source, own);
      return true;
    };
    const turn = issuer && { within: issuer.within, over: issuer.hold?.() };
    const id = this.#asks.add(asked, put, turn);
    if (this.#isClosed) void Promise.resolve().then(() => this.#asks.loseAll());
    return id;
  }

  /** Makes a request in the client's name, as if it had come from it; its reply is the issuer's. `withdraw` it to take it back. */
  issue(request: Message, origin: Origin, issuer: Issuer): void {
    this.#issued.add(request, issuer);
    this.#answerer?.request(request.text(slot.method) as string, request, this, origin);
  }

  /** Whether the client waits for the reply to this request, or to its own that this one was issued within. */
  waitsFor(request: Message): boolean {
    return this.#open.has(this.#own(request) as Message);
  }

  /** Whether the request was issued in the client's name. */
  isIssued(request: Message): boolean {
    return this.#issued.has(request);
  }

  /** Nobody waits for the reply to this request any more: the client's, or one that was issued in its name. Whether a server may have had it. */
  withdraw(request: Message, reason: string): boolean {
    this.#issued.take(request);
    this.#over(request);
    this.#backlog = this.#backlog.filter(({ message }) => message !== request);
    return this.#answerer?.withdrawn(request, this, reason) ?? false;
  }

  /** More was said about its request than the client reads, which fails. */
  overrun(request: Message): void {
    const origin = this.#open.get(request);
    if (origin !== undefined) this.#answerer?.overrun?.(request, this, origin);
  }

  /** The client has taken this request back: no reply to it will come. */
  dismiss(request: Message): void {
    this.#over(request);
    this.#link.dismiss?.(request);
  }

  /** Forgets a question: nothing more is heard of it. The client is not told; whether it knows of it, and could be. */
  forgetAsk(id: number): boolean {
    return this.#asks.forget(id);
  }

  receive(message: Message): void {
    if (message.kind === "request") this.#request(message, message.text(slot.method) as string);
    else if (message.kind === "notification") this.#notification(message, message.text(slot.method) as string);
    else this.#asks.reply(message);
  }

  receiveBadLine({ problem, id, hasMethod }: BadLine): void {
    const spoilt = id !== undefined && !hasMethod && this.#asks.spoil(id);
    if (spoilt === true) return;
    const [code, text] = badRequest("message", problem);
    // An error under the id of a question would be taken for the answer to a request of the client's own.
    this.#link.send(toProtocolError(id === undefined || spoilt === "late" ? "null" : id, code, text), this.#link);
  }

  /** The client has ended its side or is gone. What is sent to it may still arrive. */
  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#asks.loseAll();
    this.#issued.clear();
    this.#open.clear();
    this.#openBytes = 0;
    this.#answerer?.closed?.(this);
  }

  /** Sends the reply to a request of its own. */
  #send(reply: Outgoing, source: Pausable | undefined, request: Message): void {
    this.#over(request);
    // Who asks and does not read is read no further.
    this.#link.send(reply, source ?? this.#link, request);
  }

  #over(request: Message): void {
    if (this.#open.take(request) !== undefined) this.#openBytes -= request.length;
  }

  #request(message: Message, method: string): void {
    const said = this.#envelopes.read(message);
    const isSelfContained = said !== undefined && "era" in said;
    if (method === "initialize" && !isSelfContained) this.#initialize(message);
    else if (said !== undefined && !isSelfContained) this.#refuse(message, said);
    else this.#answer(method, message, said ?? this.#session ?? stranger);
  }

  #answer(method: string, message: Message, origin: Origin): void {
    const refusal = refusalOf(method, origin.era);
    if (refusal !== undefined) this.#refuse(message, refusal);
    else if (method === "ping") this.reply(message, `{"jsonrpc":"2.0","id":${message.raw(slot.id)},"result":{}}`);
    else if (method === "server/discover") this.reply(message, answerDiscover(message, this.#version, this.#about()));
    else {
      // Not by the handshake above, which may be a mere probe that says nothing of what the client can do.
      this.#tellIdentity(origin.identity);
      this.#pass(method, message, origin);
    }
  }

  #initialize(message: Message): void {
    this.#session = openSession(message);
    this.logLevel = undefined;
    this.reply(message, answerInitialize(message, this.#version, this.#about()));
    this.#tellIdentity(this.#session.identity);
  }

  #notification(message: Message, method: string): void {
    if (method === "notifications/progress") this.#asks.progress(message);
    else this.#pass(method, message);
  }

  #pass(method: string, message: Message, origin?: Origin): void {
    if (origin !== undefined) {
      this.#open.add(message, origin);
      this.#openBytes += message.length;
    }
    const known = this.#answerer === undefined && origin && this.firstAnswer?.(method, message, origin);
    if (known) this.reply(message, known);
    else if (this.#answerer === undefined) this.#backlog.push({ method, message, ...(origin && { origin }) });
    else this.#handOver({ method, message, ...(origin && { origin }) });
  }

  #handOver({ method, message, origin }: Waiting): void {
    if (origin === undefined) this.#answerer?.notification(method, message, this);
    else this.#answerer?.request(method, message, this, origin);
  }

  /** The client's own request that one belongs to. */
  #own(request: Message | undefined): Message | undefined {
    return request && (this.#issued.get(request)?.within ?? request);
  }

  #about(): About {
    return (
      this.#answerer?.about(this) ?? this.firstAbout?.() ?? { instructions: this.#firstInstructions(), extensions: "" }
    );
  }

  #refuse(message: Message, { code, message: text, data }: Refusal): void {
    const id = message.raw(slot.id) as string;
    const more = data === undefined ? "" : `,"data":${data}`;
    this.reply(message, `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":${encodeString(text)}${more}}}`);
  }
}
