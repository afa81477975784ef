import type { Catalog, OwnTools } from "../catalog/catalog.ts";
import type { LongResults } from "./long-results.ts";
import type { MetaTool } from "./meta-tool.ts";

/** The tools that tutti itself answers, by who sees them. */
export type MetaTools = {
  /** Beside those of the servers. */
  readonly direct: readonly MetaTool[];
  /** Instead of those. */
  readonly lazy: readonly MetaTool[];
  /** Undefined where the results of tools have no bounds. */
  readonly longResults: LongResults | undefined;
};

/** None at all. */
export const noMetaTools: MetaTools = { direct: [], lazy: [], longResults: undefined };

export function byName({ direct, lazy }: MetaTools): ReadonlyMap<string, MetaTool> {
  return new Map([...lazy, ...direct].map((tool) => [tool.name, tool]));
}

/** How they are listed. */
export function ownTools(tools: MetaTools): OwnTools {
  const definition = (catalog: Catalog) => (tool: MetaTool) => Buffer.from(JSON.stringify(tool.definition(catalog)));
  return {
    names: new Set(byName(tools).keys()),
    definitions: (catalog, isLazy) => (isLazy ? tools.lazy : tools.direct).map(definition(catalog)),
  };
}
