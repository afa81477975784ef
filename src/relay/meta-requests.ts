import type { Catalog } from "../catalog/catalog.ts";
import type { Client } from "../client/client.ts";
import { OpenRequests } from "../downstream/open-requests.ts";
import { rpcCode, toProtocolError } from "../errors.ts";
import type { Events } from "../events.ts";
import { findMembers, nameOf } from "../metatools/find-members.ts";
import type { MetaCall, MetaRequest, MetaTool, Outcome } from "../metatools/meta-tool.ts";
import type { Clock } from "../ports/clock.ts";
import { slot } from "../wire/members.ts";
import { encodeString, Message, type Outgoing, toBytes } from "../wire/message.ts";
import { Whole } from "../wire/whole.ts";
import { resultHead } from "./eras.ts";
import { tokenOf } from "./exchange.ts";
import { InnerCall, innerMeta, objectIn, outcomeOf } from "./inner-call.ts";
import { InnerRequests } from "./inner-requests.ts";
import type { Parked } from "./parked.ts";
import { inputRequired } from "./question.ts";
import type { Incoming } from "./requests.ts";

export type MetaOptions = {
  readonly catalog: () => Catalog;
  readonly parked: Parked;
  readonly clock: Clock;
  readonly events: Events;
  readonly limits: { readonly maxMessageBytes: number; readonly maxDepth: number };
  /** How long a call waits for its client to come back with answers; 0: a day. */
  readonly askMs: () => number;
};

const argumentsName = [nameOf("arguments")];

/** What comes back with a state of ours does not come here; to run anything else anew could do it twice. */
const foreignState =
  "tutti: requestState was not given by this tutti. What it was given for may have run. " +
  "Send the request without requestState to begin anew.";

/** A call of a meta-tool under way. */
type Running = {
  /** Its id among those that run. */
  id: number;
  readonly client: Client;
  /** The client's request that waits for its reply, or waited last. */
  request: Message;
  isAwaited: boolean;
  /** Whether progress was told in this turn. A reply in the same chunk makes the official clients drop that. */
  isFresh: boolean;
  /** Of the results of its inner calls, which it may keep until it is over. */
  keptBytes: number;
  call: MetaCall | undefined;
};

/** Calls of the tools that tutti itself answers, and the calls of others that they make in the client's name. */
export class MetaRequests {
  readonly #options: MetaOptions;
  readonly #running = new OpenRequests<Running>();
  readonly #requests: Whole;
  /** What it reads was scanned before, or is of our own making, or both. */
  readonly #replies = new Whole({ maxMessageBytes: Number.MAX_SAFE_INTEGER, maxDepth: 10_001 });
  #inner: InnerRequests | undefined;
  #lastInner = 0;

  constructor(options: MetaOptions) {
    this.#options = options;
    this.#requests = new Whole(options.limits);
  }

  /** How many are under way, or wait for answers of their client. */
  get size(): number {
    return this.#running.size;
  }

  begin(incoming: Incoming, tool: MetaTool): void {
    const { message, client } = incoming;
    if (message.has(slot.requestState)) {
      client.reply(message, toProtocolError(message.raw(slot.id) as string, rpcCode.invalidParams, foreignState));
      return;
    }
    const about = { client, request: message, isAwaited: true, isFresh: false, keptBytes: 0 };
    const running: Running = { ...about, id: 0, call: undefined };
    const startedAt = this.#options.clock.now();
    try {
      running.id = this.#running.add(running);
      running.call = tool.begin(this.#requestFor(running, incoming, tool, startedAt));
    } catch (cause) {
      this.#running.delete(running.id);
      this.#options.events.publish("defect", { cause });
      const text = toBytes(JSON.stringify("tutti failed inside; its log says more. Calls may have run."));
      this.#reply(running, incoming, `{"content":[{"type":"text","text":${text}}],"isError":true}`);
    }
  }

  /** The request under `id` that waits for its reply, of this client. */
  awaited(client: Client, id: string | undefined): Message[] {
    return [...this.#running.values()]
      .filter((one) => one.client === client && one.isAwaited && one.request.raw(slot.id) === id)
      .map(({ request }) => request);
  }

  /** Nobody waits for the reply to this request any more. */
  withdrawn(request: Message, reason: string): void {
    for (const running of this.#running.values())
      if (running.isAwaited && running.request === request) this.#end(running, reason);
  }

  closed(client: Client): void {
    for (const running of this.#running.values())
      if (running.client === client) this.#end(running, "the client has left");
  }

  #end(running: Running, reason: string): void {
    if (this.#forget(running)) running.call?.cancel(reason);
  }

  /** False where it was forgotten before. */
  #forget({ id, client, keptBytes }: Running): boolean {
    const isRunning = this.#running.get(id) !== undefined;
    this.#running.delete(id);
    if (isRunning) client.keeps(-keptBytes);
    return isRunning;
  }

  #requestFor(running: Running, incoming: Incoming, tool: MetaTool, startedAt: number): MetaRequest {
    const { message, client, origin } = incoming;
    const { catalog, parked, askMs, clock, events } = this.#options;
    const end = (outcome: "answered" | "server_error", answer: (id: string) => void): void => {
      if (running.isFresh) {
        clock.soon(() => end(outcome, answer));
        return;
      }
      if (!this.#forget(running)) return;
      const id = running.request.raw(slot.id) as string;
      answer(id);
      const totalMs = clock.now() - startedAt;
      events.publish("callEnded", { server: undefined, tool: tool.name, id, queuedMs: 0, totalMs, outcome });
    };
    let requests: InnerRequests | undefined;
    const read = (answer: Outgoing | Message): Outcome => {
      const reply = answer instanceof Message ? answer : this.#replies.read(answer);
      if (reply instanceof Message && this.#running.get(running.id) !== undefined) {
        running.keptBytes += reply.length;
        client.keeps(reply.length);
      }
      return outcomeOf(reply, origin);
    };
    return {
      arguments: argumentsOf(message),
      owner: client,
      catalog,
      progress: tokenOf(message) === undefined ? undefined : (...told) => this.#progress(running, ...told),
      call: (name, args, settled, answers, label) => {
        requests ??= this.#innerRequests(innerMeta(message, tool.isOneCall === true));
        const id = encodeString(`tutti/${++this.#lastInner}${label === undefined ? "" : ` ${label}`}`);
        const inner = new InnerCall(running, requests.write(id, name, args, answers), read, settled);
        inner.begin(origin);
        return inner;
      },
      ask: (inputRequests, resumed, abandoned) => {
        if (parked.isFull) {
          abandoned();
          return;
        }
        const state = parked.add(client, running.request, askMs(), {
          resume: (retry) => {
            running.request = retry;
            running.isAwaited = true;
            resumed(objectIn(retry, slot.inputResponses));
          },
          abandon: () => {
            this.#forget(running);
            abandoned();
          },
        });
        running.isAwaited = false;
        const requests = [inputRequests.toString("latin1", 1, inputRequests.length - 1)];
        client.reply(running.request, inputRequired(running.request.raw(slot.id) as string, requests, state));
      },
      reply: (result) => end("answered", () => this.#reply(running, incoming, result)),
      refuse: ({ code, message: text, data }) =>
        end("server_error", (id) => {
          client.reply(running.request, toProtocolError(id, code, text, data?.toString("latin1")));
        }),
    };
  }

  /** Most requests say the same as the one before. */
  #innerRequests(meta: string): InnerRequests {
    if (this.#inner?.meta !== meta) {
      this.#inner = new InnerRequests(meta, this.#requests, this.#options.limits.maxDepth);
    }
    return this.#inner;
  }

  #reply({ client, request }: Running, { origin }: Incoming, result: string): void {
    const head = resultHead(origin.era);
    const whole = head === "" ? result : `{${result === "{}" ? head.slice(0, -1) : head}${result.slice(1)}`;
    client.reply(request, `{"jsonrpc":"2.0","id":${request.raw(slot.id)},"result":${whole}}`);
  }

  #progress(running: Running, progress: number, total: number, message: string): void {
    const { client, request, isAwaited, isFresh } = running;
    const token = tokenOf(request);
    if (token === undefined || !isAwaited) return;
    const params = `{"progressToken":${token},"progress":${progress},"total":${total},"message":${encodeString(message)}}`;
    client.notify(`{"jsonrpc":"2.0","method":"notifications/progress","params":${params}}`, undefined, request);
    if (isFresh) return;
    running.isFresh = true;
    this.#options.clock.soon(() => {
      running.isFresh = false;
    });
  }
}

function argumentsOf(message: Message): Buffer {
  const params = objectIn(message, slot.params);
  const [at] = findMembers(params, 0, argumentsName);
  return at === undefined ? Buffer.from("{}") : params.subarray(at.start, at.end);
}
