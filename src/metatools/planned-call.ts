import { type Element, elementsOf, endOfValue, stringAt } from "../wire/walk.ts";
import { type Found, memberAt, nameOf, readMembers } from "./find-members.ts";
import { type BadPath, isRoot, type Path, readPath, readPick } from "./paths.ts";
import { referencesIn } from "./references.ts";
import { jsonIn } from "./values.ts";

/** One call as a model has written it, understood by itself. */
export type WrittenCall = {
  /** Where it ends in the text that it stands in. */
  readonly end: number;
  /** Undefined where it was given none. */
  readonly id: string | undefined;
  readonly name: string;
  readonly args: Buffer;
  /** The paths of all references in `args`. */
  readonly references: readonly Path[];
  readonly after: readonly string[];
  readonly each: Path | undefined;
  readonly pick: readonly Path[] | undefined;
};

/** What cannot be understood: one sentence, with its cure. */
export class BadPlan extends Error {}

/** What each member may be called. */
const spellings = {
  id: ["id"],
  name: ["name", "tool"],
  arguments: ["arguments", "args", "parameters", "input"],
  after: ["after"],
  each: ["each"],
  pick: ["pick"],
} as const;

type Named = keyof typeof spellings;
/** Where the members stand, in the order of `spellings`. */
type Members = readonly (Element | undefined)[];

const meanings = Object.keys(spellings) as Named[];
const knownNames = meanings.flatMap((meant) => spellings[meant].map(nameOf));
/** What each of `knownNames` means, as an index of `meanings`. */
const meantBy = meanings.flatMap((meant, index) => spellings[meant].map(() => index));
/** What other formats have in a call, and what says nothing to us. */
const ignored: ReadonlySet<string> = new Set(["type", "description"]);

const longestId = 64;
const longestName = 256;
const mostTexts = 64;
const deepestArguments = 500;
const longestShown = 60;

const quote = 0x22;
const openBrace = 0x7b;
const openBracket = 0x5b;
const none: readonly Path[] = [];
const nobody: readonly string[] = [];
const noArguments = Buffer.from("{}");
const example = '{"id":"a","name":"…","arguments":{…}}';

/**
 * Reads the call that begins at `start` of `text`, which is on one line: an object, or a JSON string that holds one.
 * `mayRefer`: whether there may be references in it (`mayHoldReferences`). Throws `BadPlan`.
 */
export function readCall(text: Buffer, start: number, mayRefer: boolean): WrittenCall {
  const { call, at } = callAt(text, start);
  if (call[at] !== openBrace) throw new BadPlan(`a call must be an object, ${example}`);
  const { members, end } = membersIn(call, at);
  const [id, name, given, after, each, pick] = members;
  const args = readArguments(partOf(call, given));
  const references = mayRefer ? referencesIn(args) : none;
  if ("problem" in references) throw new BadPlan(references.problem);
  return {
    end: call === text ? end : endOfValue(text, start),
    id: id && readId(call, id),
    name: readName(call, name),
    args,
    references,
    after: texts(partOf(call, after), "after", "ids of calls") ?? nobody,
    each: readEach(partOf(call, each)),
    pick: texts(partOf(call, pick), "pick", "paths")?.map((path) => taken(readPick(path))),
  };
}

/** The id of a call, however bad the rest of it; undefined where it has none, or none that can be read. */
export function idIn(text: Buffer, start: number): string | undefined {
  const { call, at } = callAt(text, start);
  const id = call[at] === openBrace ? memberAt(call, at, "id") : -1;
  if (call[id] !== quote) return undefined;
  return stringAt(call, id, endOfValue(call, id));
}

function callAt(text: Buffer, at: number): { readonly call: Buffer; readonly at: number } {
  if (text[at] !== quote) return { call: text, at };
  return { call: unpacked(text.subarray(at, endOfValue(text, at))), at: 0 };
}

function partOf(text: Buffer, place: Element | undefined): Buffer | undefined {
  return place && text.subarray(place.start, place.end);
}

/** `json`, or the object or array that it holds where it is a string. */
export function unpacked(json: Buffer): Buffer {
  return (json[0] === quote ? jsonIn(json, deepestArguments) : undefined) ?? json;
}

/** The members of a call that say anything, by what they mean, and where it ends; `null` says nothing. */
function membersIn(call: Buffer, start: number): { readonly members: Members; readonly end: number } {
  let odd: string | undefined;
  const spelled: (Found | undefined)[] = knownNames.map(() => undefined);
  const end = readMembers(call, start, knownNames, spelled, (name) => {
    if (!ignored.has(name)) odd ??= name;
  });
  const found: (Found | undefined)[] = [undefined, undefined, undefined, undefined, undefined, undefined];
  for (let index = 0; index < spelled.length; index++) {
    const at = spelled[index];
    // A null, which is all that begins so.
    if (at === undefined || call[at.start] === 0x6e) continue;
    const meant = meantBy[index] as number;
    if (found[meant] !== undefined) {
      const name = meanings[meant] as Named;
      throw new BadPlan(`it has two of ${spellings[name].map(shown).join(", ")}: write "${name}" alone`);
    }
    found[meant] = at;
  }
  if (odd !== undefined) {
    throw new BadPlan(
      `a call has no ${shown(odd)}: what the tool is given goes in "arguments", and beside it there can be "after", "each" and "pick"`,
    );
  }
  return { members: found, end };
}

function readId(call: Buffer, { start, end }: Element): string | undefined {
  const isText = call[start] === quote;
  const id = isText ? stringAt(call, start, end).trim() : call.toString("latin1", start, Math.min(end, start + 21));
  if (!isText && !/^\d{1,20}$/.test(id)) throw new BadPlan('"id" must be a short text');
  if (id === "") return undefined;
  if (id.length <= longestId && isRoot(id)) return id;
  const why = id.length > longestId ? `at most ${longestId} characters` : 'no . [ ] { } " $ in it';
  throw new BadPlan(`the id ${shown(id)} must have ${why}, so that paths can begin with it`);
}

function readName(call: Buffer, place: Element | undefined): string {
  if (place === undefined) throw new BadPlan(`"name" is missing: the tool to call, as in ${example}`);
  const name = call[place.start] === quote ? stringAt(call, place.start, place.end).trim() : "";
  if (name === "") throw new BadPlan('"name" must be the name of a tool, as text');
  if (name.length > longestName) throw new BadPlan(`"name" must have at most ${longestName} characters`);
  return name;
}

function readArguments(json: Buffer | undefined): Buffer {
  if (json === undefined || isBlank(json)) return noArguments;
  const args = unpacked(json);
  if (args[0] === openBrace) return args;
  throw new BadPlan(
    json[0] === quote
      ? '"arguments" is text that is no JSON object: write the object itself'
      : '"arguments" must be an object, {} where the tool needs none',
  );
}

function isBlank(json: Buffer): boolean {
  return json[0] === quote && textOf(json).trim() === "";
}

/** A path, as text or as a reference. */
function readEach(json: Buffer | undefined): Path | undefined {
  if (json === undefined) return undefined;
  if (json[0] === quote) {
    const text = textOf(json);
    return text.trim() === "" ? undefined : taken(readPath(text));
  }
  const paths = json[0] === openBrace ? referencesIn(json) : [];
  if ("problem" in paths) throw new BadPlan(paths.problem);
  const [only] = paths;
  if (only !== undefined && paths.length === 1) return only;
  throw new BadPlan('"each" must be the path of an array, as in "a.items"');
}

/** A list of texts, or one text alone; an empty one says nothing. */
function texts(json: Buffer | undefined, name: Named, what: string): readonly string[] | undefined {
  if (json === undefined) return undefined;
  const list = unpacked(json);
  if (list[0] === quote) {
    const text = textOf(list).trim();
    return text === "" ? undefined : [text];
  }
  if (list[0] !== openBracket) throw new BadPlan(`"${name}" must be a list of ${what}`);
  const found: string[] = [];
  for (const { start, end } of elementsOf(list, 0)) {
    if (list[start] !== quote) throw new BadPlan(`"${name}" must be a list of ${what}, each as text`);
    found.push(stringAt(list, start, end).trim());
    if (found.length > mostTexts) throw new BadPlan(`"${name}" has more than ${mostTexts} ${what}`);
  }
  return [...new Set(found)];
}

function textOf(string: Buffer): string {
  return stringAt(string, 0, string.length);
}

function taken(path: Path | BadPath): Path {
  if ("problem" in path) throw new BadPlan(path.problem);
  return path;
}

/** A text of the model's in a sentence: in quotes, not too long. */
export function shown(text: string): string {
  return JSON.stringify(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
}
