import type { Catalog, ExposedItem } from "../catalog/catalog.ts";
import { telling, wordsOf } from "./words.ts";

/** Finds tools by what is said of them. The same catalog and the same query give the same tools. */
export type Index = {
  /** The best first, of equal ones the first in the catalog; all of them where the query has no words. */
  readonly find: (query: string, limit: number, server?: string) => readonly ExposedItem[];
};

/** Where a word stands tells how much it says of a tool, and how much less it does among many others. */
const fields = [
  { name: "name", weight: 3, lengthPenalty: 0.3 },
  { name: "description", weight: 1, lengthPenalty: 0.6 },
  { name: "parameters", weight: 0.6, lengthPenalty: 0.6 },
  { name: "server", weight: 1, lengthPenalty: 0 },
] as const;

/** From which on a word that is repeated says little more: BM25's k1. */
const saturation = 1.2;

const mostQueryChars = 1000;
const mostQueryWords = 64;
const mostWords = 400;
const mostParameters = 100;
const deepestParameter = 5;

type Field = (typeof fields)[number]["name"];
type Words = Readonly<Record<Field, readonly string[]>>;
type Posting = { readonly tool: number; readonly weight: number };

/** Gives the index of a catalog, made once for each; what is known of a tool is kept as long as its catalog's items are. */
export function indexes(): (catalog: Catalog) => Index {
  const known = new WeakMap<ExposedItem, Words>();
  const made = new WeakMap<Catalog, Index>();
  return (catalog) => {
    const index = made.get(catalog) ?? build(catalog.tools, known);
    made.set(catalog, index);
    return index;
  };
}

/** BM25F: each word's weight over all fields, saturated, times how rare it is (https://doi.org/10.1561/1500000019). */
function build(tools: readonly ExposedItem[], known: WeakMap<ExposedItem, Words>): Index {
  const words = tools.map((tool) => {
    const own = known.get(tool) ?? wordsOfTool(tool);
    known.set(tool, own);
    return own;
  });
  const postings = postingsOf(words);
  return {
    find: (query, limit, server) => {
      const isMeant = ({ server: own }: ExposedItem) => server === undefined || own === server;
      const asked = new Set(telling(wordsOf(query.slice(0, mostQueryChars), mostQueryWords)));
      if (asked.size === 0) return tools.filter(isMeant).slice(0, limit);
      const scores = new Map<number, number>();
      for (const word of asked) {
        const found = postings.get(word) ?? [];
        const rarity = Math.log(1 + (tools.length - found.length + 0.5) / (found.length + 0.5));
        for (const { tool, weight } of found) {
          scores.set(tool, (scores.get(tool) ?? 0) + (rarity * weight) / (saturation + weight));
        }
      }
      return [...scores]
        .sort(([one, its], [other, others]) => others - its || one - other)
        .map(([tool]) => tools[tool] as ExposedItem)
        .filter(isMeant)
        .slice(0, limit);
    },
  };
}

function postingsOf(words: readonly Words[]): ReadonlyMap<string, readonly Posting[]> {
  const means = new Map(
    fields.map(({ name }) => [name, words.reduce((sum, own) => sum + own[name].length, 0) / words.length]),
  );
  const postings = new Map<string, Posting[]>();
  for (const [tool, own] of words.entries()) {
    const weights = new Map<string, number>();
    for (const { name, weight, lengthPenalty } of fields) {
      const length = own[name].length / (means.get(name) || 1);
      const each = weight / (1 - lengthPenalty + lengthPenalty * length);
      for (const word of own[name]) weights.set(word, (weights.get(word) ?? 0) + each);
    }
    for (const [word, weight] of weights) {
      const list = postings.get(word);
      if (list === undefined) postings.set(word, [{ tool, weight }]);
      else list.push({ tool, weight });
    }
  }
  return postings;
}

function wordsOfTool({ original, server, bytes }: ExposedItem): Words {
  const { title, description, inputSchema } = JSON.parse(bytes.toString()) as Readonly<Record<string, unknown>>;
  const texts = [title, description].filter((text) => typeof text === "string");
  return {
    name: wordsOf(original, mostWords),
    description: wordsOf(texts.join("\n"), mostWords),
    parameters: wordsOf(parametersOf(inputSchema).join(" "), mostWords),
    server: wordsOf(server, mostWords),
  };
}

/** The names of a schema's properties, also of objects in them and in arrays. */
function parametersOf(schema: unknown): readonly string[] {
  const names: string[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (!isObject(value)) return;
    for (const [name, property] of Object.entries(isObject(value["properties"]) ? value["properties"] : {})) {
      if (names.length === mostParameters) return;
      names.push(name);
      if (depth < deepestParameter) visit(property, depth + 1);
    }
    if (depth < deepestParameter) visit(value["items"], depth + 1);
  };
  visit(schema, 1);
  return names;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
