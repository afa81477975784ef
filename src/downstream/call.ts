import type { ServerConfig } from "../config/config.ts";
import { CallError, type CallErrorCode } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { LinkFailure } from "../transport/link.ts";
import type { BadLine } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import type { Message, Outgoing } from "../wire/message.ts";
import { describeBadReply } from "./bad-reply.ts";
import type { Breaker } from "./breaker.ts";
import type { Connection, Waiter } from "./connection.ts";
import type { Gate, Leave } from "./gate.ts";
import type { Health } from "./health.ts";
import { pauseBefore, type Repeats } from "./repeats.ts";

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
  /** Whether it does no harm that it may run twice. Absent: it may. */
  readonly isHarmlessTwice?: () => boolean;
};

/** What a call needs of its server. */
export type Surroundings = {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly gate: Gate;
  readonly connection: Connection;
  readonly breaker: Breaker;
  readonly health: Health;
  readonly repeats: Repeats;
  /** Whether what is sent now can reach the server. */
  readonly isUp: () => boolean;
  /** Has a call that cannot be sent now wait for the server, which enters it again, or refuses it. */
  readonly wait: (call: Call) => void;
  /** A call is over. */
  readonly ended: () => void;
  /** Lists the tools anew; undefined where nothing of them is repeated in headers. Never rejects. */
  readonly relist: (() => Promise<void>) | undefined;
};

/** https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http */
const headerMismatch = "-32020";

/** Codes that say, of a call that was sent, that something is wrong with the server. */
const failures: ReadonlySet<CallErrorCode> = new Set(["timed_out", "connection_lost", "bad_reply"]);

/** One call of one server from its arrival to its end: waiting for the server or its gate, then under way. */
export class Call implements Waiter {
  /** Moves to later with each progress message, up to the cap. */
  deadlineAt: number;
  /** Undefined until it is sent. */
  sentAt: number | undefined;
  /** How many starts of its server have failed while it waited. */
  failedStarts = 0;
  readonly request: Request;
  /** Whether it alone was let go, to find out whether its server works again, be that known by now or not. */
  isTry = false;
  readonly #at: Surroundings;
  readonly #latestAt: number;
  #id: number;
  #leave: Leave | undefined;
  /** While it enters the gate, when that is. */
  #enteredAt: number | undefined;
  #isLong = false;
  /** Whether it was sent, or is to be sent, a second time. */
  #isAgain = false;
  /** Whether anybody was told of it while it was under way, who would be told of the same again. */
  #isTold = false;
  /** As the breaker and the health of its server had it when it was sent. */
  #round = 0;
  #heard = 0;
  /** Why it may have run without a reply, where it is to be sent again. */
  #lostBecause: string | undefined;
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

  get isOver(): boolean {
    return this.#isOver;
  }

  get isSent(): boolean {
    return this.sentAt !== undefined;
  }

  /** The server is ready: goes through the gate, now (as the clock says it) or when there is a place. One that has a place keeps it. */
  enter(now: number): void {
    if (this.#leave !== undefined) {
      this.#send();
      return;
    }
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
    this.failWith("queue_full", reason);
  }

  reply(reply: Message): void {
    const { relist, breaker } = this.#at;
    breaker.succeeded();
    const isRefused = relist !== undefined && reply.raw(slot.code) === headerMismatch;
    if (isRefused && !this.#isAgain && !this.#isOver) void this.#relistAndSend(relist);
    else if (this.#finish()) this.request.reply(reply);
  }

  progress(notification: Message): void {
    const { clock, config } = this.#at;
    this.#isTold = true;
    // Where its client is asked something it may already live longer.
    if (config.callTimeoutMs > 0) this.#moveTo(clock.now() + config.callTimeoutMs);
    this.request.progress(notification);
  }

  spoilt(problem: BadLine["problem"]): void {
    this.failWith("bad_reply", describeBadReply(problem));
  }

  lost(reason: string): void {
    const text = `the connection was lost: ${reason}`;
    this.#note("connection_lost", text);
    if (this.#mayRunTwice()) this.#again(0, text);
    else this.failWith("connection_lost", text);
  }

  failed(failure: LinkFailure): void {
    const { code, text, mayHaveRun, isUnreachable = false } = failure;
    this.#note(isUnreachable ? "connection_lost" : code, text);
    const pauseMs = pauseBefore(failure);
    const isInTime = pauseMs !== undefined && this.#at.clock.now() + pauseMs < this.deadlineAt;
    const mayRepeat = isUnreachable ? !this.#isAgain && !this.isTry : isInTime && this.#mayRunTwice();
    if (isInTime && mayRepeat) this.#again(pauseMs, mayHaveRun ? text : undefined);
    else this.failWith(code, text, mayHaveRun);
  }

  /** It is not sent and will not be, until the user has signed in where it `needsLogin`. */
  refuse(reason: string, needsLogin = false): void {
    this.failWith(needsLogin ? "login_required" : "unavailable", reason);
  }

  /** Its server waits for an answer of the client, which has `ms` for it: so long at least the call lives, up to the cap. */
  extend(ms: number): void {
    this.#isTold = true;
    this.#moveTo(this.#at.clock.now() + (ms || Number.POSITIVE_INFINITY));
  }

  /** Its deadline has come. */
  expire(): void {
    const { config, clock, health, breaker, isUp } = this.#at;
    const { callTimeoutMs, callTimeoutCapMs, maxConcurrentCalls } = config;
    const isCap = callTimeoutCapMs > 0 && clock.now() >= this.#latestAt;
    const seconds = (isCap ? callTimeoutCapMs : callTimeoutMs) / 1000;
    const field = isCap ? "callTimeoutCapMs" : "callTimeoutMs";
    if (this.sentAt !== undefined) {
      this.#tell((id) => cancelled(id, "the deadline of the call has passed"));
      this.failWith("timed_out", `no reply within ${seconds} s (${field})`);
      health.suspect(this.#heard);
    } else if (breaker.isOpen && !this.isTry) this.refuse(breaker.describe(clock.now()) ?? "");
    else if (this.#leave === undefined || !isUp()) {
      this.failWith("unavailable", `still starting after ${seconds} s (${field})`);
    } else {
      const gate = `${field}, maxConcurrentCalls ${maxConcurrentCalls}`;
      this.failWith("timed_out", `no place among the running calls within ${seconds} s (${gate})`);
    }
  }

  /** Takes it back: never sent where it waits; otherwise the server is told what `notice` makes of its id. */
  cancel(notice: (id: number) => Outgoing): void {
    if (!this.#isOver) this.#tell(notice);
    this.#finish();
  }

  /** Ends it with an error; `reason`: one line that begins in lower case, without what it means for the call. */
  failWith(code: CallErrorCode, reason: string, mayHaveRun = this.isSent): void {
    const { name } = this.#at.config;
    if (mayHaveRun) this.#note(code, reason);
    const before = this.#lostBecause;
    if (!mayHaveRun && before !== undefined) {
      this.#lostBecause = undefined;
      this.failWith("connection_lost", `${before}; it was not sent again: ${reason}`, true);
      return;
    }
    const text = `${name}: ${reason}. The call ${mayHaveRun ? "may have run" : "did not run"}.`;
    const error = new CallError(code, text, { server: name, sent: mayHaveRun });
    if (this.#finish()) this.request.fail(error);
  }

  #moveTo(deadline: number): void {
    this.deadlineAt = Math.min(Math.max(this.deadlineAt, deadline), this.#latestAt);
  }

  #send(): void {
    if (this.#isOver) return;
    const { connection, config, clock, breaker, health, repeats } = this.#at;
    if (!this.#at.isUp()) {
      this.#at.wait(this);
      return;
    }
    if (connection.link.queuedBytes() > config.maxQueuedBytes) {
      this.crowdedOut(`more than ${config.maxQueuedBytes} bytes already wait for it to read (maxQueuedBytes)`);
      return;
    }
    const message = this.request.encode(this.#id);
    if (message === undefined) {
      this.#finish();
      return;
    }
    this.sentAt = this.#enteredAt ?? clock.now();
    this.#isLong = typeof message !== "string";
    this.#round = breaker.round;
    this.#heard = health.heard;
    repeats.sent();
    connection.send(message);
  }

  /** Something is wrong with its server, where it was sent. What fails together counts once. */
  #note(code: CallErrorCode, reason: string): void {
    if (failures.has(code) && this.isSent) this.#at.breaker.failed({ reason }, this.#round, this.#at.clock.now());
  }

  /** Whether it may be sent again though it may have run. */
  #mayRunTwice(): boolean {
    if (this.#isAgain || this.isTry || this.#isTold || this.#isOver) return false;
    return this.request.isHarmlessTwice?.() === true && this.#at.repeats.take();
  }

  /** It is sent once more, after a pause. `lostBecause`: why it may have run. */
  #again(pauseMs: number, lostBecause: string | undefined): void {
    this.#lostBecause = lostBecause;
    this.#renew();
    const send = (): void => this.#send();
    if (pauseMs > 0) this.#at.clock.after(pauseMs, send);
    else send();
  }

  /** Its server has refused its headers, so it has not run: the definition that says which they are may be another by now. */
  async #relistAndSend(relist: () => Promise<void>): Promise<void> {
    this.#renew();
    await relist();
    this.#send();
  }

  #renew(): void {
    this.#isAgain = true;
    this.sentAt = undefined;
    this.#at.connection.forget(this.#id);
    this.#id = this.#at.connection.register(this);
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
    this.#at.breaker.release(this);
    this.#at.ended();
    return true;
  }
}

function cancelled(id: number, reason: string): Outgoing {
  return `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id},"reason":"${reason}"}}`;
}
