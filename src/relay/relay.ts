import { buildCatalog, type Catalog, type ExposedTool, exposeTools } from "../catalog/catalog.ts";
import type { Definition } from "../catalog/definition.ts";
import { prefixes, prefixOf } from "../catalog/names.ts";
import type { Answerer, Client } from "../client/client.ts";
import type { Config } from "../config/config.ts";
import { nearest } from "../config/nearest.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { CallError, rpcCode, toProtocolError } from "../errors.ts";
import type { CallEnded, Events } from "../events.ts";
import type { Clock } from "../ports/clock.ts";
import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";
import { type Arrival, Exchange, type Exchanges } from "./exchange.ts";

/** Changes of the catalog this close together are told to the clients once. */
const coalesceMs = 250;

/** What the relay holds for one client. */
type Session = {
  /** Requests for the list that wait for servers to start. */
  readonly wantsList: string[];
  /** The catalog that it has been given or told of last. */
  listed: Catalog | undefined;
};

export type RelayOptions = {
  readonly config: Config;
  /** In the order of the configuration. */
  readonly downstreams: readonly Downstream[];
  readonly clock: Clock;
  readonly events: Events;
};

/** Dispatch: says for each request of a client who answers it. */
export class Relay implements Answerer {
  readonly #options: RelayOptions;
  readonly #byName: ReadonlyMap<string, Downstream>;
  readonly #prefixes: ReadonlyMap<string, string>;
  readonly #byPrefix: ReadonlyMap<string, Downstream>;
  readonly #exchanges: Exchanges;
  readonly #sessions = new Map<Client, Session>();
  readonly #exposed = new Map<Downstream, { definitions: readonly Definition[]; tools: readonly ExposedTool[] }>();
  #catalog: Catalog = buildCatalog([]);
  /** Whether lists are answered with what there is: all servers have started or failed, or had their time. */
  #isListing = false;
  #isTelling = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#byName = new Map(options.downstreams.map((downstream) => [downstream.name, downstream]));
    this.#prefixes = prefixes([...this.#byName.keys()]);
    this.#byPrefix = new Map(options.downstreams.map((one) => [this.#prefixes.get(one.name) as string, one]));
    this.#exchanges = {
      errors: options.config.errors,
      resolve: ({ tool, downstream }) => {
        const route = this.#catalog.route(tool);
        return route !== undefined && route.server === downstream?.name ? route.original : this.#unknown(tool);
      },
      settled: (exchange, outcome) => this.#publish(exchange, outcome),
    };
  }

  get catalog(): Catalog {
    return this.#catalog;
  }

  addClient(client: Client): void {
    this.#sessions.set(client, { wantsList: [], listed: undefined });
    client.serve(this);
  }

  /** A server's tools have changed. */
  update(downstream: Downstream): void {
    const { config, definitions } = downstream;
    if (this.#exposed.get(downstream)?.definitions === definitions) return;
    const prefix = this.#prefixes.get(downstream.name) as string;
    const { tools, leftOut } = exposeTools(downstream.name, prefix, config.tools, definitions);
    for (const text of leftOut) this.#options.events.publish("oddity", { server: downstream.name, text });
    this.#exposed.set(downstream, { definitions, tools });
    this.#catalog = buildCatalog(this.#options.downstreams.flatMap((one) => this.#exposed.get(one)?.tools ?? []));
    this.#tellClients();
  }

  /** From now on lists are answered at once, and those that wait are answered. */
  answerLists(): void {
    this.#isListing = true;
    for (const [client, session] of this.#sessions) {
      for (const id of session.wantsList.splice(0)) this.#sendList(id, client, session);
    }
  }

  request(method: string, message: Message, client: Client): void {
    const session = this.#sessions.get(client) as Session;
    const id = message.raw(slot.id) as string;
    if (method === "tools/call") this.#call(message, client);
    else if (method === "tools/list" && this.#isListing) this.#sendList(id, client, session);
    else if (method === "tools/list") session.wantsList.push(id);
    else
      client.send(toProtocolError(id, rpcCode.methodNotFound, `tutti does not know the method ${method.slice(0, 80)}`));
  }

  notification(method: string, message: Message, client: Client): void {
    if (method !== "notifications/cancelled") return;
    const id = message.raw(slot.requestId);
    const meant: Exchange[] = [];
    for (const downstream of this.#options.downstreams) {
      for (const request of downstream.requests()) {
        if (request instanceof Exchange && request.client === client && request.id === id) meant.push(request);
      }
    }
    // Of two requests under one id nobody can say which is meant; ending the wrong one is worse than ending none.
    if (meant.length === 1) meant[0]?.cancel(message);
  }

  #call(message: Message, client: Client): void {
    const tool = message.text(slot.name);
    if (tool === undefined) {
      const text = "tools/call needs params.name, the name of a tool";
      client.send(toProtocolError(message.raw(slot.id) as string, rpcCode.invalidParams, text));
      return;
    }
    const { downstream, original } = this.#destinationOf(tool);
    const arrivedAt = this.#options.clock.now();
    const exchange = new Exchange(this.#exchanges, { client, message, tool, original, downstream, arrivedAt });
    try {
      if (downstream === undefined) exchange.fail(this.#unknown(tool));
      else exchange.call = downstream.send(exchange);
    } catch (cause) {
      this.#options.events.publish("defect", { cause });
      const text = "tutti failed inside; its log says more. The call may have run.";
      exchange.fail(new CallError("internal", text, { server: downstream?.name }));
    }
  }

  /**
   * Where a call of `tool` goes. A name under the prefix of a server is never anybody else's: while that server has no
   * list it may still be its own, and another server must not get the call by listing a tool of that very name.
   */
  #destinationOf(tool: string): Pick<Arrival, "downstream" | "original"> {
    let route = this.#catalog.route(tool);
    const named = route === undefined ? this.#byPrefix.get(prefixOf(tool) ?? "") : undefined;
    if (named === undefined) route ??= this.#catalog.routeOfOriginal(tool);
    if (route !== undefined) return { downstream: this.#byName.get(route.server), original: route.original };
    return { downstream: named?.state.kind === "ready" ? undefined : named, original: undefined };
  }

  #unknown(tool: string): CallError {
    const names = nearest(
      tool,
      this.#catalog.tools.map(({ exposed }) => exposed),
    );
    const starting = this.#options.downstreams.filter(({ state }) => state.kind === "starting").map(({ name }) => name);
    const hint = names.length === 0 ? "" : ` Nearest: ${names.join(", ")}.`;
    const late = starting.length === 0 ? "" : ` Still starting: ${starting.join(", ")}.`;
    return new CallError("unknown_tool", `There is no tool ${JSON.stringify(tool.slice(0, 200))}.${hint}${late}`);
  }

  #sendList(id: string, client: Client, session: Session): void {
    session.listed = this.#catalog;
    const head = Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":`, "latin1");
    client.send([head, this.#catalog.toolList(), Buffer.from("}")]);
  }

  #tellClients(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#options.clock.after(coalesceMs, () => {
      this.#isTelling = false;
      for (const [client, session] of this.#sessions) {
        if (session.listed === undefined || session.listed === this.#catalog) continue;
        const isNews = !session.listed.toolList().equals(this.#catalog.toolList());
        session.listed = this.#catalog;
        if (isNews) client.send('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');
      }
    });
  }

  #publish({ id, tool, downstream, arrivedAt, call }: Exchange, outcome: CallEnded["outcome"]): void {
    const { events, clock } = this.#options;
    if (!events.wants("callEnded")) return;
    const now = clock.now();
    const queuedMs = (call?.sentAt ?? now) - arrivedAt;
    events.publish("callEnded", { server: downstream?.name, tool, id, queuedMs, totalMs: now - arrivedAt, outcome });
  }
}
