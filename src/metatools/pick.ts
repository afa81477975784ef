import { elementsOf, endOfValue, skipSpace } from "../wire/walk.ts";
import { type Found, findMembers, type Name, nameOf } from "./find-members.ts";
import type { Path, Step } from "./paths.ts";
import { elementCount, isPlace } from "./resolve.ts";

/** What is wanted of the value at one place. */
type Wanted = {
  /** All of it, by a path that ends here. */
  isWhole: boolean;
  /** Whether there is such a place. */
  isMet: boolean;
  readonly names: Named[];
  readonly indexes: Map<number, Wanted>;
  all: Wanted | undefined;
};

/** What is wanted of the member of this name. */
type Named = { readonly name: Name; readonly children: readonly Wanted[] };

type Placed = { readonly member: Found; readonly children: readonly Wanted[] };

/** What is written: where spans of `text` begin and end; a start of −1 means that the byte that follows comes. */
type Picking = { readonly text: Buffer; readonly spans: number[] };

const openBrace = 0x7b;
const openBracket = 0x5b;

/**
 * What is left of `value` at `paths`, in the places where it stands: `items[*].title` gives `{"items":[{"title":…},…]}`.
 * Names and values are the bytes that they were; of members given twice the last one counts. With `[*]` every element
 * keeps its place, `{}`, `[]` or `null` where nothing of it is wanted; with `[0]` the array has the picked elements alone.
 * `missing`: the paths that lead nowhere, as written. Where all of them do, `value` is `{}`, `[]` or `null`.
 */
export function pick(
  value: Buffer,
  paths: readonly Path[],
): { readonly value: Buffer; readonly missing: readonly string[] } {
  const top = newWanted();
  const ends = paths.map(({ steps }) => add(top, steps));
  const picking: Picking = { text: value, spans: [] };
  const start = skipSpace(value, 0);
  if (!take(picking, start, endOfValue(value, start), [top])) writeEmpty(picking, start);
  const missing = paths.flatMap(({ text }, index) => (ends[index]?.isMet ? [] : [text]));
  return { value: written(picking), missing: [...new Set(missing)] };
}

function newWanted(): Wanted {
  return { isWhole: false, isMet: false, names: [], indexes: new Map(), all: undefined };
}

/** Adds a path, and gives the place where it ends. */
function add(top: Wanted, steps: readonly Step[]): Wanted {
  let wanted = top;
  for (const step of steps) {
    if (step.kind === "all") wanted = wanted.all ??= newWanted();
    else wanted = step.kind === "name" ? memberOf(wanted, step.name) : elementOf(wanted, step.index);
  }
  wanted.isWhole = true;
  return wanted;
}

function memberOf({ names }: Wanted, text: string): Wanted {
  const known = names.find(({ name }) => name.text === text)?.children[0];
  const child = known ?? newWanted();
  if (known === undefined) names.push({ name: nameOf(text), children: [child] });
  return child;
}

function elementOf({ indexes }: Wanted, index: number): Wanted {
  const child = indexes.get(index) ?? newWanted();
  indexes.set(index, child);
  return child;
}

/** Writes what is wanted of the value from `start` to `end`; writes nothing and gives false where that is not there. */
function take(picking: Picking, start: number, end: number, wanted: readonly Wanted[]): boolean {
  const { text, spans } = picking;
  const before = spans.length;
  for (const one of wanted) one.isMet = true;
  const first = text[start];
  const isTaken =
    (first === openBrace && takeMembers(picking, start, wanted)) ||
    (first === openBracket && takeElements(picking, start, wanted));
  const isWhole = wanted.some((one) => one.isWhole);
  // Where all is wanted, what is inside was walked through only for what is missing.
  if (isWhole || !isTaken) spans.length = before;
  if (isWhole) spans.push(start, end);
  return isWhole || isTaken;
}

function takeMembers(picking: Picking, at: number, wanted: readonly Wanted[]): boolean {
  const asked = namedIn(wanted);
  if (asked.length === 0) return false;
  const { text, spans } = picking;
  const names = asked.map(({ name }) => name);
  let isEmpty = true;
  for (const { member, children } of inOrder(findMembers(text, at, names), asked)) {
    const before = spans.length;
    write(picking, isEmpty ? "{" : ",");
    spans.push(member.nameStart, member.nameEnd);
    write(picking, ":");
    if (take(picking, member.start, member.end, children)) isEmpty = false;
    else spans.length = before;
  }
  if (!isEmpty) write(picking, "}");
  return !isEmpty;
}

/** What is wanted of members, name by name. */
function namedIn(wanted: readonly Wanted[]): readonly Named[] {
  const [only, ...others] = wanted;
  if (only === undefined || others.length === 0) return only?.names ?? [];
  const merged = new Map<string, Named>();
  for (const { name, children } of wanted.flatMap(({ names }) => names)) {
    merged.set(name.text, { name, children: [...(merged.get(name.text)?.children ?? []), ...children] });
  }
  return [...merged.values()];
}

/** The members that are there, as they stand, and what is wanted of each. */
function inOrder(found: readonly (Found | undefined)[], asked: readonly Named[]): readonly Placed[] {
  const placed: Placed[] = [];
  for (let index = 0; index < found.length; index++) {
    const member = found[index];
    if (member !== undefined) placed.push({ member, children: (asked[index] as Named).children });
  }
  return placed.length < 2 ? placed : placed.sort((one, other) => one.member.start - other.member.start);
}

function takeElements(picking: Picking, at: number, wanted: readonly Wanted[]): boolean {
  const { text, spans } = picking;
  const all = wanted.flatMap((one) => one.all ?? []);
  const places = placesOf(wanted, text, at);
  if (all.length === 0 && places.size === 0) return false;
  let index = 0;
  let isTaken = false;
  let isFirst = true;
  for (const { start, end } of elementsOf(text, at)) {
    const here = places.get(index++);
    const children = here === undefined ? all : [...all, ...here];
    if (children.length === 0) continue;
    const before = spans.length;
    write(picking, isFirst ? "[" : ",");
    if (take(picking, start, end, children)) isTaken = true;
    else if (all.length > 0) writeEmpty(picking, start);
    else {
      spans.length = before;
      continue;
    }
    isFirst = false;
  }
  if (index === 0 && all.length > 0) {
    for (const one of all) meetAll(one);
    write(picking, "[");
    isTaken = true;
  }
  if (isTaken) write(picking, "]");
  return isTaken;
}

/** What is wanted of single elements of the array at `at`, those that are counted from its end by their place too. */
function placesOf(wanted: readonly Wanted[], text: Buffer, at: number): ReadonlyMap<number, readonly Wanted[]> {
  const asked: (readonly [number, Wanted])[] = [];
  for (const { indexes, names } of wanted) {
    asked.push(...indexes);
    for (const { name, children } of names) {
      if (isPlace(name.text)) for (const one of children) asked.push([Number(name.text), one]);
    }
  }
  const places = new Map<number, Wanted[]>();
  if (asked.length === 0) return places;
  const count = asked.some(([index]) => index < 0) ? elementCount(text, at) : 0;
  for (const [index, one] of asked) {
    const place = index < 0 ? index + count : index;
    places.set(place, [...(places.get(place) ?? []), one]);
  }
  return places;
}

/** Of an array without elements nothing is missing. */
function meetAll(wanted: Wanted): void {
  wanted.isMet = true;
  const members = wanted.names.flatMap(({ children }) => children);
  for (const one of [...members, ...wanted.indexes.values()]) meetAll(one);
  if (wanted.all !== undefined) meetAll(wanted.all);
}

function writeEmpty(picking: Picking, at: number): void {
  const first = picking.text[at];
  write(picking, first === openBrace ? "{}" : first === openBracket ? "[]" : "null");
}

function write({ spans }: Picking, text: string): void {
  for (let index = 0; index < text.length; index++) spans.push(-1, text.charCodeAt(index));
}

function written({ text, spans }: Picking): Buffer {
  let length = 0;
  for (let index = 0; index < spans.length; index += 2) {
    const start = spans[index] as number;
    length += start === -1 ? 1 : (spans[index + 1] as number) - start;
  }
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (let index = 0; index < spans.length; index += 2) {
    const start = spans[index] as number;
    if (start === -1) bytes[at++] = spans[index + 1] as number;
    else at += text.copy(bytes, at, start, spans[index + 1]);
  }
  return bytes;
}
