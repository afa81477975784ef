import { afterComma, endOfValue, skipSpace } from "../wire/walk.ts";

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
 * `JSON.parse`. One pass, in which no name is decoded that has no escape.
 */
export function findMembers(text: Buffer, at: number, names: readonly Name[]): readonly (Found | undefined)[] {
  const found: (Found | undefined)[] = names.map(() => undefined);
  let nameStart = skipSpace(text, at + 1);
  while (text[nameStart] !== closeBrace) {
    const nameEnd = endOfValue(text, nameStart);
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    for (let index = 0; index < names.length; index++) {
      if (isName(text, nameStart, nameEnd, names[index] as Name)) found[index] = { nameStart, nameEnd, start, end };
    }
    nameStart = afterComma(text, end);
  }
  return found;
}

/** Where the value of the last member called `name` begins in the object at `at`; −1 when there is none. */
export function memberAt(text: Buffer, at: number, name: string): number {
  return findMembers(text, at, [nameOf(name)])[0]?.start ?? -1;
}

function isName(text: Buffer, start: number, end: number, { text: name, plain }: Name): boolean {
  let isSame = plain !== undefined && end - start - 2 === plain.length;
  for (let at = start + 1; at < end - 1; at++) {
    if (text[at] === backslash) return JSON.parse(text.toString("utf8", start, end)) === name;
    isSame &&= text[at] === plain?.[at - start - 1];
  }
  return isSame;
}
