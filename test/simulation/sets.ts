import { compose, type Tutti } from "../../src/cli/compose.ts";
import { Fleet } from "../../src/cli/fleet.ts";
import type { Machine } from "../../src/cli/machine.ts";
import type { SimClient } from "./client.ts";

/** What serves the clients: one over stdio has a set of servers of its own, all others are a fleet. */
export class Sets {
  readonly fleet: Fleet;
  readonly composed: Tutti[] = [];
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.fleet = new Fleet(machine, { capabilities: "{}", info: '{"name":"tutti","version":"1.2.3"}' });
    void this.fleet.start();
  }

  serve(client: SimClient, isAlone: boolean): void {
    const { served } = client;
    if (isAlone) {
      const tutti = compose(this.#machine, { who: () => served.identity });
      this.composed.push(tutti);
      tutti.relay.addClient(served);
      void tutti.start();
    } else this.fleet.arrived(served);
  }

  /** The relays that there are beside those of fleet clients with sets of their own. */
  get all(): readonly Tutti[] {
    return [this.fleet.common, ...this.composed];
  }

  async stop(): Promise<void> {
    await Promise.all([this.fleet.stop(), ...this.composed.map((one) => one.stop())]);
  }
}
