import type { Catalog } from "../catalog/catalog.ts";
import type { Client, Issuer } from "../client/client.ts";
import { OpenRequests } from "../downstream/open-requests.ts";
import type { Origin } from "../client/handshake.ts";
import { rpcCode } from "../errors.ts";
import type { Events } from "../events.ts";
import type { Answers, MetaCall, MetaRequest, MetaTool, Outcome } from "../metatools/meta-tool.ts";
import type { Clock } from "../ports/clock.ts";
import type { BadLine } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import { encodeString, Message, type Outgoing, toBytes } from "../wire/message.ts";
import { membersOf } from "../wire/walk.ts";
import { Whole } from "../wire/whole.ts";
import { resultHead, resultTypeOf } from "./eras.ts";
import { tokenOf } from "./exchange.ts";
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
  readonly askMs: number;
};

/** A call of a meta-tool under way. */
type Running = {
  /** Its id among those that run. */
  id: number;
  readonly client: Client;
  /** The client's request that waits for its reply, or waited last. */
  request: Message;
  isAwaited: boolean;
  call: MetaCall | undefined;
};

/** Calls of the tools that tutti itself answers, and the calls of others that they make in the client's name. */
export class MetaRequests {
  readonly #options: MetaOptions;
  readonly #running = new OpenRequests<Running>();
  readonly #requests: Whole;
  /** What it reads was scanned before, or is of our own making, or both. */
  readonly #replies = new Whole({ maxMessageBytes: Number.MAX_SAFE_INTEGER, maxDepth: 10_001 });
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
    const running: Running = { id: 0, client, request: message, isAwaited: true, call: undefined };
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
  #forget({ id }: Running): boolean {
    const isRunning = this.#running.get(id) !== undefined;
    this.#running.delete(id);
    return isRunning;
  }

  #requestFor(running: Running, incoming: Incoming, tool: MetaTool, startedAt: number): MetaRequest {
    const { message, client } = incoming;
    const { catalog, parked, askMs, clock, events } = this.#options;
    let meta: string | undefined;
    return {
      arguments: argumentsOf(message),
      owner: client,
      catalog,
      progress: tokenOf(message) === undefined ? undefined : (...told) => this.#progress(running, ...told),
      call: (name, args, settled, answers, label) => {
        meta ??= innerMeta(message);
        return this.#call(running, incoming, innerParams(name, args, meta, answers), settled, label);
      },
      ask: (inputRequests, resumed, abandoned) => {
        const state = parked.add(client, running.request, askMs, {
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
      reply: (result) => {
        if (!this.#forget(running)) return;
        this.#reply(running, incoming, result.toString("latin1"));
        const id = running.request.raw(slot.id) as string;
        const totalMs = clock.now() - startedAt;
        events.publish("callEnded", {
          server: undefined,
          tool: tool.name,
          id,
          queuedMs: 0,
          totalMs,
          outcome: "answered",
        });
      },
    };
  }

  #reply({ client, request }: Running, { origin }: Incoming, result: string): void {
    const head = resultHead(origin.era);
    const whole = head === "" ? result : `{${result === "{}" ? head.slice(0, -1) : head}${result.slice(1)}`;
    client.reply(request, `{"jsonrpc":"2.0","id":${request.raw(slot.id)},"result":${whole}}`);
  }

  #progress({ client, request, isAwaited }: Running, progress: number, total: number, message: string): void {
    const token = tokenOf(request);
    if (token === undefined || !isAwaited) return;
    const params = `{"progressToken":${token},"progress":${progress},"total":${total},"message":${encodeString(message)}}`;
    client.notify(`{"jsonrpc":"2.0","method":"notifications/progress","params":${params}}`, undefined, request);
  }

  #call(
    running: Running,
    { origin }: Incoming,
    params: string,
    settled: (outcome: Outcome) => void,
    label?: string,
  ): { cancel: (reason: string) => void } {
    const id = encodeString(`tutti/${++this.#lastInner}${label === undefined ? "" : ` ${label}`}`);
    const request = this.#requests.read(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}`);
    const { era } = origin;
    const read = (reply: Outgoing | Message): Outcome =>
      outcomeOf(reply instanceof Message ? reply : this.#replies.read(reply), era);
    const inner = new InnerCall(running, request, read, settled);
    inner.begin(origin);
    return inner;
  }
}

/** A call that a meta-tool makes in its client's name. */
class InnerCall implements Issuer {
  readonly #running: Running;
  readonly #request: Message | BadLine;
  readonly #read: (reply: Outgoing | Message) => Outcome;
  readonly #settled: (outcome: Outcome) => void;
  #isOver = false;

  constructor(
    running: Running,
    request: Message | BadLine,
    read: (reply: Outgoing | Message) => Outcome,
    settled: (outcome: Outcome) => void,
  ) {
    this.#running = running;
    this.#request = request;
    this.#read = read;
    this.#settled = settled;
  }

  get within(): Message {
    return this.#running.request;
  }

  begin(origin: Origin): void {
    if (this.#request instanceof Message) this.#running.client.issue(this.#request, origin, this);
    else this.#settle(tooLarge);
  }

  reply(reply: Outgoing | Message): void {
    this.#settle(this.#read(reply));
  }

  cancel(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#request instanceof Message) this.#running.client.withdraw(this.#request, reason);
  }

  /** Whoever calls has noted it by then. */
  #settle(outcome: Outcome): void {
    void Promise.resolve().then(() => {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#settled(outcome);
    });
  }
}

const tooLarge: Outcome = {
  kind: "error",
  code: rpcCode.invalidRequest,
  message: "the call is too long or too deep (limits.maxMessageBytes, limits.maxDepth)",
  data: undefined,
};

const broken = {
  kind: "error",
  code: rpcCode.internalError,
  message: "its reply cannot be read",
  data: undefined,
} as const;

/** What a reply is to whoever made the call; `era` is that of the client, for whom it was written. */
function outcomeOf(reply: Message | BadLine, era: Incoming["origin"]["era"]): Outcome {
  if (!(reply instanceof Message)) return broken;
  if (reply.has(slot.error)) {
    const data = reply.has(slot.data) ? reply.bytes(reply.start(slot.data), reply.end(slot.data)) : undefined;
    const message = reply.text(slot.message) ?? "an error without a message";
    return { kind: "error", code: Number(reply.raw(slot.code)), message, data };
  }
  if (reply.firstByte(slot.result) !== 0x7b) return { ...broken, message: "its result is no object" };
  const result = reply.bytes(reply.start(slot.result), reply.end(slot.result));
  const type = resultTypeOf(reply, era);
  if (type === "complete") return { kind: "result", result };
  if (type !== "input_required")
    return { ...broken, message: `its result is of the type ${JSON.stringify(type.slice(0, 40))}` };
  const members = new Map([...membersOf(result, 0)].map((one) => [one.name, result.subarray(one.start, one.end)]));
  return { kind: "asks", inputRequests: members.get("inputRequests"), requestState: members.get("requestState") };
}

function argumentsOf(message: Message): Buffer {
  const params = objectIn(message, slot.params);
  const at = [...membersOf(params, 0)].findLast(({ name }) => name === "arguments");
  return at === undefined ? Buffer.from("{}") : params.subarray(at.start, at.end);
}

/** An object of a message, as it stands; an empty one where it is none. */
function objectIn(
  message: Message,
  member: typeof slot.params | typeof slot.inputResponses | typeof slot.meta,
): Buffer {
  const isObject = message.firstByte(member) === 0x7b;
  return isObject ? message.bytes(message.start(member), message.end(member)) : Buffer.from("{}");
}

/** What the client's own request says of it stays in calls in its name, but for the token of its progress: a member, after a comma. */
function innerMeta(outer: Message): string {
  const meta = objectIn(outer, slot.meta);
  const kept = [...membersOf(meta, 0)]
    .filter(({ name }) => name !== "progressToken")
    .map(({ nameStart, end }) => meta.toString("latin1", nameStart, end));
  return kept.length === 0 ? "" : `,"_meta":{${kept.join(",")}}`;
}

function innerParams(tool: string, args: Buffer, meta: string, answers: Answers | undefined): string {
  const state = answers?.requestState;
  const responses = answers === undefined ? "" : `,"inputResponses":${answers.inputResponses.toString("latin1")}`;
  const more = state === undefined ? responses : `${responses},"requestState":${state.toString("latin1")}`;
  return `{"name":${encodeString(tool)},"arguments":${args.toString("latin1")}${meta}${more}}`;
}
