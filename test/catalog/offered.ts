import { expose } from "../../src/catalog/catalog.ts";
import { type Definition, emptyOffer, type Kind, kinds, type Offer } from "../../src/catalog/definition.ts";
import type { ToolRules } from "../../src/config/config.ts";

export const noRules: ToolRules = { include: [], exclude: [], rename: new Map(), annotations: [] };

/** The definition of one thing with this key. */
export function defined(kind: Kind, key: string, more = ""): Definition {
  const text = `{${JSON.stringify(kinds[kind].key)}:${JSON.stringify(key)}${more}}`;
  return { key, bytes: Buffer.from(text) };
}

/** The offer of a server with these names, URIs and templates. */
export function offerOf(keys: Readonly<Partial<Record<Kind, readonly string[]>>>, hints = {}): Offer {
  const listOf = (kind: Kind) => ({
    ...emptyOffer[kind],
    definitions: (keys[kind] ?? []).map((key) => defined(kind, key)),
    ...hints,
  });
  return {
    tools: listOf("tools"),
    prompts: listOf("prompts"),
    resources: listOf("resources"),
    templates: listOf("templates"),
  };
}

/** What a server of this name, which is its prefix too, exposes. */
export function exposed(server: string, keys: Readonly<Partial<Record<Kind, readonly string[]>>>, hints = {}) {
  return expose(server, server, noRules, offerOf(keys, hints)).exposed;
}
