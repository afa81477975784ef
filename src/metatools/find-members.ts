import { afterComma, endOfValue, skipSpace, stringAt } from "../wire/walk.ts";

/** A member's name. */
export type Name = {
  readonly text: string;
  /** As it is written without escapes; undefined where it has half a surrogate pair, which can only be escaped. */
  readonly plain: Buffer | undefined;
};

/** Where a member's name (quotes included) and its value stand. */
export type Found = {
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly start: number;
  readonly end: number;
};

const backslash = 0x5c;
const closeBrace = 0x7d;

export function nameOf(text: string): Name {
  const plain = Buffer.from(text);
  return { text, plain: plain.toString() === text ? plain : undefined };
}

/**
 * The members with these names of the object at `at`, name for name; of those that are there twice the last, as in
 * `JSON.parse`. One pass, in which no name is decoded that has no escape. `other` hears of the names of all others.
 */
export function findMembers(
  text: Buffer,
  at: number,
  names: readonly Name[],
  other?: (name: string) => void,
): readonly (Found | undefined)[] {
  const found: (Found | undefined)[] = [];
  for (let index = 0; index < names.length; index++) found.push(undefined);
  readMembers(text, at, names, found, other);
  return found;
}

/** The same into `found`; gives where the object ends. */
export function readMembers(
  text: Buffer,
  at: number,
  names: readonly Name[],
  found: (Found | undefined)[],
  other?: (name: string) => void,
): number {
  let nameStart = skipSpace(text, at + 1);
  while (text[nameStart] !== closeBrace) {
    const nameEnd = endOfValue(text, nameStart);
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    const index = indexAmong(names, text, nameStart, nameEnd);
    if (index !== -1) found[index] = { nameStart, nameEnd, start, end };
    else other?.(stringAt(text, nameStart, nameEnd));
    nameStart = afterComma(text, end);
  }
  return nameStart + 1;
}

/** Where the value of the last member called `name` begins in the object at `at`; −1 when there is none. */
export function memberAt(text: Buffer, at: number, name: string): number {
  return findMembers(text, at, [nameOf(name)])[0]?.start ?? -1;
}

/** Which of `names` the JSON string from `start` to `end` is, however it is written; −1 where it is none. */
export function indexAmong(names: readonly Name[], text: Buffer, start: number, end: number): number {
  for (let at = start + 1; at < end - 1; at++) {
    if (text[at] !== backslash) continue;
    const name = stringAt(text, start, end);
    return names.findIndex((one) => one.text === name);
  }
  for (let index = 0; index < names.length; index++) {
    const { plain } = names[index] as Name;
    if (plain !== undefined && plain.length === end - start - 2 && isAt(plain, text, start + 1)) return index;
  }
  return -1;
}

function isAt(name: Buffer, text: Buffer, at: number): boolean {
  for (let index = 0; index < name.length; index++) if (text[at + index] !== name[index]) return false;
  return true;
}
