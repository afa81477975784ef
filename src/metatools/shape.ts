/** What a JSON value is made of, without any value of it. */
export type Shape = {
  readonly kinds: Set<Scalar>;
  members: Map<string, Shape> | undefined;
  element: Shape | undefined;
  /** Whether it has members, or is an array or object, beyond what is told. */
  hasMore: boolean;
};

type Scalar = "string" | "number" | "boolean" | "null";

/** How many more keys may be told, and how many more steps may be taken in a schema. */
type Budget = { keys: number; steps: number };

/** Objects inside one another, the outermost one counted, and arrays that stand directly in arrays. */
const deepest = 3;
const mostKeys = 30;
const mostElements = 8;
const mostSteps = 500;
const longestKey = 40;
/** Stands for keys that look like data, not like the names of members, and for those of which there are too many. */
const anyKey = "*";

/** The shape of nothing yet. */
export function noShape(): Shape {
  return { kinds: new Set(), members: undefined, element: undefined, hasMore: false };
}

/** Adds what `value` is made of: bounded in depth, keys and elements, and with nothing of it but the names of members. */
export function widen(shape: Shape, value: unknown): void {
  widenBy(shape, value, deepest, { keys: mostKeys - keysOf(shape), steps: 0 });
}

/** What values of a JSON schema are made of: its `type`, `properties`, `items`, alternatives and references within it. */
export function shapeOfSchema(schema: unknown): Shape {
  const shape = noShape();
  new SchemaReader(schema).read(shape, schema, deepest);
  return shape;
}

/** As compact JSON: `{"items":[{"id":"number","note":"string|null"}]}`. */
export function printShape({ kinds, members, element, hasMore }: Shape): string {
  if (members !== undefined) {
    const told = [...members].map(([key, member]) => `${JSON.stringify(key)}:${printShape(member)}`);
    return `{${(hasMore ? [...told, '"…":"…"'] : told).join(",")}}`;
  }
  if (element !== undefined) return isEmpty(element) ? "[]" : `[${printShape(element)}]`;
  return JSON.stringify([...kinds].join("|") || (hasMore ? "object" : "any"));
}

function isEmpty({ kinds, members, element, hasMore }: Shape): boolean {
  return kinds.size === 0 && members === undefined && element === undefined && !hasMore;
}

function keysOf({ members, element }: Shape): number {
  let keys = element === undefined ? 0 : keysOf(element);
  for (const member of members?.values() ?? []) keys += 1 + keysOf(member);
  return keys;
}

function widenBy(shape: Shape, value: unknown, depth: number, budget: Budget): void {
  if (Array.isArray(value)) {
    shape.element ??= noShape();
    const isNested = value.some((element) => Array.isArray(element));
    if (isNested && depth === 0) shape.element.hasMore = true;
    else
      for (const element of value.slice(0, mostElements))
        widenBy(shape.element, element, depth - (isNested ? 1 : 0), budget);
  } else if (typeof value === "object" && value !== null) widenByMembers(shape, Object.entries(value), depth, budget);
  else shape.kinds.add(scalarOf(value));
}

function widenByMembers(
  shape: Shape,
  entries: readonly (readonly [string, unknown])[],
  depth: number,
  budget: Budget,
): void {
  if (depth === 0) {
    shape.hasMore = true;
    return;
  }
  shape.members ??= new Map();
  const isMap = entries.length > mostKeys || entries.some(([key]) => !isName(key));
  // The keys of an object come before those of what is in it: where not all can be told, the outer ones are.
  const told = (isMap ? entries.slice(0, mostElements) : entries).flatMap(([key, value]) => {
    const member = memberOf(shape, isMap ? anyKey : key, budget);
    return member === undefined ? [] : [{ member, value }];
  });
  for (const { member, value } of told) widenBy(member, value, depth - 1, budget);
}

function memberOf(shape: Shape, key: string, budget: Budget): Shape | undefined {
  shape.members ??= new Map();
  const known = shape.members.get(key);
  if (known !== undefined) return known;
  if (budget.keys <= 0) {
    shape.hasMore = true;
    return undefined;
  }
  budget.keys--;
  const member = noShape();
  shape.members.set(key, member);
  return member;
}

/** Addresses, identifiers and the like are somebody's data: whoever asks for the shape need not know them. */
function isName(key: string): boolean {
  return (
    key.length <= longestKey &&
    /^[A-Za-z_$@][\w$@ :/-]*$/.test(key) &&
    (key.match(/\d/g)?.length ?? 0) < 4 &&
    !/.@/.test(key)
  );
}

function scalarOf(value: unknown): Scalar {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return typeof value as Scalar;
  return "null";
}

class SchemaReader {
  readonly #root: unknown;
  readonly #budget: Budget = { keys: mostKeys, steps: mostSteps };

  constructor(root: unknown) {
    this.#root = root;
  }

  read(shape: Shape, schema: unknown, depth: number): void {
    if (!isObject(schema) || this.#budget.steps-- <= 0) return;
    this.read(shape, referred(schema["$ref"], this.#root), depth);
    for (const way of ["anyOf", "oneOf", "allOf"]) {
      const alternatives = schema[way];
      if (!Array.isArray(alternatives)) continue;
      for (const one of alternatives.slice(0, mostElements)) this.read(shape, one, depth);
    }
    const { type, items, properties } = schema;
    for (const one of [type].flat()) this.#addType(shape, one);
    if (isObject(properties)) this.#readProperties(shape, properties, depth);
    else if (type === "object") shape.hasMore = true;
    if (type !== "array" && !isObject(items)) return;
    shape.element ??= noShape();
    this.read(shape.element, items, depth);
  }

  #addType({ kinds }: Shape, type: unknown): void {
    if (type === "integer") kinds.add("number");
    else if (type === "string" || type === "number" || type === "boolean" || type === "null") kinds.add(type);
  }

  #readProperties(shape: Shape, properties: Readonly<Record<string, unknown>>, depth: number): void {
    if (depth === 0) {
      shape.hasMore = true;
      return;
    }
    const told = Object.entries(properties).flatMap(([key, property]) => {
      const member = memberOf(shape, key.slice(0, longestKey), this.#budget);
      return member === undefined ? [] : [{ member, property }];
    });
    for (const { member, property } of told) this.read(member, property, depth - 1);
  }
}

/** What `#/$defs/name` means in the schema; nothing else is followed. */
function referred(reference: unknown, root: unknown): unknown {
  if (typeof reference !== "string" || !reference.startsWith("#/")) return undefined;
  let value = root;
  for (const step of reference.slice(2).split("/")) {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
