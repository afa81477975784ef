import { definitionsOf, problemsOf, type Revision, type Schema } from "./schema.ts";

/**
 * The shapes that a revision's messages may have: definitions, members as `Definition.member`, values of enumerations as
 * `Definition.member=value`, and alternatives of type as `Definition.member:type`.
 */
export function shapesThereAre(revision: Revision): ReadonlySet<string> {
  const shapes = new Set<string>();
  const definitions = definitionsOf(revision);
  const visit = (schema: Schema, path: string): void => {
    if (schema.$ref !== undefined) {
      define(nameIn(schema.$ref));
      return;
    }
    shapes.add(path);
    for (const shape of alternativesOf(schema, path)) shapes.add(shape);
    for (const [name, member] of Object.entries(schema.properties ?? {})) visit(member, `${path}.${name}`);
    for (const [inner, at] of partsOf(schema, path)) visit(inner, at);
  };
  const define = (name: string): void => {
    const schema = definitions.get(name);
    if (shapes.has(name) || schema === undefined) return;
    shapes.add(name);
    visit(schema, name);
  };
  for (const name of definitions.keys()) if (isSent(name)) define(name);
  return shapes;
}

/** The shapes that a value has, which is valid by a definition. */
export function shapesOf(revision: Revision, definition: string, value: unknown): ReadonlySet<string> {
  const shapes = new Set<string>();
  const visit = (schema: Schema, path: string, value: unknown): void => {
    if (schema.$ref !== undefined) {
      const name = nameIn(schema.$ref);
      if (problemsOf(revision, name, value).length === 0) define(name, value);
      return;
    }
    shapes.add(path);
    if (Array.isArray(schema.type)) shapes.add(`${path}:${typeIn(schema.type, value)}`);
    if (schema.enum !== undefined) shapes.add(`${path}=${value}`);
    for (const part of schema.allOf ?? []) visit(part, path, value);
    for (const [at, one] of (schema.anyOf ?? []).entries()) {
      if (one.$ref !== undefined || Array.isArray(value) === (one.type === "array")) visit(one, `${path}|${at}`, value);
    }
    if (Array.isArray(value)) {
      if (schema.items !== undefined) for (const item of value) visit(schema.items, `${path}[]`, item);
    } else if (typeof value === "object" && value !== null) {
      const { properties = {}, additionalProperties: others } = schema;
      for (const [name, member] of Object.entries(value)) {
        const known = properties[name];
        if (known !== undefined) visit(known, `${path}.${name}`, member);
        else if (typeof others === "object") visit(others, `${path}.*`, member);
      }
    }
  };
  const define = (name: string, value: unknown): void => {
    const schema = definitionsOf(revision).get(name);
    if (schema !== undefined) visit(schema, name, value);
  };
  define(definition, value);
  return shapes;
}

/** What others are made of, unions of others, and the five codes of JSON-RPC, whose shape is that of any error. */
const parts = new Set([
  ...["Request", "Notification", "Result", "PaginatedRequest", "PaginatedResult", "CacheableResult", "EmptyResult"],
  ...["ClientRequest", "ClientNotification", "ClientResult", "ServerRequest", "ServerNotification", "ServerResult"],
  ...["JSONRPCRequest", "JSONRPCNotification"],
  ...["ParseError", "InvalidRequestError", "MethodNotFoundError", "InvalidParamsError", "InternalError"],
]);

/** Whether a definition is one of a whole message, or of a result. */
function isSent(name: string): boolean {
  return /(?:Request|Notification|Result|Error|ErrorResponse)$/.test(name) && !parts.has(name);
}

function nameIn(ref: string): string {
  return ref.split("/").at(-1) ?? "";
}

/** What a value of this schema may be one of. */
function alternativesOf({ type, enum: values = [] }: Schema, path: string): readonly string[] {
  const types = Array.isArray(type) ? type.map((one) => `${path}:${one}`) : [];
  return [...types, ...values.map((value) => `${path}=${value}`)];
}

function partsOf(schema: Schema, path: string): readonly (readonly [Schema, string])[] {
  const { items, anyOf = [], allOf = [], additionalProperties: others } = schema;
  return [
    ...(items === undefined ? [] : [[items, `${path}[]`] as const]),
    ...anyOf.map((one, at) => [one, `${path}|${at}`] as const),
    ...allOf.map((one) => [one, path] as const),
    ...(typeof others === "object" && Object.keys(others).length > 0 ? [[others, `${path}.*`] as const] : []),
  ];
}

function typeIn(types: readonly string[], value: unknown): string {
  if (value === null) return "null";
  const type = typeof value === "number" && types.includes("integer") ? "integer" : typeof value;
  return types.includes(type) ? type : "?";
}
