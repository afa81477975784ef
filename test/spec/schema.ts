import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type Format, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { type Direction, type JsonRpc, kindOf } from "./json-rpc.ts";

export const revisions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"] as const;

export type Revision = (typeof revisions)[number];

/** As far as it is read here. */
export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
};

/**
 * What is wrong with a message that is sent in this direction, by the schema of `revision`; nothing where it is valid.
 * `asked` is the method of the request that a reply answers. Methods that no revision knows are checked as JSON-RPC only.
 */
export function problemsOfMessage(
  revision: Revision,
  direction: Direction,
  message: JsonRpc,
  asked?: string,
): readonly string[] {
  const kind = kindOf(message);
  if (kind === undefined) return ["it is no message"];
  const { envelope } = shapesOf(revision);
  const problems = problemsOf(revision, envelope[kind], message);
  if (problems.length > 0) return problems;
  const definition = definitionFor(revision, direction, message, asked);
  if (definition === undefined) return [`${revision} has no ${kind} ${message.method ?? asked} ${direction}`];
  return problemsOf(revision, definition, kind === "result" ? message.result : message);
}

/**
 * The definition that a message must be valid by: the whole of it, or its result. Undefined where its method is of
 * another revision, or of the other direction.
 */
export function definitionFor(
  revision: Revision,
  direction: Direction,
  message: JsonRpc,
  asked?: string,
): string | undefined {
  const { envelope, results, errors, sent } = shapesOf(revision);
  const kind = kindOf(message);
  if (kind === "result") {
    if (message.result?.["resultType"] === "input_required") return "InputRequiredResult";
    if (message.result?.["resultType"] === "task" || message.result?.["task"] !== undefined) return taskIn(revision);
    if (asked === undefined || !isKnown(asked)) return "Result";
    return results.get(asked);
  }
  if (kind === "error") return errors.get(message.error?.["code"]) ?? envelope.error;
  const method = message.method ?? "";
  return isKnown(method) ? sent[direction].get(method) : envelope[kind ?? "request"];
}

/** What is wrong with a value, by a definition of a revision's schema; nothing where it is valid. */
export function problemsOf(revision: Revision, definition: string, value: unknown): readonly string[] {
  const { validators, ajv, root } = shapesOf(revision);
  let validate = validators.get(definition);
  if (validate === undefined) {
    validate = ajv.compile({ $ref: `${revision}#/${root}/${definition}` });
    validators.set(definition, validate);
  }
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${definition}${instancePath} ${message}`);
}

/** The definitions of a revision's schema, by name. */
export function definitionsOf(revision: Revision): ReadonlyMap<string, Schema> {
  return shapesOf(revision).definitions;
}

type Envelope = Readonly<Record<"request" | "notification" | "result" | "error", string>>;

/** A revision's schema, as it is looked up here. */
type Shapes = {
  readonly ajv: Ajv;
  /** Where the definitions stand in the schema. */
  readonly root: "definitions" | "$defs";
  readonly definitions: ReadonlyMap<string, Schema>;
  readonly validators: Map<string, ValidateFunction>;
  readonly envelope: Envelope;
  /** Definitions of requests and notifications by method. */
  readonly sent: Readonly<Record<Direction, ReadonlyMap<string, string>>>;
  /** Definitions of results by the method they answer. */
  readonly results: ReadonlyMap<string, string>;
  /** Definitions of whole error replies by code. */
  readonly errors: ReadonlyMap<unknown, string>;
};

const loaded = new Map<Revision, Shapes>();

function shapesOf(revision: Revision): Shapes {
  let shapes = loaded.get(revision);
  if (shapes === undefined) {
    shapes = load(revision);
    loaded.set(revision, shapes);
  }
  return shapes;
}

const formats: Record<string, Format> = {
  uri: (text: string) => URL.canParse(text),
  "uri-template": true,
  byte: /^[A-Za-z0-9+/]*={0,2}$/,
};

function load(revision: Revision): Shapes {
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, "schemas", `${revision}.json`), "utf8"));
  const root = "$defs" in schema ? "$defs" : "definitions";
  const ajv = new (root === "$defs" ? Ajv2020 : Ajv)({ strict: false, formats, allErrors: true });
  ajv.addSchema(schema, revision);
  const definitions = new Map<string, Schema>(Object.entries(schema[root]));
  const has = (...names: string[]) => names.find((name) => definitions.has(name)) ?? "";
  return {
    ajv,
    root,
    definitions,
    validators: new Map(),
    envelope: {
      request: "JSONRPCRequest",
      notification: "JSONRPCNotification",
      result: has("JSONRPCResultResponse", "JSONRPCResponse"),
      error: has("JSONRPCErrorResponse", "JSONRPCError"),
    },
    sent: {
      "to the client": methodsIn(definitions, "ServerRequest", "ServerNotification"),
      "to the server": methodsIn(definitions, "ClientRequest", "ClientNotification"),
    },
    results: resultsIn(definitions),
    errors: errorsIn(definitions),
  };
}

/** The names of definitions by the method that they are for, of those that one of these unions allows. */
function methodsIn(definitions: ReadonlyMap<string, Schema>, ...unions: string[]): ReadonlyMap<string, string> {
  const allowed = new Set(unions.flatMap((union) => membersOf(definitions, union)));
  return new Map(
    [...definitions].flatMap(([name, schema]): [string, string][] => {
      const method = schema.properties?.["method"]?.const;
      // A union of one member looks as that member does.
      return typeof method === "string" && allowed.has(method) && !unions.includes(name) ? [[method, name]] : [];
    }),
  );
}

/** The methods that a union of definitions allows. One of a single member is that member itself. */
function membersOf(definitions: ReadonlyMap<string, Schema>, union: string): readonly unknown[] {
  const schema = definitions.get(union);
  const members = schema?.anyOf ?? (schema === undefined ? [] : [schema]);
  return members.map((member) => {
    const named = member.$ref === undefined ? member : definitions.get(member.$ref.split("/").at(-1) ?? "");
    return named?.properties?.["method"]?.const;
  });
}

function resultsIn(definitions: ReadonlyMap<string, Schema>): ReadonlyMap<string, string> {
  const results = new Map<string, string>();
  for (const [name, schema] of definitions) {
    const method = schema.properties?.["method"]?.const;
    if (typeof method !== "string" || !name.endsWith("Request")) continue;
    const result = name.replace(/Request$/, "Result");
    results.set(method, definitions.has(result) ? result : "EmptyResult");
  }
  return results;
}

function errorsIn(definitions: ReadonlyMap<string, Schema>): ReadonlyMap<unknown, string> {
  return new Map(
    [...definitions].flatMap(([name, schema]): [unknown, string][] => {
      const code = schema.properties?.["error"]?.allOf?.[1]?.properties?.["code"]?.const;
      return code === undefined ? [] : [[code, name]];
    }),
  );
}

/** A call may answer with a task: in the core of one revision, by an extension in the next. */
function taskIn(revision: Revision): string {
  return definitionsOf(revision).has("CreateTaskResult") ? "CreateTaskResult" : "Result";
}

function isKnown(method: string): boolean {
  return revisions.some((revision) => {
    const { sent } = shapesOf(revision);
    return sent["to the client"].has(method) || sent["to the server"].has(method);
  });
}
