import type { Catalog } from "../../src/catalog/catalog.ts";
import { type Change, compose, type Tutti } from "../../src/cli/compose.ts";
import { Fleet } from "../../src/cli/fleet.ts";
import type { Machine } from "../../src/cli/machine.ts";
import { createReloading, type Reloading } from "../../src/cli/reloading.ts";
import type { Config } from "../../src/config/config.ts";
import type { SimClient } from "./client.ts";
import { generationOf } from "./configuration.ts";

/** What serves the clients: one over stdio has a set of servers of its own, all others are a fleet. */
export class Sets {
  readonly fleet: Fleet;
  readonly reloading: Reloading;
  readonly #composed: Tutti[] = [];
  readonly #machine: Machine;
  readonly #catalogs = new Map<SimClient, () => Catalog>();

  /** `read` reads the configuration anew; `swapped`: another is served from now on. */
  constructor(machine: Machine, read: () => Promise<Config>, swapped: () => void) {
    this.#machine = machine;
    this.fleet = new Fleet(machine, { capabilities: "{}", info: '{"name":"tutti","version":"1.2.3"}' });
    const alone = {
      prepare: (servers: Config["servers"]): Omit<Change, "members"> => {
        const changes = new Map(this.#composed.map((set) => [set, set.prepare(servers)]));
        return {
          started: Promise.all([...changes.values()].map(({ started }) => started)),
          swap: () => Promise.all(this.#composed.map((set) => (changes.get(set) ?? set.prepare(servers)).swap())),
        };
      },
    };
    this.reloading = createReloading({
      machine,
      texts: new Map(),
      watch: () => ({ renew: () => {}, close: () => {} }),
      read,
      replaceable: [this.fleet, alone],
      swapped,
    });
    void this.fleet.start(); // Never rejects.
  }

  /** The servers that are configured now. */
  get servers(): Config["servers"] {
    return this.#machine.config.servers;
  }

  /** The same by the number of their entries. */
  get generations(): ReadonlySet<number> {
    return new Set(this.servers.map(({ launch }) => (launch.kind === "stdio" ? generationOf(launch.env) : -1)));
  }

  serve(client: SimClient, isAlone: boolean): void {
    const { served } = client;
    if (isAlone) {
      const tutti = compose(this.#machine, { who: () => served.identity });
      this.#composed.push(tutti);
      this.#catalogs.set(client, () => tutti.relay.catalog);
      tutti.relay.addClient(served);
      void tutti.start(); // Never rejects.
    } else {
      this.#catalogs.set(client, () => this.fleet.catalogOf(served));
      this.fleet.arrived(served);
    }
  }

  /** What a client is offered now; undefined where nobody serves it yet. */
  catalogOf(client: SimClient): Catalog | undefined {
    return this.#catalogs.get(client)?.();
  }

  /** The relays that there are beside those of fleet clients with sets of their own. */
  get all(): readonly Tutti[] {
    return [this.fleet.common, ...this.#composed];
  }

  async stop(): Promise<void> {
    this.reloading.stop();
    await Promise.all([this.fleet.stop(), ...this.#composed.map((one) => one.stop())]);
  }
}
