import { buildCatalog, type Catalog, type Exposed, expose, type OwnTools, withhold } from "../catalog/catalog.ts";
import type { Offer } from "../catalog/definition.ts";
import { Cleaner } from "../catalog/hygiene.ts";
import { entryKey } from "../catalog/pins.ts";
import type { Config } from "../config/config.ts";
import type { Downstream } from "../downstream/downstream.ts";
import type { Events } from "../events.ts";
import { TraitsReader } from "../metatools/scope.ts";
import type { Clock } from "../ports/clock.ts";

/** Changes of the catalog this close together are told to the clients once. */
const coalesceMs = 250;

export type OffersOptions = {
  /** In the order of the configuration. */
  readonly downstreams: readonly Downstream[];
  /** By the name of the server. */
  readonly prefixes: ReadonlyMap<string, string>;
  readonly own: OwnTools;
  /** What of a server's offer is withheld, by `entryKey`: the same set as long as nothing of it is another. */
  readonly review: (downstream: Downstream) => ReadonlySet<string>;
  readonly config: Pick<Config, "hygiene">;
  readonly clock: Clock;
  readonly events: Events;
  /** The catalog may be another than when this was called last. */
  readonly tell: () => void;
};

/** What a server has offered, and as what it is seen. */
type Shown = {
  readonly offer: Offer;
  readonly isDown: boolean;
  readonly withheld: ReadonlySet<string>;
  readonly exposed: Exposed;
};

/** What all servers offer together, built anew whenever one of them offers something else. */
export class Offers {
  readonly #options: OffersOptions;
  readonly #cleaner: Cleaner;
  #downstreams: readonly Downstream[];
  #prefixes: ReadonlyMap<string, string>;
  readonly #exposed = new Map<Downstream, Shown>();
  /** The conflicts of the catalog, which have been said. */
  #told: readonly string[] = [];
  #catalog: Catalog;
  readonly #traits = new TraitsReader();
  #isTelling = false;

  constructor(options: OffersOptions) {
    this.#options = options;
    this.#cleaner = new Cleaner(options.config.hygiene);
    this.#downstreams = options.downstreams;
    this.#prefixes = options.prefixes;
    for (const downstream of options.downstreams) this.#expose(downstream, downstream.offer);
    this.#catalog = this.#build();
  }

  /** From now on this is what these servers offer. */
  replace(downstreams: readonly Downstream[], prefixes: ReadonlyMap<string, string>): void {
    for (const one of this.#downstreams) if (!downstreams.includes(one)) this.#exposed.delete(one);
    this.#downstreams = downstreams;
    this.#prefixes = prefixes;
    for (const downstream of downstreams) this.#expose(downstream, downstream.offer);
    this.#catalog = this.#build();
    this.tellSoon();
  }

  get catalog(): Catalog {
    return this.#catalog;
  }

  /** What a server says of itself to the model, unless that is withheld. */
  instructionsOf(downstream: Downstream): string | undefined {
    const isWithheld = this.#options.review(downstream).has(entryKey("instructions", ""));
    return isWithheld ? undefined : this.#cleaner.cleanText(downstream.known?.instructions);
  }

  /** The catalog as it is when nobody can say how long a list holds: for the next start. */
  lasting(): Catalog {
    const exposed = this.#downstreams.flatMap((one) => this.#exposed.get(one)?.exposed ?? []);
    return buildCatalog(exposed.map(withoutHints), this.#options.own);
  }

  /** Whether a tool says, or the operator of it, that a second call changes nothing more. */
  isHarmlessTwice(tool: string): boolean {
    const item = this.#catalog.tools.find(({ exposed }) => exposed === tool);
    if (item === undefined) return false;
    const { readOnlyHint, idempotentHint } = this.#traits.of(item).hints;
    return readOnlyHint === true || idempotentHint === true;
  }

  /** A server's lists may have changed, or it is down: then nobody can say how long what it listed stays so. */
  update(downstream: Downstream): void {
    const { offer, state } = downstream;
    if (!this.#downstreams.includes(downstream)) return;
    const isDown = state.kind === "down";
    const before = this.#exposed.get(downstream);
    const withheld = this.#options.review(downstream);
    if (before?.offer === offer && before.isDown === isDown && before.withheld === withheld) return;
    this.#expose(downstream, offer);
    this.#catalog = this.#build();
    this.tellSoon();
  }

  /** Has the clients be told what is another than they know, once for all that changes until then. */
  tellSoon(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#options.clock.after(coalesceMs, () => {
      this.#isTelling = false;
      this.#options.tell();
    });
  }

  #expose(downstream: Downstream, offer: Offer): void {
    const { name, config, state } = downstream;
    const clean = this.#cleaner.clean(offer);
    const { exposed, leftOut } = expose(
      name,
      this.#prefixes.get(name) as string,
      config.tools,
      clean.offer,
      config.prefix,
    );
    const isNew = this.#exposed.get(downstream)?.offer !== offer;
    const { events } = this.#options;
    for (const text of isNew ? leftOut : []) events.publish("oddity", { server: name, text, topic: "left_out" });
    for (const text of clean.said) events.publish("oddity", { server: name, text, topic: "hidden_characters" });
    const isDown = state.kind === "down";
    const withheld = this.#options.review(downstream);
    const seen = withheld.size === 0 ? exposed : withhold(exposed, withheld);
    this.#exposed.set(downstream, { offer, isDown, withheld, exposed: isDown ? withoutHints(seen) : seen });
  }

  #build(): Catalog {
    const { events } = this.#options;
    const exposed = this.#downstreams.map((one) => this.#exposed.get(one)?.exposed).filter((one) => one !== undefined);
    const catalog = buildCatalog(exposed, this.#options.own);
    for (const text of catalog.conflicts)
      if (!this.#told.includes(text)) events.publish("notice", { text, topic: "name_conflict" });
    this.#told = catalog.conflicts;
    return catalog;
  }
}

function withoutHints({ lists: { tools, prompts, resources, templates }, ...exposed }: Exposed): Exposed {
  const hints = { ttlMs: 0, isPublic: false };
  return {
    ...exposed,
    lists: {
      tools: { ...tools, ...hints },
      prompts: { ...prompts, ...hints },
      resources: { ...resources, ...hints },
      templates: { ...templates, ...hints },
    },
  };
}
