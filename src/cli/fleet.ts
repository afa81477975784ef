import type { Catalog } from "../catalog/catalog.ts";
import type { Answerer } from "../client/answerer.ts";
import type { Client } from "../client/client.ts";
import type { Identity } from "../client/identity.ts";
import type { ServerConfig } from "../config/config.ts";
import { CallError, toFailure } from "../errors.ts";
import { asksInReplies } from "../relay/eras.ts";
import type { Relay } from "../relay/relay.ts";
import { slot } from "../wire/members.ts";
import { type Change, compose, type Tutti } from "./compose.ts";
import type { Machine, Member } from "./machine.ts";

/** What can be asked of a client in all; whoever can be asked none of it can be given nobody else's question. */
const askable: readonly (readonly [method: string, params: object])[] = [
  ["elicitation/create", {}],
  ["elicitation/create", { mode: "url" }],
  ["sampling/createMessage", {}],
  ["roots/list", {}],
];

/** Servers that one client has for itself, and who that is. */
type OwnSet = { readonly set: Tutti; readonly identity: Identity };

/**
 * Serves many clients with as few servers as is safe: one set for all of them, and one of its own for a client that may be
 * asked something by a server which does not say in which call it asks. Those servers of the common set are in it too of
 * which that is known.
 */
export class Fleet {
  readonly #machine: Machine;
  readonly #common: Tutti;
  readonly #own = new Map<Client, OwnSet>();
  /** Sets whose client has left, until nothing of them is left. */
  readonly #ending = new Set<Tutti>();

  #isReady = false;
  #isStopped = false;

  /** `who`: whom the servers of the common set are greeted for. */
  constructor(machine: Machine, who: Identity | Omit<Identity, "canAsk">) {
    this.#machine = machine;
    this.#common = compose(machine, { who: async () => who, isShared: true });
  }

  /** The common set. */
  get common(): Tutti {
    return this.#common;
  }

  /** How many clients have a set of their own. */
  get ownSets(): number {
    return this.#own.size;
  }

  /** How many sets there are beside the common one, those included whose client has left and that are still ending. */
  get setsInAll(): number {
    return this.#own.size + this.#ending.size;
  }

  /** Whether each server of the common set has become ready, or has failed to at first. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** What a client is offered; before it is known who it is, what all are. */
  catalogOf(client: Client): Catalog {
    return (this.#own.get(client)?.set ?? this.#common).relay.catalog;
  }

  /** Starts the common set. Resolves when each of its servers is ready or has failed. */
  async start(): Promise<void> {
    await this.#common.start();
    this.#isReady = true;
  }

  /** Serves a client as soon as it has said who it is. */
  arrived(client: Client): void {
    void client.identity.then((identity) => this.#place(client, identity));
  }

  /** As `Tutti.prepare`, for all sets. */
  prepare(servers: readonly ServerConfig[]): Omit<Change, "members"> {
    const common = this.#common.prepare(servers);
    const changes = new Map<Tutti, Change>();
    let isOver = false;
    const changeOf = ({ set, identity }: OwnSet): Change => {
      const known = changes.get(set);
      if (known !== undefined) return known;
      const shared = sharedWith(identity, common.members);
      const change = set.prepare(servers, (server) => shared.get(server));
      changes.set(set, change);
      return change;
    };
    return {
      // What of the common set can be shared is known when it has started, which may be after the swap.
      started: common.started.then(() =>
        isOver || this.#isStopped ? [] : Promise.all([...this.#own.values()].map((one) => changeOf(one).started)),
      ),
      swap: () => {
        isOver = true;
        return Promise.all([common.swap(), ...[...this.#own.values()].map((one) => changeOf(one).swap())]);
      },
    };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#sets().map((set) => set.stop()));
  }

  kill(): void {
    for (const set of this.#sets()) set.kill();
  }

  #sets(): readonly Tutti[] {
    return [this.#common, ...[...this.#own.values()].map(({ set }) => set), ...this.#ending];
  }

  #place(client: Client, identity: Identity): void {
    if (this.#relayFor(client, identity) === undefined) client.serve(this.#refusal(client, identity));
  }

  /** Puts the client behind a relay; undefined where it needs a set of its own and there is no room for one. */
  #relayFor(client: Client, identity: Identity): Relay | undefined {
    const shared = sharedWith(identity, this.#common.members);
    if (shared.size === this.#common.members.length) {
      this.#common.relay.addClient(client);
      return this.#common.relay;
    }
    if (this.setsInAll >= this.#machine.config.http.maxSets) return undefined;
    const set = compose(this.#machine, { who: async () => identity, reuse: (server) => shared.get(server) });
    this.#own.set(client, { set, identity });
    // In this order it is stopped where the client has left already.
    void set.start();
    set.relay.addClient(client, () => void this.#end(client, set));
    return set.relay;
  }

  /** Refuses what the client wants, as long as there is no room for a set of its own. */
  #refusal(client: Client, identity: Identity): Answerer {
    const most = this.#machine.config.http.maxSets;
    const text = `${most} clients have servers of their own already (http.maxSets). Close one of them, or raise the bound.`;
    const error = new CallError("queue_full", text);
    return {
      request: (method, message, _client, origin) => {
        const relay = this.#relayFor(client, identity);
        if (relay === undefined) client.reply(message, toFailure(message.raw(slot.id) as string, error));
        else relay.request(method, message, client, origin);
      },
      notification: () => {},
      withdrawn: () => false,
      about: () => ({ instructions: `tutti cannot serve: ${text}`, extensions: "" }),
    };
  }

  async #end(client: Client, set: Tutti): Promise<void> {
    this.#own.delete(client);
    this.#ending.add(set);
    await set.stop();
    this.#ending.delete(set);
  }
}

/** Those servers of the common set that such a client can use too, by their configuration. */
function sharedWith(identity: Identity, members: readonly Member[]): ReadonlyMap<ServerConfig, Member> {
  const isAskable = askable.some(([method, params]) => identity.canAsk(method, params));
  const isSafe = ({ downstream, era }: Member): boolean => {
    const known = era();
    return downstream.config.shared ?? (!isAskable || (known !== undefined && asksInReplies(known)));
  };
  return new Map(members.filter(isSafe).map((member) => [member.downstream.config, member] as const));
}
