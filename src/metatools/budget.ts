import { elementsOf, type Member, membersOf } from "../wire/walk.ts";

/** What a token of JSON is reckoned at; measured: 4.25. */
export const bytesPerToken = 4;

/** Where most was cut out of a value. */
export type Cut = {
  /** From the value's root; empty: the value itself. */
  readonly path: string;
  /** Elements of an array, members of an object, or characters of a text. */
  readonly shown: number;
  readonly of: number;
};

/** A value that fits, and what that cost it. */
export type Shortened = {
  readonly value: Buffer;
  /** The one that lost most first. */
  readonly cuts: readonly Cut[];
};

type Place = Cut & { readonly lostBytes: number };

/** Where in a value one is, and what was cut so far. */
type At = { readonly path: string; readonly depth: number; readonly places: Place[] };

const nothing = Buffer.from("null");
const colon = Buffer.from(":");
const comma = Buffer.from(",");
/** Below this a value says nothing, and the next one is left out instead. */
const leastUsefulBytes = 24;
/** What is nested deeper in what is too long is left out: each level costs reading it once more. */
const deepestCut = 16;
const simpleName = /^[A-Za-z_][\w-]*$/;

/** How much of `total` each gets: the small ones all they want, the others the same. */
export function fairShares(wanted: readonly number[], total: number): number[] {
  if (wanted.reduce((sum, size) => sum + size, 0) <= total) return [...wanted];
  const shares = wanted.map(() => 0);
  const bySize = wanted.map((size, index) => ({ size, index })).sort((one, other) => one.size - other.size);
  let left = Math.max(0, total);
  for (const [position, { size, index }] of bySize.entries()) {
    const share = Math.min(size, Math.floor(left / (bySize.length - position)));
    shares[index] = share;
    left -= share;
  }
  return shares;
}

/**
 * `value` (JSON without white space) in at most about `mostBytes`, JSON still: arrays lose elements from their end, texts
 * lines or characters, objects what is in their members and only then members. A few bytes more where there is no room
 * for anything at all.
 */
export function shorten(value: Buffer, mostBytes: number): Shortened {
  const places: Place[] = [];
  const fitted = fitAt(value, mostBytes, { path: "", depth: 0, places });
  const cuts = places.sort((one, other) => other.lostBytes - one.lostBytes);
  return { value: fitted, cuts: cuts.map(({ path, shown, of }) => ({ path, shown, of })) };
}

function fitAt(value: Buffer, most: number, at: At): Buffer {
  if (value.length <= most) return value;
  const first = value[0];
  if (first === 0x22) return fitText(value, most, at);
  if (at.depth < deepestCut && first === 0x5b) return fitArray(value, most, at);
  if (at.depth < deepestCut && first === 0x7b) return fitObject(value, most, at);
  // Or a number of a great many digits.
  at.places.push({ path: at.path, shown: 0, of: 1, lostBytes: value.length });
  return nothing;
}

function fitArray(value: Buffer, most: number, at: At): Buffer {
  const parts: Buffer[] = [];
  let size = 2;
  let of = 0;
  let lostFrom = -1;
  for (const { start, end } of elementsOf(value, 0)) {
    of++;
    if (lostFrom !== -1) continue;
    if (size + end - start + 1 <= most) {
      size += end - start + 1;
      parts.push(value.subarray(start, end));
    } else if (parts.length === 0 && most - size >= leastUsefulBytes) {
      // Of one that is longer than all there is room for, at least the beginning.
      parts.push(fitAt(value.subarray(start, end), most - size, below(at, "[0]")));
      size = most;
    } else lostFrom = start;
  }
  const lostBytes = value.length - lostFrom;
  if (lostFrom !== -1) at.places.push({ path: at.path, shown: parts.length, of, lostBytes });
  return joined("[", parts, "]");
}

function fitObject(value: Buffer, most: number, at: At): Buffer {
  const kept: Member[] = [];
  let room = most - 2;
  let of = 0;
  let lostFrom = -1;
  for (const member of membersOf(value, 0)) {
    of++;
    if (lostFrom !== -1) continue;
    room -= sizeOfName(member) + Math.min(member.end - member.start, leastUsefulBytes);
    if (room >= 0) kept.push(member);
    else lostFrom = member.nameStart;
  }
  const shares = fairShares(
    kept.map(({ start, end }) => end - start),
    kept.reduce((left, member) => left - sizeOfName(member), most - 2),
  );
  const parts = kept.map(({ name, nameStart, nameEnd, start, end }, index) => {
    const step = simpleName.test(name) ? `${at.path === "" ? "" : "."}${name}` : `[${JSON.stringify(name)}]`;
    const fitted = fitAt(value.subarray(start, end), shares[index] as number, below(at, step));
    return Buffer.concat([value.subarray(nameStart, nameEnd), colon, fitted]);
  });
  const lostBytes = value.length - lostFrom;
  if (lostFrom !== -1) at.places.push({ path: at.path, shown: kept.length, of, lostBytes });
  return joined("{", parts, "}");
}

function fitText(value: Buffer, most: number, at: At): Buffer {
  const text = JSON.parse(value.toString()) as string;
  const start = beginning(text, most);
  const fitted = Buffer.from(JSON.stringify(start));
  at.places.push({ path: at.path, shown: start.length, of: text.length, lostBytes: value.length - fitted.length });
  return fitted;
}

/** As much of `text` as is at most `most` bytes long as JSON: up to the end of a line where that is more than half of it. */
export function beginning(text: string, most: number): string {
  const room = Math.max(2, most);
  let start = text.slice(0, room - 2);
  for (let over = 1; over > 0; ) {
    over = Buffer.byteLength(JSON.stringify(start)) - room;
    // A character is six bytes at most: never more is cut than must be.
    if (over > 0) start = start.slice(0, start.length - Math.ceil(over / 6));
  }
  if (start.length === text.length) return text;
  start = start.replace(/[\ud800-\udbff]$/, "");
  const lineEnd = start.lastIndexOf("\n") + 1;
  return lineEnd > start.length / 2 ? start.slice(0, lineEnd) : start;
}

function below({ path, depth, places }: At, step: string): At {
  return { path: path + step, depth: depth + 1, places };
}

/** With its quotes, its colon and a comma. */
function sizeOfName({ nameStart, nameEnd }: Member): number {
  return nameEnd - nameStart + 2;
}

function joined(open: string, parts: readonly Buffer[], close: string): Buffer {
  const pieces = parts.flatMap((part, index) => (index === 0 ? [part] : [comma, part]));
  return Buffer.concat([Buffer.from(open), ...pieces, Buffer.from(close)]);
}
