import type { ParamHeader } from "../wire/header-value.ts";

/*
 * Tools may want arguments repeated in headers of the request, for what stands between us and their server:
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http. Pure.
 */

const mark = "x-mcp-header";
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const headed: ReadonlySet<unknown> = new Set(["string", "integer", "boolean"]);
const longestShown = 80;

/** Where schemas stand in a schema that may apply to another value than the one at their path, or not at all. */
const single: readonly string[] = [
  "additionalProperties",
  "contains",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
];
const several: readonly string[] = [
  "$defs",
  "allOf",
  "anyOf",
  "definitions",
  "dependentSchemas",
  "items",
  "oneOf",
  "patternProperties",
  "prefixItems",
];

/** A schema within the input schema that is still to be looked at. */
type Place = { readonly schema: object; readonly path: readonly string[]; readonly isCertain: boolean };

/**
 * The arguments of a tool that calls over HTTP repeat in headers, by its whole definition. A string says why no call of
 * it may go over HTTP at all: what follows its name in a sentence. Linear in the definition.
 */
export function readParamHeaders(definition: Buffer): readonly ParamHeader[] | string {
  if (!definition.includes(mark)) return [];
  const { inputSchema } = JSON.parse(definition.toString()) as { inputSchema?: unknown };
  const found: ParamHeader[] = [];
  const names = new Set<string>();
  const places: Place[] = isObject(inputSchema) ? [{ schema: inputSchema, path: [], isCertain: true }] : [];
  // In the order of the definition, so that the first problem is the one that a reader finds first.
  while (places.length > 0) {
    const place = places.pop() as Place;
    if (Object.hasOwn(place.schema, mark)) {
      const name = nameIn(place);
      if (typeof name !== "string") return `is left out: ${shown(place)}: ${mark} ${name.problem}`;
      if (names.has(name.toLowerCase())) return `is left out: ${shown(place)}: ${mark} names a header a second time`;
      names.add(name.toLowerCase());
      found.push({ name, path: place.path });
    }
    places.push(...[...within(place)].reverse());
  }
  return found;
}

function nameIn({ schema, path, isCertain }: Place): string | { readonly problem: string } {
  const { [mark]: name, type } = schema as Record<string, unknown>;
  if (!isCertain || path.length === 0) return { problem: "may only mark what is reached through properties alone" };
  if (typeof name !== "string" || !token.test(name)) return { problem: "is no name that a header can have" };
  if (!headed.has(type)) return { problem: "may only mark a string, an integer or a boolean" };
  return name;
}

function* within({ schema, path, isCertain }: Place): Generator<Place> {
  const members = schema as Record<string, unknown>;
  if (isObject(members["properties"])) {
    for (const [name, one] of Object.entries(members["properties"])) {
      if (isObject(one)) yield { schema: one, path: [...path, name], isCertain };
    }
  }
  for (const keyword of single) {
    const one = members[keyword];
    if (isObject(one) && !Array.isArray(one)) yield { schema: one, path: [...path, keyword], isCertain: false };
  }
  for (const keyword of several) {
    const all = members[keyword];
    if (!isObject(all) || (keyword === "items" && !Array.isArray(all))) continue;
    for (const one of Object.values(all)) {
      if (isObject(one)) yield { schema: one, path: [...path, keyword], isCertain: false };
    }
  }
}

function shown({ path }: Place): string {
  const text = ["inputSchema", ...path].join(".");
  return JSON.stringify(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
