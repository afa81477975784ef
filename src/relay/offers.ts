import { buildCatalog, type Catalog, type Exposed, expose } from "../catalog/catalog.ts";
import { emptyOffer, type Offer } from "../catalog/definition.ts";
import type { Downstream } from "../downstream/downstream.ts";
import type { Events } from "../events.ts";
import type { Clock } from "../ports/clock.ts";

/** Changes of the catalog this close together are told to the clients once. */
const coalesceMs = 250;

export type OffersOptions = {
  /** In the order of the configuration. */
  readonly downstreams: readonly Downstream[];
  /** By the name of the server. */
  readonly prefixes: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly events: Events;
  /** The catalog is another than when this was called last. */
  readonly tell: () => void;
};

/** What all servers offer together, built anew whenever one of them offers something else. */
export class Offers {
  readonly #options: OffersOptions;
  readonly #exposed = new Map<Downstream, { readonly offer: Offer; readonly exposed: Exposed }>();
  readonly #told = new Set<string>();
  #catalog: Catalog;
  #isTelling = false;

  constructor(options: OffersOptions) {
    this.#options = options;
    for (const downstream of options.downstreams) this.#expose(downstream, emptyOffer);
    this.#catalog = this.#build();
  }

  get catalog(): Catalog {
    return this.#catalog;
  }

  /** A server's lists may have changed. */
  update(downstream: Downstream): void {
    const { offer } = downstream;
    if (this.#exposed.get(downstream)?.offer === offer) return;
    this.#expose(downstream, offer);
    this.#catalog = this.#build();
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#options.clock.after(coalesceMs, () => {
      this.#isTelling = false;
      this.#options.tell();
    });
  }

  #expose(downstream: Downstream, offer: Offer): void {
    const { name, config } = downstream;
    const { exposed, leftOut } = expose(name, this.#options.prefixes.get(name) as string, config.tools, offer);
    for (const text of leftOut) this.#options.events.publish("oddity", { server: name, text });
    this.#exposed.set(downstream, { offer, exposed });
  }

  #build(): Catalog {
    const { downstreams, events } = this.#options;
    const exposed = downstreams.map((one) => this.#exposed.get(one)?.exposed).filter((one) => one !== undefined);
    const catalog = buildCatalog(exposed);
    for (const text of catalog.conflicts) {
      if (this.#told.has(text)) continue;
      this.#told.add(text);
      events.publish("notice", { text });
    }
    return catalog;
  }
}
