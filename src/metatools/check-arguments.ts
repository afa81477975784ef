import { type Member, membersOf, skipSpace } from "../wire/walk.ts";
import { type Found, findMembers, type Name, nameOf } from "./find-members.ts";

/** Of a longer schema nothing is checked: reading it would cost more than a wrong call. */
const longestSchemaBytes = 64 * 1024;
/** Of longer arguments nothing is checked either. */
const longestArgumentsBytes = 1024 * 1024;
/** Of a longer list only the first ones are looked for: it is gone through for every call. */
const mostRequired = 256;
/** With more properties, looking for each of them costs more than reading what is there. */
const mostGlances = 16;
const mostProblems = 3;
const mostNamesShown = 10;
const longestShown = 40;

const openBrace = 0x7b;

const types: ReadonlySet<string> = new Set(["string", "number", "integer", "boolean", "object", "array", "null"]);

type Schema = Readonly<Record<string, unknown>>;
/** The properties of a schema, and what is known of each. */
type Glance = {
  readonly names: readonly Name[];
  readonly expected: readonly { readonly isNeeded: boolean; readonly types: readonly string[] | undefined }[];
};
type Read = { readonly schema: Schema; readonly glance: Glance | undefined };

/** Schemas that were read, for as long as their tools are there: to read one costs more than all that is checked by it. */
const schemas = new WeakMap<Buffer, Read>();

/**
 * What is wrong with a call's arguments by its tool's `inputSchema`, in one line; undefined where nothing is, or where it
 * is not checked. Only `required` and the `type` of what stands in `properties` count, for the arguments and for the
 * members of those that are objects: no keyword that costs more than a look, none that refers or combines. What the
 * server alone knows better is left to it: a property with a default may be missing.
 */
export function checkArguments(args: Buffer, inputSchema: Buffer): string | undefined {
  if (inputSchema.length > longestSchemaBytes || args.length > longestArgumentsBytes) return undefined;
  const start = skipSpace(args, 0);
  if (args[start] !== openBrace) return undefined;
  const { schema, glance } = schemaIn(inputSchema);
  if (isRight(args, start, glance)) return undefined;
  const problems = checkObject(args, start, schema, "");
  return problems.length === 0 ? undefined : problems.join("; ");
}

function schemaIn(inputSchema: Buffer): Read {
  const known = schemas.get(inputSchema);
  if (known !== undefined) return known;
  const parsed: unknown = JSON.parse(inputSchema.toString());
  const schema = isSchema(parsed) ? parsed : {};
  const read = { schema, glance: glanceAt(schema) };
  schemas.set(inputSchema, read);
  return read;
}

/** What almost all arguments are right by; undefined where there is too much of it. */
function glanceAt(schema: Schema): Glance | undefined {
  const [propertiesOf, required] = [own(schema, "properties"), own(schema, "required")];
  const properties = isSchema(propertiesOf) ? propertiesOf : {};
  const needed = (Array.isArray(required) ? required : []).filter((name) => typeof name === "string");
  const names = [...new Set([...Object.keys(properties), ...needed])];
  if (names.length > mostGlances) return undefined;
  const expected = names.map((name) => {
    const property = own(properties, name);
    return { isNeeded: needed.includes(name), types: isSchema(property) ? wantedTypes(property) : undefined };
  });
  return { names: names.map(nameOf), expected };
}

/** Whether nothing is wrong as far as a glance tells. */
function isRight(args: Buffer, at: number, glance: Glance | undefined): boolean {
  if (glance === undefined) return false;
  const members = findMembers(args, at, glance.names);
  for (let index = 0; index < members.length; index++) {
    const { isNeeded, types } = glance.expected[index] as Glance["expected"][number];
    const member = members[index];
    if (member === undefined ? isNeeded : !isOf(types, args, member)) return false;
  }
  return true;
}

/** What is in an object has types of its own: of one nothing is known at a glance. */
function isOf(types: readonly string[] | undefined, args: Buffer, { start, end }: Found): boolean {
  if (args[start] === openBrace) return false;
  return types === undefined || isAmong(types, typeOf(args, start, end));
}

/** What is wrong with the object at `at`, which is called `place`; empty for the arguments themselves. */
function checkObject(args: Buffer, at: number, schema: Schema, place: string): string[] {
  if (own(schema, "$ref") !== undefined) return [];
  const members = new Map<string, Member>();
  for (const member of membersOf(args, at)) members.set(member.name, member);
  const propertiesOf = own(schema, "properties");
  const properties = isSchema(propertiesOf) ? propertiesOf : {};
  const problems = missing(members, own(schema, "required"), properties, place);
  for (const member of members.values()) {
    if (problems.length >= mostProblems) break;
    const property = own(properties, member.name);
    if (!isSchema(property)) continue;
    const name = place === "" ? member.name : `${place}.${member.name}`;
    const wrong = wrongType(args, member, property);
    if (wrong !== undefined) problems.push(`${shown(name)} ${wrong}`);
    else if (place === "" && args[member.start] === openBrace) {
      problems.push(...checkObject(args, member.start, property, name));
    }
  }
  return problems.slice(0, mostProblems);
}

function missing(members: ReadonlyMap<string, Member>, required: unknown, properties: Schema, place: string): string[] {
  if (!Array.isArray(required)) return [];
  const absent = new Set<string>();
  for (const name of (required as readonly unknown[]).slice(0, mostRequired)) {
    if (typeof name === "string" && !members.has(name) && !hasDefault(own(properties, name))) absent.add(name);
  }
  if (absent.size === 0) return [];
  const wanted = listed([...absent].map((name) => (place === "" ? name : `${place}.${name}`)));
  const got = members.size === 0 ? "nothing" : listed([...members.keys()]);
  return [`${wanted} ${absent.size === 1 ? "is" : "are"} missing (given: ${got})`];
}

/** What is wrong with a value by its `type`; undefined where nothing is, or where that says nothing. */
function wrongType(args: Buffer, { start, end }: Member, property: Schema): string | undefined {
  const wanted = wantedTypes(property);
  if (wanted === undefined) return undefined;
  const raw = args.subarray(start, end);
  const type = typeOf(args, start, end);
  if (isAmong(wanted, type)) return undefined;
  return `must be ${wanted.join(" or ")}, not ${given(type, raw)}`;
}

function isAmong(wanted: readonly string[], type: string): boolean {
  return wanted.includes(type) || (type === "integer" && wanted.includes("number"));
}

/** The types that a schema takes; undefined where it takes any, or where another schema decides. */
function wantedTypes(schema: Schema): readonly string[] | undefined {
  const type = own(schema, "type");
  const listed: readonly unknown[] = Array.isArray(type) ? type : [type];
  if (listed.length === 0 || own(schema, "$ref") !== undefined) return undefined;
  const known = listed.filter((one): one is string => typeof one === "string" && types.has(one));
  if (known.length < listed.length) return undefined;
  return own(schema, "nullable") === true ? [...known, "null"] : known;
}

function typeOf(text: Buffer, start: number, end: number): string {
  switch (text[start]) {
    case 0x22:
      return "string";
    case openBrace:
      return "object";
    case 0x5b:
      return "array";
    case 0x74:
    case 0x66:
      return "boolean";
    case 0x6e:
      return "null";
    default:
      return isWhole(text.toString("latin1", start, end)) ? "integer" : "number";
  }
}

/** Whether a number has no fraction; one beyond what can be counted with is not held to have one. */
function isWhole(number: string): boolean {
  const value = Number(number);
  return Number.isInteger(value) || !Number.isFinite(value);
}

function given(type: string, raw: Buffer): string {
  if (type === "object" || type === "array" || type === "null") return type;
  const text = raw.toString("utf8", 0, longestShown);
  return `the ${type} ${raw.length > longestShown ? `${text}…` : text}`;
}

function listed(names: readonly string[]): string {
  const first = names.slice(0, mostNamesShown).map(shown).join(", ");
  return names.length > mostNamesShown ? `${first} and ${names.length - mostNamesShown} more` : first;
}

function shown(name: string): string {
  return JSON.stringify(name.length > longestShown ? `${name.slice(0, longestShown)}…` : name);
}

function hasDefault(schema: unknown): boolean {
  return isSchema(schema) && Object.hasOwn(schema, "default");
}

function own(schema: Schema, name: string): unknown {
  return Object.hasOwn(schema, name) ? schema[name] : undefined;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
