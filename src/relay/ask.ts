import type { Client } from "../client/client.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { CallError, rpcCode, toProtocolError } from "../errors.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import { slot } from "../wire/members.ts";
import type { Edit, Message, Outgoing } from "../wire/message.ts";
import { memberOf } from "../wire/object.ts";
import { Exchange } from "./exchange.ts";
import { Openers } from "./openers.ts";
import type { Parked } from "./parked.ts";
import { elicitationIdOf, inputRequest, inputRequired, nameEdits, paramsOf, readQuestions } from "./question.ts";
import { Rounds } from "./rounds.ts";
import { askForUrls } from "./urls.ts";
import { whoAnswers } from "./who-answers.ts";

/** Questions this close together are put to a client in one reply. */
const gatherMs = 5;
/** Questions of one server that are open at once; one more is refused. */
const mostOpen = 64;
const urlElicitationRequired = -32_042;
/** What a client that knows a question at all can answer one of. */
const variants = [{}, { mode: "url" }];

/** One question of a server that wrote it as a request. */
type Ask = {
  readonly downstream: Downstream;
  /** The server's id, as it stands. */
  readonly id: string;
  readonly method: string;
  readonly message: Message;
  /** Takes it back where it was put to somebody. */
  withdraw: (notice: Message | undefined) => void;
  timer: Timer | undefined;
};

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
  readonly #openers = new Openers();
  /** What is put into the next reply to the client that waits for each. */
  readonly #gathered = new Map<Exchange, Ask[]>();
  /** What came while all whom it could be put to were away. */
  readonly #later = new Map<Downstream, Ask[]>();

  constructor(options: AskingOptions) {
    this.#options = options;
    this.#rounds = new Rounds(options.clock);
  }

  /** How many questions are open. */
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
  asked(downstream: Downstream, method: string, message: Message): void {
    const id = message.raw(slot.id) as string;
    const ask: Ask = { downstream, id, method, message, withdraw: () => {}, timer: undefined };
    const open = this.#open.get(downstream) ?? new Set();
    if (open.size >= mostOpen) {
      refuse(ask, rpcCode.internalError, `more than ${mostOpen} questions are open`);
      return;
    }
    this.#open.set(downstream, open.add(ask));
    const { askTimeoutMs } = downstream.config;
    const text = `the client did not answer within ${askTimeoutMs / 1000} s (askTimeoutMs)`;
    if (askTimeoutMs > 0) ask.timer = this.#options.clock.after(askTimeoutMs, () => this.#giveUp(ask, text));
    this.#put(ask);
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

  /** A server is gone: nobody waits for answers to its questions. */
  lost(downstream: Downstream): void {
    for (const ask of this.#open.get(downstream) ?? []) {
      this.#close(ask);
      ask.withdraw(undefined);
    }
    this.#open.delete(downstream);
    this.#later.delete(downstream);
  }

  /** An exchange is over; what it had asked its client is taken back. */
  ended(exchange: Exchange): void {
    this.#rounds.ended(exchange);
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
      const requests = readQuestions(reply)?.requests ?? [];
      return requests.flatMap(({ method, params, at }) => nameEdits(method, params, at, server));
    }
    if (type !== "complete" && !isSame) {
      const text = `${server}: its reply is of the type "${type.slice(0, 40)}", which this client does not know. The call has run.`;
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
    const params: unknown = JSON.parse(paramsOf(message).toString());
    const who = whoAnswers(downstream, this.#options.clients(), method, params);
    if (who === "away") this.#later.set(downstream, [...(this.#later.get(downstream) ?? []), ask]);
    else if (who === undefined) {
      this.#close(ask);
      const isKnown = variants.some(
        (one) => whoAnswers(downstream, this.#options.clients(), method, one) !== undefined,
      );
      const what = isKnown ? "this kind of" : "any";
      const code = isKnown ? rpcCode.invalidParams : rpcCode.methodNotFound;
      refuse(ask, code, `the client cannot answer ${what} ${method.slice(0, 80)}`);
    } else if (who instanceof Exchange && who.arrival.origin.era === "modern") this.#gather(ask, who);
    else this.#forward(ask, who instanceof Exchange ? who.client : who);
  }

  /** To a client that is asked by requests. */
  #forward(ask: Ask, client: Client): void {
    const { downstream, method, message } = ask;
    const { name, askTimeoutMs } = downstream.config;
    for (const request of downstream.requests()) if (request instanceof Exchange) request.call?.extend(askTimeoutMs);
    const address = elicitationIdOf(message);
    if (address !== undefined) this.#openers.note(downstream, address, client);
    const token = message.raw(slot.wantedToken);
    const encode = (id: number): Outgoing => {
      const edits = [{ start: message.start(slot.id), end: message.end(slot.id), bytes: String(id) }];
      edits.push(...nameEdits(method, paramsOf(message), message.start(slot.params), name));
      if (token !== undefined) {
        edits.push({ start: message.start(slot.wantedToken), end: message.end(slot.wantedToken), bytes: String(id) });
      }
      return message.splice(edits);
    };
    const ours = client.ask(
      encode,
      {
        reply: (reply) => {
          this.#close(ask);
          downstream.answer(reply.splice([{ start: reply.start(slot.id), end: reply.end(slot.id), bytes: ask.id }]));
        },
        progress: (notice) => {
          if (token === undefined) return;
          const at = { start: notice.start(slot.token), end: notice.end(slot.token) };
          downstream.notify(notice.splice([{ ...at, bytes: token }]));
        },
        lost: () => this.#giveUp(ask, "the client has left"),
      },
      downstream,
    );
    ask.withdraw = (notice) => {
      client.withdraw(ours);
      const at = notice && { start: notice.start(slot.requestId), end: notice.end(slot.requestId) };
      const plain = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${ours}}}`;
      client.send(notice && at ? notice.splice([{ ...at, bytes: String(ours) }]) : plain);
    };
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
    const { downstream, client, message } = exchange.arrival;
    const { parked } = this.#options;
    if (!exchange.isAwaited || parked.isFull) {
      const text = exchange.isAwaited ? "too many calls wait for their clients" : "the call is over";
      for (const ask of asks) this.#giveUp(ask, text);
      return;
    }
    const { name, askTimeoutMs } = downstream?.config ?? { name: "", askTimeoutMs: 0 };
    // Keys of one server's ids would be its own; they are ours, and unknown ones that come back mean nothing.
    const byKey = new Map(asks.map((ask, index) => [`q${index + 1}`, ask]));
    const state = parked.add(client, message, askTimeoutMs, {
      resume: (retry) => this.#resume(exchange, byKey, retry),
      abandon: () => {
        for (const ask of asks) if (this.#isOpen(ask)) this.#giveUp(ask, "the client did not come back with an answer");
        exchange.abandon("the client did not come back with an answer");
      },
    });
    exchange.call?.extend(askTimeoutMs === 0 ? 0 : askTimeoutMs + gatherMs);
    const requests = [...byKey].map(
      ([key, ask]) => `"${key}":${inputRequest(ask.method, paramsOf(ask.message), name)}`,
    );
    exchange.park(inputRequired(exchange.id, requests, state));
  }

  #resume(exchange: Exchange, byKey: ReadonlyMap<string, Ask>, retry: Message): void {
    const start = retry.start(slot.inputResponses);
    const isObject = retry.firstByte(slot.inputResponses) === 0x7b;
    exchange.resume(retry);
    for (const [key, ask] of byKey) {
      if (!this.#isOpen(ask)) continue;
      const at = isObject ? memberOf(retry, start, retry.end(slot.inputResponses), key) : undefined;
      if (at === undefined) this.#put(ask);
      else {
        this.#close(ask);
        ask.downstream.answer(`{"jsonrpc":"2.0","id":${ask.id},"result":${retry.slice(at.start, at.end)}}`);
      }
    }
    const downstream = exchange.arrival.downstream as Downstream;
    const later = this.#later.get(downstream) ?? [];
    this.#later.delete(downstream);
    for (const ask of later) if (this.#isOpen(ask)) this.#put(ask);
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
  }
}

function refuse({ downstream, id }: Ask, code: number, text: string): void {
  downstream.answer(toProtocolError(id, code, `tutti: ${text}`));
}
