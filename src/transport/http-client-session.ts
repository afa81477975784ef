import pLimit from "p-limit";
import { slot } from "../wire/members.ts";
import type { Message, Outgoing } from "../wire/message.ts";
import { memberOf } from "../wire/object.ts";
import { postHeaders } from "./http-client-headers.ts";
import { type Outcome, Post } from "./http-client-post.ts";
import { type Asked, ask } from "./http-client-request.ts";
import type { Wire } from "./http-client-wire.ts";
import type { LinkFailure } from "./link.ts";

type Headers = Readonly<Record<string, string>>;
/** `isOver`: when its body has been read, or given up. */
type Answered = { readonly isOver: Promise<void> };

/** What has no reply is under way so often at once: a server that asks and asks would make us open thousands of connections. */
const mostNotices = 32;
const initialized = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
/** A server that takes longer to say that it has heard what has no reply is not waited for. */
const noticeMs = 60_000;
const initializedMs = 5000;
const renewalMs = 30_000;
const goodbyeMs = 1000;
const openingBrace = 0x7b;

/** What a server of the legacy era knows of us, from `initialize` on. */
export class Session {
  readonly #wire: Wire;
  /** The request that opened it. */
  #opening: { readonly id: number; readonly message: Outgoing } | undefined;
  #headers: Headers | undefined;
  #openedAt = 0;
  #number = 0;
  #renewal: Promise<LinkFailure | undefined> | undefined;
  readonly #noticing = pLimit(mostNotices);
  #isStopped = false;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** How many there have been. */
  get number(): number {
    return this.#number;
  }

  get isOpen(): boolean {
    return this.#headers !== undefined;
  }

  /** Whether the server can forget it. */
  get hasId(): boolean {
    return this.#headers?.["Mcp-Session-Id"] !== undefined;
  }

  get ageMs(): number {
    return this.#wire.clock.now() - this.#openedAt;
  }

  /** What every request in it says. */
  get headers(): Headers {
    return this.#headers ?? {};
  }

  /** Whether it is being opened anew. */
  get isRenewing(): boolean {
    return this.#renewal !== undefined;
  }

  /** The request with which it is opened, and may be opened again. */
  begin(id: number, message: Outgoing): void {
    this.#opening = { id, message };
  }

  /** The server has answered that. */
  open(reply: Message, id: string | undefined): void {
    const version = versionIn(reply);
    this.#headers = {
      ...(id === undefined ? {} : { "Mcp-Session-Id": id }),
      ...(version === undefined ? {} : { "MCP-Protocol-Version": version }),
    };
    this.#openedAt = this.#wire.clock.now();
    this.#number++;
  }

  /** Opens another one in the same words; several at once are one. Resolves to why that failed. */
  renew(): Promise<LinkFailure | undefined> {
    this.#renewal ??= this.#reopen().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  /** Sends what has no reply; resolves when it was answered, was not in time, or failed. Never rejects. */
  async notice(message: Outgoing, headers: Headers, taken: () => void): Promise<void> {
    await this.#noticing(async () => {
      if (this.#isStopped) return;
      const answer = await this.#post(message, headers, taken, noticeMs);
      // Its connection is free for the next one.
      await answer?.isOver;
    });
    taken();
  }

  /** The same with what the server must hear before anything else. */
  async initialized(message: Outgoing, taken: () => void): Promise<void> {
    await this.#post(message, this.headers, taken, initializedMs);
    taken();
  }

  /** What waits to be sent is not sent any more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Tells the server that it is over. */
  async close(): Promise<void> {
    if (this.hasId) await this.#within(goodbyeMs, { method: "DELETE", headers: this.headers });
  }

  async #reopen(): Promise<LinkFailure | undefined> {
    const opening = this.#opening;
    if (opening === undefined) return lost("nobody opened it");
    const { clock } = this.#wire;
    const outcome = await new Promise<Outcome | undefined>((resolve) => {
      const request = { ...opening, headers: {}, isResumable: false, isInSession: false, taken: () => {} };
      const post = new Post(this.#wire, request, (end) => {
        timer.cancel();
        resolve(end);
      });
      const timer = clock.after(renewalMs, () => {
        post.abort();
        resolve(undefined);
      });
    });
    if (outcome === undefined) return lost(`no answer to another initialize within ${renewalMs / 1000} s`);
    if (outcome.kind === "failed") return { ...outcome.failure, ...lost(outcome.failure.text) };
    if (outcome.kind !== "reply") return lost("its answer to another initialize cannot be read");
    if (!outcome.reply.has(slot.result)) return lost("it refused another initialize");
    this.open(outcome.reply, outcome.session);
    await this.initialized(initialized, () => {});
    return undefined;
  }

  async #post(
    message: Outgoing,
    headers: Headers,
    onTaken: () => void,
    limitMs: number,
  ): Promise<Answered | undefined> {
    const asked = { method: "POST", headers: { ...postHeaders, ...headers }, body: message, onTaken } as const;
    return await this.#within(limitMs, asked);
  }

  /** Resolves as soon as the head of an answer has come; to nothing where none comes, for nobody waits for what it says. */
  async #within(limitMs: number, asked: Asked): Promise<Answered | undefined> {
    const { clock, remote, bodies } = this.#wire;
    const { response, abort } = ask(remote, asked);
    const timer = clock.after(limitMs, abort);
    try {
      return { isOver: bodies.discard(await response) };
    } catch {
      return undefined;
    } finally {
      timer.cancel();
    }
  }
}

function lost(why: string): LinkFailure {
  return { code: "unavailable", text: `it has forgotten the session: ${why}`, mayHaveRun: false };
}

function versionIn(reply: Message): string | undefined {
  if (reply.firstByte(slot.result) !== openingBrace) return undefined;
  const at = memberOf(reply, reply.start(slot.result), reply.end(slot.result), "protocolVersion");
  const value: unknown = at && JSON.parse(reply.bytes(at.start, at.end).toString());
  return typeof value === "string" && /^[\w.-]{1,40}$/.test(value) ? value : undefined;
}
