/**
 * Steps through JSON text that the scanner has taken, without building anything from it. Offsets are in `text`; nothing
 * here checks the grammar again.
 */

/** A member of an object: where its name (quotes included) and its value stand. */
export type Member = {
  readonly name: string;
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly start: number;
  readonly end: number;
};

/** An element of an array. */
export type Element = { readonly start: number; readonly end: number };

/** The members of the object that begins at `at`, in order, repeated ones too. */
export function* membersOf(text: Buffer, at: number): Generator<Member> {
  let next = skipSpace(text, at + 1);
  while (text[next] !== 0x7d) {
    const nameEnd = endOfValue(text, next);
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    yield { name: stringAt(text, next, nameEnd), nameStart: next, nameEnd, start, end };
    next = afterComma(text, end);
  }
}

/** The elements of the array that begins at `at`, in order. */
export function* elementsOf(text: Buffer, at: number): Generator<Element> {
  let start = skipSpace(text, at + 1);
  while (text[start] !== 0x5d) {
    const end = endOfValue(text, start);
    yield { start, end };
    start = afterComma(text, end);
  }
}

/** The text of the JSON string from `start` to `end`. */
export function stringAt(text: Buffer, start: number, end: number): string {
  for (let at = start + 1; at < end - 1; at++) {
    const byte = text[at] as number;
    if (byte === 0x5c || byte >= 0x80) return JSON.parse(text.toString("utf8", start, end)) as string;
  }
  return text.toString("latin1", start + 1, end - 1);
}

/** Where the next member or element after the value that ends at `at` begins; the closing bracket where none is left. */
export function afterComma(text: Buffer, at: number): number {
  const next = skipSpace(text, at);
  return text[next] === 0x2c ? skipSpace(text, next + 1) : next;
}

/** Where the white space from `at` on ends. */
export function skipSpace(text: Buffer, at: number): number {
  while (text[at] === 0x20 || text[at] === 0x09 || text[at] === 0x0a || text[at] === 0x0d) at++;
  return at;
}

/** Where the value, or the name, that begins at `start` ends. */
export function endOfValue(text: Buffer, start: number): number {
  const first = text[start];
  if (first === 0x22) return endOfString(text, start);
  let at = start;
  if (first !== 0x7b && first !== 0x5b) {
    while (at < text.length && !isDelimiter(text[at] as number)) at++;
    return at;
  }
  let depth = 0;
  while (true) {
    const byte = text[at] as number;
    if (byte === 0x22) at = endOfString(text, at);
    else {
      at++;
      if (byte === 0x7b || byte === 0x5b) depth++;
      else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return at;
    }
  }
}

function endOfString(text: Buffer, start: number): number {
  let at = start + 1;
  while (text[at] !== 0x22) at += text[at] === 0x5c ? 2 : 1;
  return at + 1;
}

function isDelimiter(byte: number): boolean {
  return byte === 0x2c || byte === 0x7d || byte === 0x5d || byte <= 0x20;
}
