import type { Client } from "../client/client.ts";
import type { Origin } from "../client/handshake.ts";
import { CallError, rpcCode, toFailure, toProtocolError, toToolResult } from "../errors.ts";
import type { Events } from "../events.ts";
import type { LongResults } from "../metatools/long-results.ts";
import type { Clock } from "../ports/clock.ts";
import { slot } from "../wire/members.ts";
import { encodeString, type Message } from "../wire/message.ts";
import { memberOf } from "../wire/object.ts";
import { hasHints, notFoundCode, noticeEdits, resultHead } from "./eras.ts";
import { Exchange, type Exchanges } from "./exchange.ts";
import type { Logs } from "./logs.ts";
import type { MetaRequests } from "./meta-requests.ts";
import type { Destination, Routes } from "./routes.ts";
import { uriOf } from "./subscriptions.ts";
import { lacksTasks, type Tasks, undeclared } from "./tasks.ts";
import type { Users } from "./users.ts";

/** A request that has come, as it is passed around here. */
export type Incoming = {
  readonly method: string;
  readonly message: Message;
  readonly client: Client;
  readonly origin: Origin;
  /** Whether it brings answers to what was asked here. */
  readonly isRetry?: boolean;
};

export type RequestsOptions = {
  readonly routes: Routes;
  readonly exchanges: Exchanges;
  readonly meta: MetaRequests;
  readonly longResults: LongResults | undefined;
  readonly tasks: Tasks;
  readonly users: Users;
  readonly logs: Logs;
  readonly clock: Clock;
  readonly events: Events;
};

/** Requests of clients that a server answers: each goes to the one that has what it names. */
export class Requests {
  readonly #options: RequestsOptions;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** A tool or a prompt, by its exposed name. */
  named(incoming: Incoming, kind: "tool" | "prompt"): void {
    const { method, message } = incoming;
    const name = message.text(slot.name);
    if (name === undefined) {
      refuse(incoming, `${method} needs params.name, the name of a ${kind}`);
      return;
    }
    const { routes, meta } = this.#options;
    const destination = kind === "tool" ? routes.tool(name) : routes.prompt(name);
    if (destination.own !== undefined) meta.begin(incoming, destination.own);
    else this.#send(incoming, destination, name, message.start(slot.name), message.end(slot.name));
  }

  read(incoming: Incoming): void {
    const { message, client, origin } = incoming;
    const uri = uriOf(message);
    if (uri === undefined) {
      refuse(incoming, "resources/read needs params.uri, the URI of a resource");
      return;
    }
    const { routes, longResults } = this.#options;
    const kept = longResults?.read(uri, client);
    if (kept !== undefined) {
      answerKept(incoming, kept);
      return;
    }
    const destination = routes.resource(uri);
    const at = memberOf(message, message.start(slot.params), message.end(slot.params), "uri");
    if (destination.downstream !== undefined) this.#send(incoming, destination, uri, at?.start, at?.end);
    else {
      const id = message.raw(slot.id) as string;
      const data = `{"uri":${encodeString(uri)}}`;
      client.reply(message, toProtocolError(id, notFoundCode(origin.era), routes.unknownResource(uri), data));
    }
  }

  /** What is typed for an argument of a prompt or a variable of a template. */
  complete(incoming: Incoming): void {
    const { message, client } = incoming;
    const ref = message.firstByte(slot.params) === 0x7b && within(message, slot.params, "ref");
    if (!ref) {
      refuse(incoming, "completion/complete needs params.ref, what to complete");
      return;
    }
    const member = (name: string): Span | undefined => memberOf(message, ref.start, ref.end, name);
    const [name, uri, type] = [member("name"), member("uri"), member("type")];
    const isPrompt = uri === undefined || (type && message.slice(type.start, type.end)) === '"ref/prompt"';
    const at = isPrompt ? name : uri;
    const target: unknown = at && JSON.parse(message.bytes(at.start, at.end).toString());
    if (typeof target !== "string") {
      refuse(incoming, "completion/complete needs params.ref.name or params.ref.uri");
      return;
    }
    const { routes } = this.#options;
    const destination = isPrompt ? routes.prompt(target) : routes.template(target);
    if (destination.downstream !== undefined) this.#send(incoming, destination, target, at?.start, at?.end);
    else {
      const text = isPrompt ? routes.unknown("prompt", target).message : routes.unknownResource(target);
      client.reply(message, toProtocolError(message.raw(slot.id) as string, rpcCode.invalidParams, text));
    }
  }

  /** A method that tutti does not know: to the one server that declares it. */
  passOn(incoming: Incoming): void {
    const { method, message, client } = incoming;
    const { tasks, routes } = this.#options;
    const owner = tasks.serverOf(client, message);
    const isTask = owner === undefined && method.startsWith("tasks/");
    const isShared = isTask && routes.declaring(method).some((one) => one.isShared);
    if (isTask && method !== "tasks/list" && (isShared || tasks.isOfAnother(client, message))) {
      if (lacksTasks(incoming.origin)) {
        client.reply(message, undeclared(message.raw(slot.id) as string));
        return;
      }
      refuse(
        incoming,
        `There is no such task: ${isShared ? "this client has begun none" : "another client has begun it"}`,
      );
      return;
    }
    if (isShared) {
      const text = "The tasks of a server that several clients use cannot be listed: they are not all this client's.";
      client.reply(message, toProtocolError(message.raw(slot.id) as string, rpcCode.methodNotFound, text));
      return;
    }
    const [only, ...others] = owner === undefined ? routes.declaring(method) : [owner];
    if (only !== undefined && others.length === 0) {
      this.#send(incoming, { downstream: only, route: undefined }, method);
      return;
    }
    const names = [only, ...others].map((one) => one?.name).join(", ");
    const why = only === undefined ? "no server declares a capability for it" : `several servers declare it: ${names}`;
    const text = `The method ${method.slice(0, 80)} cannot be passed on: ${why}.${this.#options.routes.late()}`;
    client.reply(message, toProtocolError(message.raw(slot.id) as string, rpcCode.methodNotFound, text));
  }

  /** A notification that tutti does not know: to the one server that declares it. */
  passNotice(method: string, message: Message, client: Client): void {
    const { routes, users } = this.#options;
    const [only, ...others] = routes.declaring(method.replace(/^notifications\//, ""));
    if (only === undefined || others.length > 0) return;
    users.note(only, client);
    only.notify(message.splice(noticeEdits(message, only.era)));
  }

  /** Hands a request to its server. The name by which the server may know it otherwise stands there in the message. */
  #send(
    incoming: Incoming,
    { downstream, route }: Destination,
    target: string,
    nameStart: number = -1,
    nameEnd: number = -1,
  ): void {
    const { method, message, client, origin, isRetry = false } = incoming;
    const { clock, events } = this.#options;
    const now = clock.now();
    const exchange = new Exchange(this.#options.exchanges, {
      client,
      origin,
      method,
      message,
      target,
      nameStart,
      nameEnd,
      original: route?.original,
      isWrapped: route?.isWrapped ?? false,
      isRetry,
      downstream,
      arrivedAt: now,
    });
    try {
      if (downstream === undefined)
        exchange.fail(this.#options.routes.unknown(method === "prompts/get" ? "prompt" : "tool", target));
      else {
        if (origin.logLevel !== undefined) this.#options.logs.wants(origin);
        this.#options.users.note(downstream, client);
        exchange.call = downstream.send(exchange, now);
      }
    } catch (cause) {
      events.publish("defect", { cause });
      const text = "tutti failed inside; its log says more. The call may have run.";
      exchange.fail(new CallError("internal", text, { server: downstream?.name }));
    }
  }
}

/** Answers a request about which more was said than its client reads; `exchange`: it went to a server. */
export function failOverrun(incoming: Incoming, exchange: Exchange | undefined): void {
  const server = exchange?.arrival.downstream?.name;
  const text = `${server ?? "tutti"}: too much that was said about this request is not read by its client, and was dropped. The call may have run.`;
  fail(incoming, new CallError("queue_full", text, { server, sent: true }));
}

/** Answers a request for which there is no room: it has done nothing. */
export function shed(incoming: Incoming, text: string): void {
  fail(incoming, new CallError("queue_full", text));
}

function fail({ method, message, client, origin }: Incoming, error: CallError): void {
  const id = message.raw(slot.id) as string;
  client.reply(
    message,
    method === "tools/call" ? toToolResult(id, error, resultHead(origin.era)) : toFailure(id, error),
  );
}

function answerKept(
  { message, client, origin }: Incoming,
  kept: { readonly result: Buffer } | { readonly problem: string },
): void {
  const id = message.raw(slot.id) as string;
  if ("problem" in kept) client.reply(message, toProtocolError(id, notFoundCode(origin.era), kept.problem));
  else {
    const head = hasHints(origin.era) ? `${resultHead(origin.era)}"ttlMs":0,"cacheScope":"private",` : "";
    client.reply(message, `{"jsonrpc":"2.0","id":${id},"result":{${head}${kept.result.toString("latin1", 1)}}`);
  }
}

type Span = { readonly start: number; readonly end: number };

function within(message: Message, object: typeof slot.params, name: string): Span | undefined {
  const at = memberOf(message, message.start(object), message.end(object), name);
  return at && message.slice(at.start, at.start + 1) === "{" ? at : undefined;
}

function refuse({ message, client }: Incoming, text: string): void {
  client.reply(message, toProtocolError(message.raw(slot.id) as string, rpcCode.invalidParams, text));
}
