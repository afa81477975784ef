import type { Catalog } from "../catalog/catalog.ts";
import { prefixes } from "../catalog/names.ts";
import type { Answerer } from "../client/answerer.ts";
import type { Client } from "../client/client.ts";
import type { About, Origin } from "../client/handshake.ts";
import type { Request } from "../downstream/call.ts";
import type { Downstream } from "../downstream/downstream.ts";
import type { Era } from "../downstream/handshake.ts";
import { byName, ownTools } from "../metatools/index.ts";
import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";
import { aboutServers } from "./about.ts";
import { Asking } from "./ask.ts";
import { meantBy } from "./cancel.ts";
import { Crowd } from "./crowd.ts";
import { Exchange } from "./exchange.ts";
import { exchangeContext } from "./exchange-context.ts";
import { Lists } from "./lists.ts";
import { Logs } from "./logs.ts";
import { MetaRequests } from "./meta-requests.ts";
import { Notices } from "./notices.ts";
import { Offers } from "./offers.ts";
import { exchangeOf, openExchanges } from "./open-exchanges.ts";
import { Parked, resume } from "./parked.ts";
import { nothingWithheld } from "./pins.ts";
import { longestAskMs } from "./question.ts";
import type { RelayOptions } from "./relay-options.ts";
import { failOverrun, type Incoming, Requests, shed } from "./requests.ts";
import { placeOf, Routes } from "./routes.ts";
import { Startup } from "./startup.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Tasks } from "./tasks.ts";
import { Users } from "./users.ts";

/** Dispatch: says for each request of a client, and for what servers say unasked, who gets it. */
export class Relay implements Answerer {
  readonly #options: RelayOptions;
  readonly #offers: Offers;
  readonly #routes: Routes;
  readonly #requests: Requests;
  readonly #lists: Lists;
  readonly #subscriptions: Subscriptions;
  readonly #logs: Logs;
  readonly #parked: Parked;
  readonly #asking: Asking;
  readonly #notices: Notices;
  readonly #meta: MetaRequests;
  readonly #tasks = new Tasks();
  readonly #startup: Startup;
  readonly #crowd: Crowd;
  readonly #clients = new Map<Client, () => void>();
  #downstreams: readonly Downstream[];
  /** Those that finish what runs, and get nothing new. */
  readonly #leaving = new Set<Downstream>();

  constructor(options: RelayOptions) {
    const { config, downstreams, clock, events, sealKey, metaTools, users = new Users() } = options;
    this.#options = options;
    this.#downstreams = downstreams;
    this.#crowd = new Crowd(options);
    const prefixOf = prefixes(downstreams.map(({ name }) => name));
    const tell = (): void => {
      if (!this.#startup.isOver) return;
      options.settled?.();
      this.#lists.tell();
      this.#subscriptions.tell();
    };
    const own = ownTools(metaTools);
    const review = (one: Downstream): ReadonlySet<string> => options.pins?.(one.config)?.review(one) ?? nothingWithheld;
    this.#offers = new Offers({ ...options, prefixes: prefixOf, own, review, tell });
    const catalog = (): Catalog => this.#offers.catalog;
    this.#routes = new Routes(downstreams, prefixOf, byName(metaTools), catalog);
    this.#lists = new Lists(catalog);
    this.#subscriptions = new Subscriptions({
      clock,
      catalog,
      resolve: (uri) => placeOf(this.#routes.resource(uri)),
      resolveListed: (uri) => placeOf(this.#routes.listedResource(uri)),
      unknown: (uri) => this.#routes.unknownResource(uri),
      oddity: (server, text) => events.publish("oddity", { server, text }),
      started: () => (this.#startup.isOver ? undefined : this.#startup.over),
    });
    const over = (): void => this.#offers.tellSoon();
    this.#startup = new Startup({ config, downstreams, clock, events, dispatch: (one) => this.#dispatch(one), over });
    const clients = (): Iterable<Client> => this.#clients.keys();
    this.#logs = new Logs({ downstreams: () => this.#downstreams, clients, users });
    this.#parked = new Parked(clock, sealKey);
    this.#asking = new Asking({
      clock,
      parked: this.#parked,
      clients,
      restart: (message, client, origin) => {
        this.#dispatch({ method: message.text(slot.method) as string, message, client, origin, isRetry: true });
      },
    });
    this.#notices = new Notices({ asking: this.#asking, tasks: this.#tasks, users, clients });
    const asked = { routes: this.#routes, offers: this.#offers, asking: this.#asking, tasks: this.#tasks };
    const exchanges = exchangeContext({ ...options, ...asked });
    const askMs = (): number => longestAskMs(this.#downstreams.map((one) => one.config));
    this.#meta = new MetaRequests({ catalog, parked: this.#parked, clock, events, limits: config.limits, askMs });
    const parts = { routes: this.#routes, meta: this.#meta, tasks: this.#tasks, logs: this.#logs, users };
    this.#requests = new Requests({ ...parts, longResults: metaTools.longResults, clock, events, exchanges });
  }

  get catalog(): Catalog {
    return this.#offers.catalog;
  }

  /** What the next start can say of these servers before they are up; undefined while nothing is known of one. */
  lasting(isLazy: boolean): { readonly catalog: Catalog; readonly about: About } | undefined {
    if (!this.#downstreams.every(({ hasOffer }) => hasOffer)) return undefined;
    return { catalog: this.#offers.lasting(), about: this.about({ isLazy }, true) };
  }

  /** What is held for clients beside the requests that servers work on: questions, parked calls, subscriptions. */
  get held(): number {
    return this.#asking.size + this.#parked.size + this.#subscriptions.size + this.#meta.size;
  }

  /** Starts all servers, as `Startup.start`. */
  start(who: () => Promise<unknown>): Promise<void> {
    return this.#startup.start(who);
  }

  /** `left` is called when it has left and nothing of it is kept. */
  addClient(client: Client, left = (): void => {}): void {
    this.#clients.set(client, left);
    this.#crowd.add(client);
    client.serve(this);
  }

  about({ isLazy }: Pick<Client, "isLazy">, isLasting = false): About {
    const instructionsOf = (one: Downstream): string | undefined => this.#offers.instructionsOf(one);
    const own = { downstreams: this.#downstreams, routes: this.#routes, instructionsOf, isLazy, isLasting };
    return aboutServers({ ...this.#options, ...own });
  }

  /** The client was given this list of an earlier start: it is told where there is another. */
  gave(client: Client, method: string, era: Era, list: Buffer): void {
    this.#lists.gave(client, method, era, list);
  }

  /** The client has left: nothing of it is kept, and what it waits for is taken back at the servers. */
  closed(client: Client): void {
    const left = this.#clients.get(client);
    this.#clients.delete(client);
    this.#crowd.remove(client);
    this.#startup.forget(client);
    this.#meta.closed(client);
    this.#logs.forget();
    this.#lists.forget(client);
    this.#subscriptions.forget(client);
    this.#parked.drop(client);
    this.#tasks.forget(client);
    this.#asking.forget(client);
    for (const exchange of this.#exchangesOf(client)) exchange.abandon("the client has left");
    left?.();
  }

  /**
   * From now on these are the servers, in order. What is under way at others, and what those ask in it, goes on until they
   * have `left`.
   */
  replace(downstreams: readonly Downstream[]): void {
    for (const one of this.#downstreams) if (!downstreams.includes(one)) this.#leaving.add(one);
    this.#downstreams = downstreams;
    const prefixOf = prefixes(downstreams.map(({ name }) => name));
    this.#routes.replace(downstreams, prefixOf);
    this.#offers.replace(downstreams, prefixOf);
  }

  /** Nothing of a server that was replaced runs any more. */
  left(downstream: Downstream): void {
    this.#leaving.delete(downstream);
    this.#asking.lost(downstream);
    this.#tasks.lost(downstream);
  }

  /** A server's lists have changed. */
  update(downstream: Downstream): void {
    this.#offers.update(downstream);
  }

  /** A server is ready, for the first time or in another session, or does not run any more. */
  changed(downstream: Downstream): void {
    const { kind } = downstream.state;
    this.#offers.update(downstream);
    if (kind === "ready") {
      this.#logs.ready(downstream);
      this.#asking.ready(downstream);
      // It may have what somebody wants to hear of.
      this.#offers.tellSoon();
    } else if (kind === "down" || kind === "idle") this.#asking.lost(downstream);
  }

  /** Whether the request is one of a client of this relay. */
  serves(request: Request): boolean {
    return request instanceof Exchange && this.#clients.has(request.client);
  }

  /** A server asks something, `within` one request where that is known. */
  asked(downstream: Downstream, method: string, message: Message, within?: Request): void {
    this.#asking.asked(downstream, method, message, within);
  }

  /** A server notifies of something, `within` as before. */
  notified(downstream: Downstream, method: string, message: Message, within?: Request): void {
    if (method === "notifications/message") this.#logs.message(downstream, message, within);
    else if (method === "notifications/resources/updated") this.#subscriptions.updated(downstream, message);
    else if (method === "notifications/cancelled") this.#asking.cancelled(downstream, message);
    else if (!method.startsWith("notifications/subscriptions/"))
      this.#notices.pass(downstream, method, message, within);
  }

  /** From now on lists are answered at once, and requests that wait are. */
  answerLists(): void {
    this.#startup.end();
  }

  request(method: string, message: Message, client: Client, origin: Origin): void {
    const isBack = this.#parked.isOurs(message);
    // Whoever comes back with answers takes what is held for it.
    const refusal = isBack ? undefined : this.#crowd.refusal(message, client);
    if (isBack) resume(this.#parked, client, message);
    else if (refusal !== undefined) shed({ method, message, client, origin }, refusal);
    else this.#dispatch({ method, message, client, origin });
  }

  notification(method: string, message: Message, client: Client): void {
    if (method === "notifications/cancelled") this.#cancel(message, client);
    else if (method === "notifications/roots/list_changed") {
      for (const one of this.#inUse()) if (one.era === client.session?.era) one.notify(message.splice([]));
    } else this.#requests.passNotice(method, message, client);
  }

  withdrawn(request: Message, _client: Client, reason: string): boolean {
    this.#startup.forget(request);
    this.#subscriptions.withdrawn(request);
    this.#meta.withdrawn(request, reason);
    return exchangeOf(request, openExchanges(this.#inUse(), this.#asking))?.abandon(reason) ?? true;
  }

  overrun(message: Message, client: Client, origin: Origin): void {
    const exchange = exchangeOf(message, openExchanges(this.#inUse(), this.#asking));
    this.withdrawn(message, client, "its client does not read what is said about it");
    failOverrun({ method: message.text(slot.method) as string, message, client, origin }, exchange);
  }

  #dispatch(incoming: Incoming): void {
    const { method, message, client, origin } = incoming;
    if (method === "tools/call") {
      // A tool of ours that calls others has to know their names.
      const isEarly = !this.#startup.hasLists && this.#routes.isOwn(message.text(slot.name));
      if (isEarly) this.#startup.wait(incoming);
      else this.#requests.named(incoming, "tool");
      return;
    }
    const kind = Lists.kindOf(method);
    if (kind !== undefined) {
      if (this.#startup.hasLists) {
        this.#lists.send(kind, message, client, origin);
        for (const downstream of this.#downstreams) downstream.refresh(kind);
      } else this.#startup.wait(incoming);
    } else if (method === "logging/setLevel") this.#logs.setLevel(message, client);
    else if (method === "prompts/get") this.#requests.named(incoming, "prompt");
    // A stream brings what differs from the lists that there are when it is asked for.
    else if (!(method === "subscriptions/listen" ? this.#startup.hasLists : this.#startup.isOver))
      this.#startup.wait(incoming);
    else if (method === "resources/read") this.#requests.read(incoming);
    else if (method === "completion/complete") this.#requests.complete(incoming);
    else if (method === "resources/subscribe") void this.#subscriptions.subscribe(message, client, origin.era);
    else if (method === "resources/unsubscribe") void this.#subscriptions.unsubscribe(message, client);
    else if (method === "subscriptions/listen" && origin !== client.session)
      void this.#subscriptions.listen(message, client);
    else this.#requests.passOn(incoming);
  }

  #cancel(notice: Message, client: Client): void {
    const { sent, requests } = meantBy(notice, client, {
      early: this.#startup.waitingOf(client).map(({ message }) => message),
      meta: this.#meta,
      exchanges: this.#exchangesOf(client),
      subscriptions: this.#subscriptions,
    });
    sent?.cancel(notice);
    for (const request of requests) {
      this.withdrawn(request, client, "the client has cancelled it");
      client.dismiss(request);
    }
  }

  /** The servers, and those that are leaving. */
  #inUse(): readonly Downstream[] {
    return this.#leaving.size === 0 ? this.#downstreams : [...this.#downstreams, ...this.#leaving];
  }

  #exchangesOf(client: Client): Exchange[] {
    return [...openExchanges(this.#inUse(), this.#asking)].filter((one) => one.client === client);
  }
}
