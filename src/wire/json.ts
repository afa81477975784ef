import { endOfRun, endOfShort, isEscape, isHex, isWhiteSpace, noWords, wordsOf } from "./characters.ts";
import { elsewhere, envelope, Members, placeOf, repeated } from "./members.ts";
import { bad, ended, isWholeNumber, startOfNumber, stepInNumber } from "./numbers.ts";

/** What is wrong with a text that is not taken. */
export type Problem = "not_json" | "too_deep" | "duplicate" | "bad_utf8" | "too_long";

// What the scanner expects next. Those up to `inHex` are inside a string; from `inNumber` on there are the places in a
// number. Constants of this file, because only those are known when it is compiled.
const inString = 0;
const afterBackslash = 1;
const inHex = 2;
const inLiteral = 3;
const value = 4;
const valueOrEnd = 5;
const nameOrEnd = 6;
const name = 7;
const colon = 8;
const commaOrEnd = 9;
const done = 10;
const inNumber = 11;

/** In `#containers`: an object that is not the envelope's. */
const plainObject = (elsewhere << 1) | 1;

const longMessage = 256;
const quote = 0x22;
const backslash = 0x5c;

const literals: ReadonlyMap<number, Uint8Array> = new Map(
  ["true", "false", "null"].map((text) => [text.charCodeAt(0), Buffer.from(text)]),
);

/**
 * Checks the grammar of one JSON text in one pass, whatever parts it comes in, and notes where the envelope's members
 * stand. Takes exactly what `JSON.parse` takes (RFC 8259), except: deeper nesting than `maxDepth`, and in the envelope a
 * member given twice, more than 64 unknown ones or more than 64 that only tutti may write (`Members`). UTF-8 inside
 * strings is the owner's to check when `hasHighBytes` says that there is any. What it says of a text does not depend on
 * the parts that came.
 *
 * Linear in the bytes, constant memory beside them. One scanner serves one link: `reset` starts the next text.
 */
export class Scanner {
  readonly members = new Members();
  hasHighBytes = false;
  /** Whether the top-level value is an object. */
  isObject = false;
  problem: Problem | undefined;

  readonly maxDepth: number;
  /** One byte for each open container: bit 0 = object, the rest = its place. */
  readonly #containers: Uint8Array;
  readonly #slots: Int8Array;
  #depth = 0;
  #state = value;
  #offset = 0;
  /** Where the name stands that the scanner is in; −1 in a string that is a value. */
  #nameStart = -1;
  /** In the name that the scanner is in. */
  hasEscape = false;
  #hexLeft = 0;
  #literal: Uint8Array = new Uint8Array(0);
  #literalAt = 0;

  constructor(maxDepth: number) {
    this.maxDepth = maxDepth;
    this.#containers = new Uint8Array(maxDepth + 1);
    this.#slots = new Int8Array(maxDepth + 1).fill(-1);
  }

  reset(): void {
    this.members.reset();
    this.hasHighBytes = false;
    this.isObject = false;
    this.problem = undefined;
    this.#depth = 0;
    this.#state = value;
    this.#offset = 0;
  }

  /** Whether nothing but white space has come. */
  get isBlank(): boolean {
    return this.#state === value && this.#depth === 0 && this.problem === undefined;
  }

  /** Whether the text is whole and right now that no more of it comes. */
  end(): boolean {
    if (this.problem !== undefined) return false;
    const state = this.#state;
    return state === done || (isWholeNumber(state - inNumber) && this.#depth === 0) || this.#fail("not_json");
  }

  /** Reads `bytes` from `from` up to `to` as the next part of the text; false as soon as it cannot be taken. */
  push(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.problem !== undefined) return false;
    const base = this.#offset - from;
    const containers = this.#containers;
    let state = this.#state;
    let depth = this.#depth;
    // Four bytes at a time pay in long messages only.
    const words = to - from < longMessage ? noWords : wordsOf(bytes);
    let at = from;
    while (at < to) {
      let byte = bytes[at] as number;
      switch (state) {
        case inString: {
          at = endOfRun(bytes, words, at, to, this);
          if (at === to) break;
          byte = bytes[at] as number;
          if (byte === quote) {
            if (this.#nameStart === -1) state = this.#endValue(base + at + 1, depth);
            else if (containers[depth] !== plainObject && !this.#endName(bytes, from, at, depth)) return false;
            else if (bytes[at + 1] === 0x3a && at + 1 < to) {
              state = value;
              at++;
            } else state = colon;
          } else if (byte === backslash) {
            this.hasEscape = true;
            state = afterBackslash;
          } else return this.#fail("not_json");
          at++;
          break;
        }
        case afterBackslash:
          if (byte === 0x75) {
            this.#hexLeft = 4;
            state = inHex;
          } else if (isEscape(byte)) state = inString;
          else return this.#fail("not_json");
          at++;
          break;
        case inHex:
          if (!isHex(byte)) return this.#fail("not_json");
          if (--this.#hexLeft === 0) state = inString;
          at++;
          break;
        case inLiteral:
          while (byte === this.#literal[this.#literalAt]) {
            this.#literalAt++;
            byte = ++at < to ? (bytes[at] as number) : -1;
          }
          if (this.#literalAt === this.#literal.length) state = this.#endValue(base + at, depth);
          else if (at < to) return this.#fail("not_json");
          break;
        case colon:
          if (byte === 0x3a) state = value;
          else if (!isWhiteSpace(byte)) return this.#fail("not_json");
          at++;
          break;
        case nameOrEnd:
        case name:
          if (byte === quote) {
            this.hasEscape = false;
            this.#nameStart = base + at;
            state = inString;
          } else if (byte === 0x7d && state === nameOrEnd) {
            depth--;
            state = this.#endValue(base + at + 1, depth);
          } else if (!isWhiteSpace(byte)) return this.#fail("not_json");
          at++;
          break;
        case commaOrEnd: {
          const isObject = ((containers[depth] as number) & 1) === 1;
          if (byte === 0x2c) {
            state = isObject ? name : value;
            if (isObject && at + 1 < to && bytes[at + 1] === quote) {
              const end = containers[depth] === plainObject ? endOfShort(bytes, at + 2, to) : to;
              if (end + 1 < to && bytes[end] === quote && bytes[end + 1] === 0x3a) {
                state = value;
                at = end + 1;
              } else {
                this.hasEscape = false;
                this.#nameStart = base + ++at;
                state = inString;
              }
            }
          } else if (byte === (isObject ? 0x7d : 0x5d)) {
            depth--;
            state = this.#endValue(base + at + 1, depth);
          } else if (!isWhiteSpace(byte)) return this.#fail("not_json");
          at++;
          break;
        }
        case valueOrEnd:
        case value: {
          at++;
          if (isWhiteSpace(byte)) break;
          if (byte === 0x5d && state === valueOrEnd) {
            depth--;
            state = this.#endValue(base + at, depth);
            break;
          }
          const slot = this.#slots[depth] as number;
          if (slot >= 0) this.members.spans[2 * slot] = base + at - 1;
          if (byte === quote) {
            this.#nameStart = -1;
            const end = endOfShort(bytes, at, to);
            const isWhole = end < to && bytes[end] === quote;
            at = isWhole ? end + 1 : end;
            state = isWhole ? this.#endValue(base + at, depth) : inString;
          } else if (byte === 0x7b || byte === 0x5b) {
            if (depth === this.maxDepth) return this.#fail("too_deep");
            const isObject = byte === 0x7b;
            if (depth === 0) this.isObject = isObject;
            const place = !isObject ? elsewhere : depth === 0 ? envelope : placeOf(slot);
            depth++;
            containers[depth] = (place << 1) | (isObject ? 1 : 0);
            this.#slots[depth] = -1;
            state = isObject ? nameOrEnd : valueOrEnd;
          } else if (startOfNumber(byte) !== -1) state = inNumber + startOfNumber(byte);
          else {
            const literal = literals.get(byte);
            if (literal === undefined) return this.#fail("not_json");
            this.#literal = literal;
            this.#literalAt = 1;
            state = inLiteral;
          }
          break;
        }
        case done:
          if (!isWhiteSpace(byte)) return this.#fail("not_json");
          at++;
          break;
        default: {
          const next = stepInNumber(state - inNumber, byte);
          if (next === bad) return this.#fail("not_json");
          // The byte after a number is not part of it, and is looked at again.
          state = next === ended ? this.#endValue(base + at, depth) : inNumber + next;
          if (next !== ended) at++;
        }
      }
    }
    this.#state = state;
    this.#depth = depth;
    this.#offset = base + to;
    if (state <= inHex && this.#nameStart !== -1 && containers[depth] !== plainObject)
      this.members.carry(bytes, Math.max(from, this.#nameStart - base), to);
    return true;
  }

  /** The value that ends before offset `end` was a member's or an element's at `depth`; says what comes next. */
  #endValue(end: number, depth: number): number {
    const slot = this.#slots[depth] as number;
    if (slot >= 0) {
      this.members.spans[2 * slot + 1] = end;
      this.#slots[depth] = -1;
    }
    return depth === 0 ? done : commaOrEnd;
  }

  /** The name that ends before the quote at `at` is a member's at `depth`; false when it may not be there. */
  #endName(bytes: Uint8Array, from: number, at: number, depth: number): boolean {
    const place = (this.#containers[depth] as number) >> 1;
    const found = this.members.endName(place, bytes, from, at, this.#offset, this.#nameStart, this.hasEscape);
    if (found === repeated) return this.#fail("duplicate");
    this.#slots[depth] = found;
    return true;
  }

  #fail(problem: Problem): false {
    this.problem = problem;
    return false;
  }
}
