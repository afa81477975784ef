import type { Client } from "../client/client.ts";
import type { Call, Request } from "../downstream/call.ts";
import type { Era } from "../downstream/handshake.ts";
import {
  CallError,
  foreignMarks,
  rpcCode,
  serverErrorAsResult,
  toFailure,
  toProtocolError,
  toToolResult,
} from "../errors.ts";
import type { CallEnded } from "../events.ts";
import { slot } from "../wire/members.ts";
import { type Edit, type Message, type Outgoing, spliced } from "../wire/message.ts";
import type { Arrival } from "./arrival.ts";
import { hasHints, replyEdits, requestEdits, resultHead, resultTypeOf, wrapStructured } from "./eras.ts";
import { Parking } from "./parking.ts";
import { Progress } from "./progress.ts";

const foreignState = "tutti: requestState was not given by this server.";

/** What the exchanges of one relay share. */
export type Exchanges = {
  readonly errors: "result" | "protocol";
  /** Takes secrets out of what we say ourselves. */
  readonly redact: ((text: string) => string) | undefined;
  /** The original name, in bytes, of what nobody had listed when the request came; an error where its server turns out not to have it. */
  readonly resolve: (exchange: Exchange) => string | CallError;
  /** Whether a call does no harm that may run twice. */
  readonly isHarmlessTwice: (exchange: Exchange) => boolean;
  /** Whether a reply that is no plain answer asks the client something first, and is taken; what edits it needs otherwise. */
  readonly question: (exchange: Exchange, reply: Message, type: string) => Edit[] | "taken";
  /** What stands for a tool's result (JSON) that is too long; undefined where it may pass. */
  readonly shorten: ((result: Buffer, client: Client) => Buffer | undefined) | undefined;
  /** A reply began a task, which its server alone knows. */
  readonly task: (exchange: Exchange, reply: Message) => void;
  /** Runs `task` after what was sent until now. */
  readonly soon: (task: () => void) => void;
  readonly after: (delayMs: number, task: () => void) => void;
  /** Called once for each, when it is settled. */
  readonly settled: (exchange: Exchange, outcome: CallEnded["outcome"]) => void;
};

/** The answers to what a server asked with its last reply: members of the params with which it gets the request again. */
export type Round = string;

/**
 * One request of a client on its way to a server, until its one reply. Whatever ends it goes through `#settle`, which
 * does so once; ids and tokens of the client never leave it. While the client is asked something in between, an exchange
 * may be parked: then nobody waits for it until the client's next request resumes it under another id.
 */
export class Exchange implements Request {
  readonly arrival: Arrival;
  /** The request that waits now, or waited last. */
  request: Message;
  /** Its id as it stands, bytes one to a character. */
  id: string;
  /** Set once it was handed to its server. */
  call: Call | undefined;
  /** How often its server got it anew with answers. */
  rounds = 0;
  readonly #exchanges: Exchanges;
  #token: string | undefined;
  #round: Round = "";
  /** While it is parked. */
  #parking: Parking | undefined;
  #isSettled = false;
  /** Once there was some. */
  #progress: Progress | undefined;

  constructor(exchanges: Exchanges, arrival: Arrival) {
    this.arrival = arrival;
    this.#exchanges = exchanges;
    this.request = arrival.message;
    this.id = arrival.message.raw(slot.id) as string;
    this.#token = tokenOf(arrival.message);
  }

  get arrivedAt(): number {
    return this.arrival.arrivedAt;
  }

  get client(): Client {
    return this.arrival.client;
  }

  get bytes(): number {
    return this.arrival.message.length;
  }

  /** Whether a client waits for it now. */
  get isAwaited(): boolean {
    return this.#parking === undefined && !this.#isSettled;
  }

  /** Whether its client can be told what its server says in it: one without a session only where it waits. */
  get isHeard(): boolean {
    return this.arrival.origin === this.client.session || this.client.waitsFor(this.request);
  }

  encode(id: number): Outgoing | undefined {
    const { message, origin, downstream, nameStart, nameEnd } = this.arrival;
    const edits = [replace(message, slot.id, String(id))];
    if (nameStart !== -1) {
      const bytes = this.arrival.original ?? this.#exchanges.resolve(this);
      if (bytes instanceof CallError) {
        this.fail(bytes);
        return undefined;
      }
      edits.push({ start: nameStart, end: nameEnd, bytes });
    }
    if (this.#token !== undefined) edits.push(replace(message, slot.wantedToken, String(id)));
    const era = downstream?.era as Era;
    if (era !== origin.era) {
      if (message.has(slot.requestState) && !this.arrival.isRetry) {
        this.#settle(toProtocolError(this.id, rpcCode.invalidParams, foreignState), "server_error");
        return undefined;
      }
      const level = origin.logLevel ?? this.client.logLevel;
      const envelope = downstream?.envelopeFor(origin.identity, level && `"${level}"`) ?? "";
      edits.push(...requestEdits(message, origin.era, era, envelope, this.#round));
    }
    return message.splice(edits);
  }

  reply(reply: Message): void {
    if (this.#parking !== undefined) {
      this.#parking.keep(reply);
      return;
    }
    if (this.#progress?.flush() === true) {
      this.#exchanges.soon(() => this.reply(reply));
      return;
    }
    const { origin, downstream, method } = this.arrival;
    const era = downstream?.era as Era;
    const edits = [replace(reply, slot.id, this.id)];
    const isError = reply.has(slot.error);
    const type = resultTypeOf(reply, era);
    if (type !== "complete" || (isError && era !== origin.era)) {
      const more = this.#exchanges.question(this, reply, type);
      if (more === "taken") return;
      edits.push(...more);
    }
    if (type === "task" || reply.has(slot.task)) this.#exchanges.task(this, reply);
    const head = resultHead(origin.era);
    const isResult = isError && method === "tools/call" && this.#exchanges.errors === "result";
    const asResult = isResult ? serverErrorAsResult(this.id, downstream?.name ?? "", reply, head) : undefined;
    if (asResult === undefined) {
      if (era !== origin.era) {
        edits.push(...replyEdits(reply, era, origin.era, method, downstream?.serverInfo ?? "{}"));
        if (!hasHints(origin.era)) edits.push(...wrapStructured(reply, this.arrival.isWrapped));
      }
      if (reply.reservedNames.length > 0) edits.push(...foreignMarks(reply));
    }
    const shortened = isError || type !== "complete" ? undefined : this.#shortened(reply, edits);
    const own = asResult ?? shortened;
    const outcome = isError ? "server_error" : "answered";
    if (own !== undefined) this.#settle(own, outcome);
    else if (this.#isFirst()) {
      this.client.passReply(this.request, reply, edits, downstream);
      this.#exchanges.settled(this, outcome);
    }
  }

  progress(notification: Message): void {
    if (this.#token === undefined || !this.isAwaited) return;
    this.#progress ??= new Progress({
      ...this.#exchanges,
      tell: (newest) => this.#tell(newest),
      isBehind: () => this.client.isBehind(this.request),
    });
    this.#progress.take(notification);
  }

  fail(error: CallError): void {
    if (this.#parking !== undefined) this.#parking.keep(error);
    else this.#settle(this.#failure(this.rounds > 0 ? begun(error) : error), error.code);
  }

  isHarmlessTwice(): boolean {
    const { method, isRetry } = this.arrival;
    // Where it has asked its client something, that one would be asked again.
    const isFirst = !isRetry && this.rounds === 0 && this.isAwaited;
    return method === "tools/call" && isFirst && this.#exchanges.isHarmlessTwice(this);
  }

  /** Gives the client a reply that is made elsewhere. */
  answer(reply: Outgoing): void {
    this.#settle(reply, "answered");
  }

  /** The client has taken its request back, and gets no reply. `notice` is its notification; its reason goes on. */
  cancel(notice: Message): void {
    this.call?.cancel((id) => notice.splice([replace(notice, slot.requestId, String(id))]));
    this.#settle(undefined, "cancelled");
  }

  /** Nobody will resume it. Whether its server may have worked on it. */
  abandon(reason: string): boolean {
    // With answers it comes to a server that has worked on it before.
    const isAgain = this.rounds > 0 || this.arrival.message.has(slot.inputResponses);
    const mayHaveRun = isAgain || this.call?.isSent !== false;
    this.#parking?.take();
    this.#parking = undefined;
    this.call?.cancel(
      (id) => `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id},"reason":"${reason}"}}`,
    );
    this.#settle(undefined, "cancelled");
    return mayHaveRun;
  }

  /** Sends its server the request once more, with the answers to what it asked. */
  again(round: Round): void {
    this.#round = round;
    this.rounds++;
    this.call = this.arrival.downstream?.send(this);
  }

  /** The waiting request gets `question` for an answer; from then on nobody waits. */
  park(question: Outgoing): void {
    this.client.reply(this.request, question, this.arrival.downstream);
    this.#parking = new Parking(this.client);
  }

  /** `message` is a request that waits from now on; what came meanwhile it gets at once. */
  resume(message: Message): void {
    this.request = message;
    this.id = message.raw(slot.id) as string;
    this.#token = tokenOf(message);
    const came = this.#parking?.take();
    this.#parking = undefined;
    if (came instanceof CallError) this.fail(came);
    else if (came !== undefined) this.reply(came);
  }

  /** The reply in short where its result is too long for its client; whoever has issued it can take it whole. */
  #shortened(reply: Message, edits: readonly Edit[]): Outgoing | undefined {
    const { shorten } = this.#exchanges;
    if (shorten === undefined || this.arrival.method !== "tools/call" || this.client.isIssued(this.request))
      return undefined;
    if (reply.firstByte(slot.result) !== 0x7b) return undefined;
    const [start, end] = [reply.start(slot.result), reply.end(slot.result)];
    const within = edits
      .filter((edit) => edit.start >= start && edit.end <= end)
      .map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }));
    // As its client would get it: what is cut out of it afterwards is still whole members.
    const result = shorten(Buffer.from(spliced(reply.bytes(start, end), within), "latin1"), this.client);
    return result && `{"jsonrpc":"2.0","id":${this.id},"result":${result.toString("latin1")}}`;
  }

  #tell(progress: Message): void {
    if (this.#token === undefined || !this.isAwaited) return;
    const notice = progress.splice([replace(progress, slot.token, this.#token)]);
    this.client.notify(notice, this.arrival.downstream, this.request);
  }

  #failure(failed: CallError): Outgoing {
    const { method, origin } = this.arrival;
    const error = failed.saying(this.#exchanges.redact?.(failed.message) ?? failed.message);
    const isUnknown = error.code === "unknown_tool";
    if (isUnknown && (method !== "tools/call" || this.#exchanges.errors === "protocol")) {
      return toProtocolError(this.id, rpcCode.invalidParams, error.message);
    }
    if (method === "tools/call") return toToolResult(this.id, error, resultHead(origin.era));
    return toFailure(this.id, error);
  }

  #settle(reply: Outgoing | undefined, outcome: CallEnded["outcome"]): void {
    if (!this.#isFirst()) return;
    if (reply !== undefined) this.client.reply(this.request, reply, this.arrival.downstream);
    this.#exchanges.settled(this, outcome);
  }

  /** Whether it has not been settled before; from then on it is. */
  #isFirst(): boolean {
    const isFirst = !this.#isSettled;
    this.#isSettled = true;
    return isFirst;
  }
}

/** The failure of a call whose server has had it before, and asked something: whatever became of it now, it may have run. */
function begun(error: CallError): CallError {
  if (error.mayHaveRun) return error;
  return error.saying(error.message.replace("did not run", "may have run"), true);
}

/** Where a request asks for progress, as it stands. Anything but a string or a number is no token, and stays what it is. */
export function tokenOf(message: Message): string | undefined {
  const token = message.raw(slot.wantedToken);
  return token !== undefined && /^["\d-]/.test(token) ? token : undefined;
}

function replace(message: Message, member: (typeof slot)[keyof typeof slot], bytes: string): Edit {
  return { start: message.start(member), end: message.end(member), bytes };
}
