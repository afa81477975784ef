import { elementsOf, endOfValue, stringAt } from "../wire/walk.ts";
import { onOneLine } from "./compact.ts";
import { findMembers, memberAt, nameOf } from "./find-members.ts";
import { type BadPath, isRoot, type Path, readPath, readPick } from "./paths.ts";
import { referencesIn } from "./references.ts";
import { jsonIn } from "./values.ts";

/** One call as a model has written it, understood by itself. */
export type WrittenCall = {
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
type Members = Readonly<Partial<Record<Named, Buffer>>>;

const known = (Object.keys(spellings) as Named[]).flatMap((meant) =>
  spellings[meant].map((spelling) => ({ meant, name: nameOf(spelling) })),
);
const knownNames = known.map(({ name }) => name);
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
const noArguments = Buffer.from("{}");
const example = '{"id":"a","name":"…","arguments":{…}}';

/** Reads a call: an object, or a JSON string that holds one. Throws `BadPlan`. */
export function readCall(json: Buffer): WrittenCall {
  const call = unpacked(json);
  if (call[0] !== openBrace) throw new BadPlan(`a call must be an object, ${example}`);
  const members = membersIn(call);
  const args = readArguments(members.arguments);
  const references = referencesIn(args);
  if ("problem" in references) throw new BadPlan(references.problem);
  return {
    id: readId(members.id),
    name: readName(members.name),
    args,
    references,
    after: texts(members.after, "after", "ids of calls") ?? [],
    each: readEach(members.each),
    pick: texts(members.pick, "pick", "paths")?.map((text) => taken(readPick(text))),
  };
}

/** The id of a call, however bad the rest of it; undefined where it has none, or none that can be read. */
export function idIn(json: Buffer): string | undefined {
  const call = unpacked(json);
  const at = call[0] === openBrace ? memberAt(call, 0, "id") : -1;
  if (call[at] !== quote) return undefined;
  return stringAt(call, at, endOfValue(call, at));
}

/** `json`, or the object or array that it holds where it is a string. */
export function unpacked(json: Buffer): Buffer {
  return (json[0] === quote ? jsonIn(json, deepestArguments) : undefined) ?? json;
}

/** The members of a call that say anything, by what they mean; `null` says nothing. */
function membersIn(call: Buffer): Members {
  let odd: string | undefined;
  const spelled = findMembers(call, 0, knownNames, (name) => {
    if (!ignored.has(name)) odd ??= name;
  });
  const found: Partial<Record<Named, Buffer>> = {};
  for (let index = 0; index < known.length; index++) {
    const at = spelled[index];
    // A null, which is all that begins so.
    if (at === undefined || call[at.start] === 0x6e) continue;
    const { meant } = known[index] as (typeof known)[number];
    if (found[meant] !== undefined) {
      throw new BadPlan(`it has two of ${spellings[meant].map(shown).join(", ")}: write "${meant}" alone`);
    }
    found[meant] = call.subarray(at.start, at.end);
  }
  if (odd !== undefined) {
    throw new BadPlan(
      `a call has no ${shown(odd)}: what the tool is given goes in "arguments", and beside it there can be "after", "each" and "pick"`,
    );
  }
  return found;
}

function readId(json: Buffer | undefined): string | undefined {
  if (json === undefined) return undefined;
  const isText = json[0] === quote;
  if (!isText && !/^\d{1,20}$/.test(json.toString("latin1", 0, 21))) throw new BadPlan('"id" must be a short text');
  const id = isText ? textOf(json).trim() : json.toString();
  if (id === "") return undefined;
  if (id.length <= longestId && isRoot(id)) return id;
  const why = id.length > longestId ? `at most ${longestId} characters` : 'no . [ ] { } " $ in it';
  throw new BadPlan(`the id ${shown(id)} must have ${why}, so that paths can begin with it`);
}

function readName(json: Buffer | undefined): string {
  if (json === undefined) throw new BadPlan(`"name" is missing: the tool to call, as in ${example}`);
  const name = json[0] === quote ? textOf(json).trim() : "";
  if (name === "") throw new BadPlan('"name" must be the name of a tool, as text');
  if (name.length > longestName) throw new BadPlan(`"name" must have at most ${longestName} characters`);
  return name;
}

/** The arguments on one line, as what is sent to servers must be. */
function readArguments(json: Buffer | undefined): Buffer {
  if (json === undefined || isBlank(json)) return noArguments;
  const args = unpacked(json);
  if (args[0] === openBrace) return onOneLine(args);
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
