import { elementsOf, endOfValue, membersOf, skipSpace } from "../wire/walk.ts";
import { memberAt } from "./find-members.ts";
import { isPlainName, type Path, type Step, shownPath } from "./paths.ts";

/** Why there is no value: one sentence that names the keys there are, and these, at most ten, apart. */
export type NoSuchValue = { readonly problem: string; readonly has: readonly string[] };

const mostKeysShown = 10;
const longestKeyShown = 60;

const comma = 0x2c;
const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * The value at `path`, whose root has the value `value` (JSON): its exact bytes. A member given twice counts as in
 * `JSON.parse`: the last one. A path with `[*]` has an array of all that it leads to as its value, in order, in one
 * array however many `[*]` there are; elements where it leads nowhere are left out, unless it leads nowhere in all of
 * them. Linear in the bytes for each step, without recursion that these could deepen.
 */
export function resolve(path: Path, value: Buffer): Buffer | NoSuchValue {
  const start = skipSpace(value, 0);
  const visit: Visit = { path, text: value, met: false, spans: [], failure: undefined };
  follow(visit, start, 0);
  const { met, spans, failure } = visit;
  if (!met && failure !== undefined) return noSuchValue(path, value, failure);
  if (path.steps.some(({ kind }) => kind === "all")) return arrayOf(value, spans);
  return value.subarray(spans[0], spans[1]);
}

/** The values on the way, and how it went. */
type Visit = {
  readonly path: Path;
  readonly text: Buffer;
  /** Whether the path leads to anything, be it to an array without elements. */
  met: boolean;
  /** Where what it leads to begins and ends: start, end, start, … */
  readonly spans: number[];
  /** Where it first led nowhere: the step, and the value that does not have it. */
  failure: Failure | undefined;
};

type Failure = { readonly step: number; readonly at: number };

/** Follows the steps from `index` on, from the value at `at`. As deep as the path has `[*]`. */
function follow(visit: Visit, at: number, index: number): void {
  const { path, text } = visit;
  for (; index < path.steps.length; index++) {
    const step = path.steps[index] as Step;
    if (step.kind === "all") {
      followAll(visit, at, index);
      return;
    }
    const next = stepFrom(text, at, step);
    if (next === -1) {
      visit.failure ??= { step: index, at };
      return;
    }
    at = next;
  }
  visit.met = true;
  visit.spans.push(at, endOfValue(text, at));
}

function followAll(visit: Visit, at: number, index: number): void {
  const { text, path } = visit;
  if (text[at] !== openBracket) {
    visit.failure ??= { step: index, at };
    return;
  }
  const first = skipSpace(text, at + 1);
  if (text[first] === closeBracket) visit.met = true;
  else if (index === path.steps.length - 1) {
    visit.met = true;
    visit.spans.push(first, endOfValue(text, at) - 1);
  } else for (const { start } of elementsOf(text, at)) follow(visit, start, index + 1);
}

/** Where the value begins to which `step` leads from the one at `at`; −1 where it leads nowhere. */
function stepFrom(text: Buffer, at: number, step: Exclude<Step, { kind: "all" }>): number {
  if (text[at] === openBrace) return step.kind === "name" ? memberAt(text, at, step.name) : -1;
  if (text[at] !== openBracket) return -1;
  if (step.kind === "index") return elementAt(text, at, step.index);
  return isPlace(step.name) ? elementAt(text, at, Number(step.name)) : -1;
}

function elementAt(text: Buffer, at: number, index: number): number {
  if (index < 0) index += elementCount(text, at);
  let position = 0;
  for (const { start } of elementsOf(text, at)) if (position++ === index) return start;
  return -1;
}

/** Whether a name means a place where it is asked of an array: `items.0`. */
export function isPlace(name: string): boolean {
  return /^\d{1,9}$/.test(name);
}

/** How many elements the array at `at` has. */
export function elementCount(text: Buffer, at: number): number {
  let count = 0;
  for (const _ of elementsOf(text, at)) count++;
  return count;
}

/** An array of what stands at `spans`. */
function arrayOf(text: Buffer, spans: readonly number[]): Buffer {
  let length = Math.max(2, spans.length / 2 + 1);
  for (let index = 0; index < spans.length; index += 2) {
    length += (spans[index + 1] as number) - (spans[index] as number);
  }
  const array = Buffer.allocUnsafe(length);
  let at = 0;
  for (let index = 0; index < spans.length; index += 2) {
    array[at++] = index === 0 ? openBracket : comma;
    at += text.copy(array, at, spans[index], spans[index + 1]);
  }
  if (at === 0) array[at++] = openBracket;
  array[at] = closeBracket;
  return array;
}

function noSuchValue(path: Path, text: Buffer, { step, at }: Failure): NoSuchValue {
  const place = shownPath(path, step) || "the value";
  const wanted = path.steps[step] as Step;
  const first = text[at];
  if (first === openBracket) {
    const count = elementCount(text, at);
    const elements = `an array of ${count} ${count === 1 ? "element" : "elements"}`;
    const cure = wanted.kind === "name" ? `: write [0] or [*] before ${JSON.stringify(wanted.name)}` : "";
    return { problem: `${place} is ${elements}, so it has no ${shownStep(wanted)}${cure}`, has: [] };
  }
  if (first !== openBrace)
    return { problem: `${place} is ${typeOf(first)}, so it has no ${shownStep(wanted)}`, has: [] };
  const has = keysOf(text, at);
  const keys = has.length === 0 ? "it is empty" : `it has: ${has.join(", ")}`;
  if (wanted.kind === "name") return { problem: `${place} has no ${shownStep(wanted)}; ${keys}`, has };
  return { problem: `${place} is an object, so it has no ${shownStep(wanted)}; ${keys}`, has };
}

function shownStep(step: Step): string {
  if (step.kind === "all") return "[*]";
  return step.kind === "index" ? `[${step.index}]` : JSON.stringify(cut(step.name));
}

/** What kind of value begins with `first`, which is neither an object nor an array. */
function typeOf(first: number | undefined): string {
  if (first === 0x22) return "text";
  if (first === 0x6e) return "null";
  return first === 0x74 || first === 0x66 ? "true or false" : "a number";
}

/** The first names in the object at `at`, each once, those that are long or odd in quotes. */
function keysOf(text: Buffer, at: number): readonly string[] {
  const keys = new Set<string>();
  for (const { name } of membersOf(text, at)) {
    if (keys.add(isPlainName(name) ? cut(name) : JSON.stringify(cut(name))).size === mostKeysShown) break;
  }
  return [...keys];
}

function cut(name: string): string {
  return name.length > longestKeyShown ? `${name.slice(0, longestKeyShown)}…` : name;
}
