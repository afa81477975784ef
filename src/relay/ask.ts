import type { Client } from "../client/client.ts";
import type { Request } from "../downstream/call.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { CallError, cutAt, rpcCode } from "../errors.ts";
import type { CallEnded } from "../events.ts";
import type { Clock } from "../ports/clock.ts";
import { slot } from "../wire/members.ts";
import type { Edit, Message } from "../wire/message.ts";
import { membersOf } from "../wire/walk.ts";
import { Exchange } from "./exchange.ts";
import { type Ask, extendAll, forward, lostTexts, refuse } from "./forward.ts";
import { Openers } from "./openers.ts";
import type { Parked } from "./parked.ts";
import {
  answerLimit,
  elicitationIdOf,
  inputRequest,
  inputRequired,
  kindOf,
  mostQuestions,
  nameEdits,
  paramsOf,
  readQuestions,
} from "./question.ts";
import { Rounds } from "./rounds.ts";
import { forbiddenAmong, whyForbidden } from "./secret-fields.ts";
import { askForUrls } from "./urls.ts";
import { whoAnswers, whyNobody } from "./who-answers.ts";

/** Questions this close together are put to a client in one reply. */
const gatherMs = 5;
const urlElicitationRequired = -32_042;

export type AskingOptions = {
  readonly clock: Clock;
  readonly parked: Parked;
  readonly clients: () => Iterable<Client>;
  /** Dispatches a request of a client as one that resumes nothing. */
  readonly restart: (message: Message, client: Client, origin: Exchange["arrival"]["origin"]) => void;
};

/**
 * Brings what servers ask in the middle of a request to the client that waits for it, and the answers back, whichever
 * way either of them asks. Legacy servers write a request, legacy clients get one; modern servers put the questions into
 * a reply and get the request again with the answers, and so it is with modern clients. A legacy server's call is parked
 * while a modern client is away with its questions.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
 */
export class Asking {
  readonly #options: AskingOptions;
  readonly #rounds: Rounds;
  readonly #open = new Map<Downstream, Set<Ask>>();
  /** Servers that were ready before. */
  readonly #known = new WeakSet<Downstream>();
  readonly #openers = new Openers();
  /** What is put into the next reply to the client that waits for each. */
  readonly #gathered = new Map<Exchange, Ask[]>();
  /** What came while all whom it could be put to were away. */
  readonly #later = new Set<Ask>();

  constructor(options: AskingOptions) {
    this.#options = options;
    this.#rounds = new Rounds(options.clock);
  }

  /** Questions that are open. */
  get size(): number {
    let size = this.#rounds.size;
    for (const asks of this.#open.values()) size += asks.size;
    return size;
  }

  /** What no server works on, because its client is asked something first. */
  exchanges(): Iterable<Exchange> {
    return this.#rounds.exchanges();
  }

  /** A server asks: it gets an answer or an error, whatever happens, unless it takes the question back. */
  asked(downstream: Downstream, method: string, message: Message, within?: Request): void {
    const id = message.raw(slot.id) as string;
    const ask: Ask = { downstream, id, method, message, within, withdraw: () => {}, timer: undefined };
    const open = this.#open.get(downstream) ?? new Set();
    const forbidden = whyForbidden(method, paramsOf(message));
    if (downstream.state.kind === "ready") this.#known.add(downstream);
    if (downstream.state.kind === "down") refuse(ask, rpcCode.internalError, "this server is being stopped");
    else if (downstream.isShared && within === undefined)
      refuse(ask, rpcCode.methodNotFound, "several clients use this server: none can be asked");
    else if (forbidden !== undefined) refuse(ask, rpcCode.invalidParams, forbidden);
    else if (open.size >= mostQuestions) {
      refuse(ask, rpcCode.internalError, `more than ${mostQuestions} questions are open`);
    } else {
      this.#open.set(downstream, open.add(ask));
      this.#put(ask);
    }
  }

  /** A server takes a question back. False: it means something else. */
  cancelled(downstream: Downstream, notice: Message): boolean {
    const id = notice.raw(slot.requestId);
    const ask = [...(this.#open.get(downstream) ?? [])].find((one) => one.id === id);
    if (ask === undefined) return false;
    this.#close(ask);
    ask.withdraw(notice);
    return true;
  }

  /** Who was asked to open the address of which a server tells the end; undefined where that is not known. */
  openerOf(downstream: Downstream, notice: Message): Client | undefined {
    return this.#openers.of(downstream, elicitationIdOf(notice));
  }

  /** A client is gone. */
  forget(client: Client): void {
    this.#openers.forget(client);
  }

  /** A server is ready; where it was before, it knows nothing of what it asked, and gives the same ids again. */
  ready(downstream: Downstream): void {
    if (this.#known.has(downstream)) this.lost(downstream);
    this.#known.add(downstream);
  }

  /** A server is gone, or the stream of one request to it: nobody waits for answers to what was asked there. */
  lost(downstream: Downstream, within?: Exchange): void {
    for (const ask of this.#open.get(downstream) ?? []) {
      if (within !== undefined && ask.within !== within) continue;
      this.#close(ask);
      ask.withdraw(undefined);
    }
  }

  /** An exchange is over; what it had asked its client is taken back. */
  ended(exchange: Exchange, outcome: CallEnded["outcome"]): void {
    this.#rounds.ended(exchange);
    const { downstream } = exchange.arrival;
    if (downstream !== undefined && outcome === "connection_lost") this.lost(downstream, exchange);
  }

  /**
   * What becomes of a reply that is no plain answer: "taken" where the client is asked first, or where it cannot have
   * it; otherwise the edits with which it goes on.
   */
  question(exchange: Exchange, reply: Message, type: string): Edit[] | "taken" {
    const { origin, downstream } = exchange.arrival;
    const isSame = origin.era === downstream?.era;
    const server = downstream?.name ?? "";
    if (type === "input_required" && origin.era === "legacy") {
      this.#rounds.begin(exchange, reply);
      return "taken";
    }
    if (type === "input_required") {
      const { requests } = readQuestions(reply);
      const text = forbiddenAmong(requests);
      if (text === undefined) return requests.flatMap((one) => nameEdits(one.method, one.params, one.at, server));
      exchange.fail(new CallError("cannot_ask", `${server}: ${text}. The call may have run.`, { server }));
      return "taken";
    }
    if (type !== "complete" && !isSame) {
      const text = `${server}: its reply is of the type "${cutAt(40, type)}", which this client does not know. The call has run.`;
      exchange.fail(new CallError("bad_reply", text, { server }));
      return "taken";
    }
    const wantsUrls = origin.era === "modern" && Number(reply.raw(slot.code)) === urlElicitationRequired;
    if (isSame || !wantsUrls) return [];
    askForUrls(exchange, reply, this.#options);
    return "taken";
  }

  #put(ask: Ask): void {
    const { downstream, method, message } = ask;
    const limit = answerLimit(downstream.config);
    ask.timer?.cancel();
    if (limit.ms > 0) ask.timer = this.#options.clock.after(limit.ms, () => this.#giveUp(ask, limit.text));
    const who = this.#who(ask);
    if (who === "away") this.#later.add(ask);
    else if (who === undefined) {
      this.#close(ask);
      const clients = [...this.#options.clients()];
      const { code, text } = whyNobody(downstream, clients, method, kindOf(paramsOf(message)), ask.within);
      refuse(ask, code, text);
    } else if (who instanceof Exchange && who.arrival.origin.era === "modern") this.#gather(ask, who);
    else if (who instanceof Exchange) this.#forward(ask, who.client, who.request);
    else this.#forward(ask, who, undefined);
  }

  /** To a client that is asked by requests. */
  #forward(ask: Ask, client: Client, about: Message | undefined): void {
    const { downstream, message } = ask;
    extendAll(downstream, answerLimit(downstream.config).ms);
    const address = elicitationIdOf(message);
    if (address !== undefined) this.#openers.note(downstream, address, client);
    forward(ask, client, about, {
      answered: (answer) => {
        this.#close(ask);
        downstream.answer(answer);
      },
      lost: (why) => {
        // It went with the newest of the calls there, and may be another's.
        const isAnothers = why === "over" && ask.within === undefined && this.#who(ask, []) !== undefined;
        if (isAnothers) this.#put(ask);
        else this.#giveUp(ask, lostTexts[why]);
      },
    });
  }

  #who({ downstream, method, message, within }: Ask, clients = this.#options.clients()): ReturnType<typeof whoAnswers> {
    return whoAnswers(downstream, clients, method, kindOf(paramsOf(message)), within);
  }

  /** To a client that is asked by replies: with whatever else is asked about now. */
  #gather(ask: Ask, exchange: Exchange): void {
    const gathered = this.#gathered.get(exchange);
    if (gathered !== undefined) {
      gathered.push(ask);
      return;
    }
    this.#gathered.set(exchange, [ask]);
    this.#options.clock.after(gatherMs, () => this.#park(exchange));
  }

  #park(exchange: Exchange): void {
    const asks = (this.#gathered.get(exchange) ?? []).filter((ask) => this.#isOpen(ask));
    this.#gathered.delete(exchange);
    if (asks.length === 0) return;
    const { client, message } = exchange.arrival;
    const downstream = exchange.arrival.downstream as Downstream;
    const { parked } = this.#options;
    if (!exchange.isAwaited) {
      // It may have been another call that asks.
      for (const ask of asks) this.#put(ask);
      return;
    }
    if (parked.isFull) {
      for (const ask of asks) this.#giveUp(ask, "too many calls wait for their clients");
      return;
    }
    const { ms } = answerLimit(downstream.config);
    // From here on the time is that of what is parked.
    for (const ask of asks) ask.timer?.cancel();
    // Keys of one server's ids would be its own; they are ours, and unknown ones that come back mean nothing.
    const byKey = new Map(asks.map((ask, index) => [`q${index + 1}`, ask]));
    const state = parked.add(client, message, ms, {
      resume: (retry) => this.#resume(exchange, byKey, retry),
      abandon: () => {
        for (const ask of asks) if (this.#isOpen(ask)) this.#giveUp(ask, "the client did not come back with an answer");
        exchange.abandon("the client did not come back with an answer");
        this.#putLater(downstream);
      },
    });
    extendAll(downstream, ms === 0 ? 0 : ms + gatherMs);
    const requests = [...byKey].map(
      ([key, ask]) => `"${key}":${inputRequest(ask.method, paramsOf(ask.message), downstream.name)}`,
    );
    exchange.park(inputRequired(exchange.id, requests, state));
  }

  #resume(exchange: Exchange, byKey: ReadonlyMap<string, Ask>, retry: Message): void {
    const isObject = retry.firstByte(slot.inputResponses) === 0x7b;
    const [start, end] = [retry.start(slot.inputResponses), retry.end(slot.inputResponses)];
    const responses = isObject ? retry.bytes(start, end) : Buffer.from("{}");
    const answers = new Map([...membersOf(responses, 0)].map((member) => [member.name, member]));
    exchange.resume(retry);
    for (const [key, ask] of byKey) {
      if (!this.#isOpen(ask)) continue;
      const at = answers.get(key);
      if (at === undefined) this.#put(ask);
      else {
        this.#close(ask);
        const result = responses.toString("latin1", at.start, at.end);
        ask.downstream.answer(`{"jsonrpc":"2.0","id":${ask.id},"result":${result}}`);
      }
    }
    this.#putLater(exchange.arrival.downstream as Downstream);
  }

  /** One who was away is back, or will not come back. */
  #putLater(downstream: Downstream): void {
    for (const ask of [...this.#later]) {
      if (ask.downstream === downstream && this.#later.delete(ask)) this.#put(ask);
    }
  }

  #giveUp(ask: Ask, text: string): void {
    this.#close(ask);
    ask.withdraw(undefined);
    refuse(ask, rpcCode.internalError, text);
  }

  #isOpen(ask: Ask): boolean {
    return this.#open.get(ask.downstream)?.has(ask) === true;
  }

  #close(ask: Ask): void {
    ask.timer?.cancel();
    this.#open.get(ask.downstream)?.delete(ask);
    this.#later.delete(ask);
  }
}
