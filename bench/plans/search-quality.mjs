/** How well the index of lazy mode finds what is looked for: the built one, with nothing set for any of these queries. */
import { buildCatalog, expose } from "../../dist/catalog/catalog.js";
import { emptyOffer } from "../../dist/catalog/definition.js";
import { indexes } from "../../dist/metatools/search.js";
import { searchTools } from "../../dist/metatools/search-tools.js";
import { Shapes } from "../../dist/metatools/shapes.js";
import { depths } from "./assumptions.mjs";

const noRules = { include: [], exclude: [], rename: new Map(), annotations: [] };

/**
 * @typedef {{ query: string, wanted: readonly string[] }} Query `wanted`: as "server:tool"
 * @typedef {{ recall: Record<number, number>, mrr: number, queries: number, tools: number }} Quality
 */

/** The catalog of these servers' tools. @param {Record<string, readonly object[]>} servers */
export function catalogOf(servers) {
  return buildCatalog(
    Object.entries(servers).map(([server, tools]) => {
      const definitions = tools.map((tool) => ({ key: tool.name, bytes: Buffer.from(JSON.stringify(tool)) }));
      const offer = { ...emptyOffer, tools: { ...emptyOffer.tools, definitions } };
      return expose(server, server, noRules, offer).exposed;
    }),
  );
}

/** @param {ReturnType<typeof catalogOf>} catalog @param {readonly Query[]} queries @returns {Quality} */
export function qualityOf(catalog, queries) {
  const { find } = indexes()(catalog);
  const deepest = Math.max(...depths);
  const recall = Object.fromEntries(depths.map((depth) => [depth, 0]));
  let mrr = 0;
  for (const { query, wanted } of queries) {
    const found = find(query, deepest).map(({ server, original }) => `${server}:${original}`);
    for (const depth of depths) {
      const seen = found.slice(0, depth);
      recall[depth] += wanted.filter((tool) => seen.includes(tool)).length / wanted.length / queries.length;
    }
    const first = found.findIndex((tool) => wanted.includes(tool));
    if (first !== -1) mrr += 1 / (first + 1) / queries.length;
  }
  return { recall, mrr, queries: queries.length, tools: catalog.tools.length };
}

/** What `search_tools` gives for queries in this catalog. @param {ReturnType<typeof catalogOf>} catalog */
export function searcher(catalog) {
  const tool = searchTools(new Shapes());
  return (query) => {
    let text = "";
    tool.begin({
      arguments: Buffer.from(JSON.stringify({ query })),
      owner: {},
      catalog: () => catalog,
      progress: undefined,
      call: () => ({ cancel: () => {} }),
      ask: () => {},
      reply: (result) => {
        text = JSON.parse(result.toString()).content[0].text;
      },
    });
    return text;
  };
}

/** How long making the index takes, and a query, in milliseconds. @param {ReturnType<typeof catalogOf>} catalog @param {readonly string[]} queries */
export function searchTimes(catalog, queries) {
  const startedAt = performance.now();
  const { find } = indexes()(catalog);
  const madeAt = performance.now();
  for (const query of queries) find(query, 5);
  return { indexMs: madeAt - startedAt, queryMs: (performance.now() - madeAt) / queries.length };
}
