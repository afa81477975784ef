import type { ServerConfig } from "../config/config.ts";
import { CallError, type CallErrorCode } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { LinkFailure } from "../transport/link.ts";
import type { BadLine } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import type { Message, Outgoing } from "../wire/message.ts";
import type { Connection, Waiter } from "./connection.ts";
import type { Gate, Leave } from "./gate.ts";

/** A request on its way to a server, as its exchange sees it. Exactly one of `reply` and `fail` is called, once, unless it is cancelled first. */
export type Request = {
  /** When it came (ms, `clock.now()`): however often it is sent, it ends at `callTimeoutCapMs` from then. */
  readonly arrivedAt: number;
  /** Whose it is: clients take turns where their calls wait. */
  readonly client: object;
  /** How long its message is. */
  readonly bytes: number;
  /** The message for the server, with `id` as its id and progress token. Called when it is sent; undefined: it is not wanted any more. */
  readonly encode: (id: number) => Outgoing | undefined;
  readonly reply: (reply: Message) => void;
  readonly progress: (notification: Message) => void;
  readonly fail: (error: CallError) => void;
};

/** What a call needs of its server. */
export type Surroundings = {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly gate: Gate;
  readonly connection: Connection;
  /** Lists the tools anew; undefined where nothing of them is repeated in headers. Never rejects. */
  readonly relist: (() => Promise<void>) | undefined;
};

/** https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http */
const headerMismatch = "-32020";

const problems: Record<BadLine["problem"], string> = {
  not_json: "is not valid JSON",
  not_rpc: "is no JSON-RPC reply",
  too_deep: "is nested deeper than limits.maxDepth",
  too_long: "is longer than limits.maxMessageBytes",
  duplicate: "has a member twice that may be there once",
  bad_utf8: "is not valid UTF-8",
};

/** One call of one server from its arrival to its end: waiting for the server or its gate, then under way. */
export class Call implements Waiter {
  /** Moves to later with each progress message, up to the cap. */
  deadlineAt: number;
  /** Undefined until it is sent. */
  sentAt: number | undefined;
  readonly request: Request;
  readonly #at: Surroundings;
  readonly #latestAt: number;
  #id: number;
  #leave: Leave | undefined;
  /** While it enters the gate, when that is. */
  #enteredAt: number | undefined;
  #isLong = false;
  /** Whether it was sent anew because its headers were refused. */
  #isAgain = false;
  #isOver = false;

  /** `now`: as the clock says it. */
  constructor(request: Request, surroundings: Surroundings, now: number) {
    const { callTimeoutMs, callTimeoutCapMs } = surroundings.config;
    this.request = request;
    this.#at = surroundings;
    this.#latestAt = request.arrivedAt + (callTimeoutCapMs || Number.POSITIVE_INFINITY);
    this.deadlineAt = Math.min(now + (callTimeoutMs || Number.POSITIVE_INFINITY), this.#latestAt);
    this.#id = surroundings.connection.register(this);
  }

  get isSent(): boolean {
    return this.sentAt !== undefined;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The server is ready: goes through the gate, now (as the clock says it) or when there is a place. */
  enter(now: number): void {
    this.#enteredAt = now;
    const { client: lane, bytes } = this.request;
    const entry = this.#at.gate.enter({ lane, bytes, deadlineAt: this.deadlineAt, start: () => this.#send() });
    this.#enteredAt = undefined;
    if (typeof entry !== "function") this.crowdedOut(entry.refused);
    else if (this.#isOver) entry();
    else this.#leave = entry;
  }

  /** There is no room for it where it would have to wait. */
  crowdedOut(reason: string): void {
    this.failWith("queue_full", `${reason}. The call did not run.`);
  }

  reply(reply: Message): void {
    const { relist } = this.#at;
    const isRefused = relist !== undefined && reply.raw(slot.code) === headerMismatch;
    if (isRefused && !this.#isAgain && !this.#isOver) void this.#sendAgain(relist);
    else if (this.#finish()) this.request.reply(reply);
  }

  progress(notification: Message): void {
    const { clock, config } = this.#at;
    // Where its client is asked something it may already live longer.
    if (config.callTimeoutMs > 0) this.#moveTo(clock.now() + config.callTimeoutMs);
    this.request.progress(notification);
  }

  spoilt(problem: BadLine["problem"]): void {
    this.failWith("bad_reply", `the reply ${problems[problem]}. The call may have run.`);
  }

  lost(reason: string): void {
    this.failWith("connection_lost", `the connection was lost: ${reason}. The call may have run.`);
  }

  failed({ code, text, mayHaveRun }: LinkFailure): void {
    this.failWith(code, `${text}. The call ${mayHaveRun ? "may have run" : "did not run"}.`, mayHaveRun);
  }

  /** It is not sent and will not be. */
  refuse(reason: string): void {
    this.failWith("unavailable", `${reason}. The call did not run.`);
  }

  /** Its server waits for an answer of the client, which has `ms` for it: so long at least the call lives, up to the cap. */
  extend(ms: number): void {
    this.#moveTo(this.#at.clock.now() + (ms || Number.POSITIVE_INFINITY));
  }

  /** Its deadline has come. */
  expire(): void {
    const { config, clock } = this.#at;
    const { callTimeoutMs, callTimeoutCapMs, maxConcurrentCalls } = config;
    const isCap = callTimeoutCapMs > 0 && clock.now() >= this.#latestAt;
    const seconds = (isCap ? callTimeoutCapMs : callTimeoutMs) / 1000;
    const field = isCap ? "callTimeoutCapMs" : "callTimeoutMs";
    if (this.sentAt !== undefined) {
      this.#tell((id) => cancelled(id, "the deadline of the call has passed"));
      this.failWith("timed_out", `no reply within ${seconds} s (${field}). The call may have run.`);
    } else if (this.#leave === undefined) {
      this.failWith("unavailable", `still starting after ${seconds} s (${field}). The call did not run.`);
    } else {
      const gate = `${field}, maxConcurrentCalls ${maxConcurrentCalls}`;
      const text = `no place among the running calls within ${seconds} s (${gate}). The call did not run.`;
      this.failWith("timed_out", text);
    }
  }

  /** Takes it back: never sent where it waits; otherwise the server is told what `notice` makes of its id. */
  cancel(notice: (id: number) => Outgoing): void {
    if (!this.#isOver) this.#tell(notice);
    this.#finish();
  }

  /** Ends it with an error; `text` begins in lower case and says what it means for the call. */
  failWith(code: CallErrorCode, text: string, sent = this.isSent): void {
    const { name } = this.#at.config;
    const error = new CallError(code, `${name}: ${text}`, { server: name, sent });
    if (this.#finish()) this.request.fail(error);
  }

  #moveTo(deadline: number): void {
    this.deadlineAt = Math.min(Math.max(this.deadlineAt, deadline), this.#latestAt);
  }

  #send(): void {
    if (this.#isOver) return;
    if (this.#at.connection.link.queuedBytes() > this.#at.config.maxQueuedBytes) {
      this.crowdedOut(`more than ${this.#at.config.maxQueuedBytes} bytes already wait for it to read (maxQueuedBytes)`);
      return;
    }
    const message = this.request.encode(this.#id);
    if (message === undefined) {
      this.#finish();
      return;
    }
    this.sentAt = this.#enteredAt ?? this.#at.clock.now();
    this.#isLong = typeof message !== "string";
    this.#at.connection.send(message);
  }

  /** Its server has refused its headers, so it has not run: the definition that says which they are may be another by now. */
  async #sendAgain(relist: () => Promise<void>): Promise<void> {
    this.#isAgain = true;
    this.sentAt = undefined;
    this.#id = this.#at.connection.register(this);
    await relist();
    if (!this.#isOver) this.#send();
  }

  #tell(notice: (id: number) => Outgoing): void {
    if (!this.isSent) return;
    const message = notice(this.#id);
    // A short message would overtake a long call that waits to be read, and come for nothing.
    const mustFollow = this.#isLong && typeof message === "string";
    this.#at.connection.send(mustFollow ? [Buffer.from(message, "latin1")] : message);
  }

  #finish(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#at.connection.forget(this.#id);
    this.#leave?.();
    return true;
  }
}

function cancelled(id: number, reason: string): Outgoing {
  return `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id},"reason":"${reason}"}}`;
}

/** The request of a call; undefined where a request of our own waits, or nothing. */
export function requestOf(waiter: Waiter | undefined): Request | undefined {
  return waiter instanceof Call ? waiter.request : undefined;
}
