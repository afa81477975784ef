import type { Client } from "../client/client.ts";
import type { Identity } from "../client/identity.ts";
import { CallError, toFailure } from "../errors.ts";
import { asksInReplies } from "../relay/eras.ts";
import { slot } from "../wire/members.ts";
import { compose, type Tutti } from "./compose.ts";
import type { Machine, Member } from "./machine.ts";

/** What can be asked of a client in all; whoever can be asked none of it can be given nobody else's question. */
const askable: readonly (readonly [method: string, params: object])[] = [
  ["elicitation/create", {}],
  ["elicitation/create", { mode: "url" }],
  ["sampling/createMessage", {}],
  ["roots/list", {}],
];

/**
 * Serves many clients with as few servers as is safe: one set for all of them, and one of its own for a client that may be
 * asked something by a server which does not say in which call it asks. Those servers of the common set are in it too of
 * which that is known.
 */
export class Fleet {
  readonly #machine: Machine;
  readonly #common: Tutti;
  readonly #own = new Map<Client, Tutti>();
  /** Sets whose client has left, until nothing of them is left. */
  readonly #ending = new Set<Tutti>();

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

  /** Whether each server of the common set is ready or has failed. */
  get isReady(): boolean {
    return this.#common.downstreams.every(({ state }) => state.kind !== "starting");
  }

  /** Starts the common set. Resolves when each of its servers is ready or has failed. */
  start(): Promise<void> {
    return this.#common.start();
  }

  /** Serves a client as soon as it has said who it is. */
  arrived(client: Client): void {
    void client.identity.then((identity) => this.#place(client, identity));
  }

  async stop(): Promise<void> {
    await Promise.all([this.#common, ...this.#own.values(), ...this.#ending].map((set) => set.stop()));
  }

  kill(): void {
    for (const set of [this.#common, ...this.#own.values(), ...this.#ending]) set.kill();
  }

  #place(client: Client, identity: Identity): void {
    const { config } = this.#machine;
    const isAskable = askable.some(([method, params]) => identity.canAsk(method, params));
    const isSafe = ({ downstream, era }: Member): boolean => {
      const known = era();
      return downstream.config.shared ?? (!isAskable || (known !== undefined && asksInReplies(known)));
    };
    const shared = new Map(
      this.#common.members.filter(isSafe).map((member) => [member.downstream.config, member] as const),
    );
    if (shared.size === this.#common.members.length) this.#common.relay.addClient(client);
    else if (this.#own.size + this.#ending.size >= config.http.maxSets) refuse(client, config.http.maxSets);
    else {
      const set = compose(this.#machine, { who: async () => identity, reuse: (server) => shared.get(server) });
      this.#own.set(client, set);
      set.relay.addClient(client, () => void this.#end(client, set));
      void set.start();
    }
  }

  async #end(client: Client, set: Tutti): Promise<void> {
    this.#own.delete(client);
    this.#ending.add(set);
    await set.stop();
    this.#ending.delete(set);
  }
}

function refuse(client: Client, most: number): void {
  const text = `${most} clients have servers of their own already (http.maxSets). Close one of them, or raise the bound.`;
  client.serve({
    request: (_method, message) => {
      client.reply(message, toFailure(message.raw(slot.id) as string, new CallError("queue_full", text)));
    },
    notification: () => {},
    withdrawn: () => {},
    about: () => ({ instructions: `tutti cannot serve: ${text}`, extensions: "" }),
  });
}
