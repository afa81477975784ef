import { encodedParts } from "./encoded.ts";
import { type Layer, layersOf } from "./layers.ts";

/** Shorter lines of a secret occur by chance in other texts. */
const shortestLine = 6;

/** So many characters of a secret that was cut are one still. */
const shortestRest = 4;

/** Of an escape that was cut, at most. */
const longestEscape = 5;

/** What stands where a text was cut. */
const cutMark = "…";

/** By so many characters patterns are found; no pattern is shorter. */
type Table = {
  readonly keyLength: number;
  /** Whether a pattern may begin with characters of this hash: tells most places apart without looking further. */
  readonly mayBegin: Uint8Array;
  readonly byKey: ReadonlyMap<string, readonly Pattern[]>;
};

/** `isWord`: what surrounds it is encoded with it, and goes with it. */
type Pattern = { readonly text: string; readonly isWord: boolean };

type Span = { start: number; end: number };

/**
 * Replaces every one of `secrets` wherever it stands in a text: as it is, as JSON, a URL or a harmless text writes it (JSON
 * in JSON too), and in base64, alone or within something longer; of a secret of several lines each line too, because logs
 * come line by line. Where a text was cut (`…`), what is left of a secret there is one. One pass over the text, however
 * many secrets there are; a text with escapes is gone through a few times more.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const table = tableOf(secrets);
  if (table === undefined) return (text) => text;
  return (text) => {
    const spans: Span[] = [];
    for (const layer of layersOf(text)) find(layer, table, spans);
    return spans.length === 0 ? text : replaced(text, spans);
  };
}

function tableOf(secrets: readonly string[]): Table | undefined {
  const plain = secrets.flatMap((secret) => [secret, ...linesOf(secret)]).filter((part) => part !== "");
  const texts = new Set(plain);
  const words = new Set(plain.flatMap(encodedParts));
  const patterns = [
    ...[...texts].map((text) => ({ text, isWord: false })),
    ...[...words].map((text) => ({ text, isWord: true })),
  ];
  if (patterns.length === 0) return undefined;
  const keyLength = Math.min(shortestRest, ...patterns.map(({ text }) => text.length));
  const mayBegin = new Uint8Array(1 << 16);
  const byKey = new Map<string, Pattern[]>();
  for (const pattern of patterns) {
    mayBegin[hashAt(pattern.text, 0, keyLength)] = 1;
    const key = pattern.text.slice(0, keyLength);
    byKey.set(key, [...(byKey.get(key) ?? []), pattern]);
  }
  return { keyLength, mayBegin, byKey };
}

function linesOf(secret: string): string[] {
  return secret.split(/[\r\n]+/).filter((line) => line.length >= shortestLine);
}

function hashAt(text: string, at: number, length: number): number {
  let hash = 0;
  for (let index = at; index < at + length; index++) hash = (hash * 31 + text.charCodeAt(index)) & 0xffff;
  return hash;
}

/** Adds where in the text of all layers secrets stand in this one. */
function find({ text, at }: Layer, { keyLength, mayBegin, byKey }: Table, spans: Span[]): void {
  const add = (start: number, end: number): void => {
    spans.push({
      start: at === undefined ? start : (at[start] as number),
      end: at === undefined ? end : (at[end] as number),
    });
  };
  let cut = -1;
  let wordsUntil = 0;
  const addWord = (start: number, end: number): void => {
    // All of a word was added for the first secret in it.
    if (start < wordsUntil) return;
    wordsUntil = wordEnd(text, end);
    add(wordStart(text, start), wordsUntil);
  };
  for (let start = 0; start + keyLength <= text.length; start++) {
    if (mayBegin[hashAt(text, start, keyLength)] === 0) continue;
    if (cut < start) cut = indexOrEnd(text, cutMark, start);
    for (const { text: pattern, isWord } of byKey.get(text.slice(start, start + keyLength)) ?? []) {
      if (text.startsWith(pattern, start)) {
        (isWord ? addWord : add)(start, start + pattern.length);
      } else if (cut - start < pattern.length + longestEscape && cut - start >= shortestRest && text[cut] === cutMark) {
        // What was cut within an escape has a bit of it left.
        const rest = text.slice(start, cut).replace(/(?:%[\da-f]?|\\(?:u[\da-f]{0,3}|x[\da-f]?)?)$/i, "");
        if (rest.length >= shortestRest && pattern.startsWith(rest)) (isWord ? addWord : add)(start, cut);
      }
    }
  }
}

function indexOrEnd(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found;
}

function wordStart(text: string, at: number): number {
  while (at > 0 && isEncoding(text.charCodeAt(at - 1))) at--;
  return at;
}

function wordEnd(text: string, at: number): number {
  while (at < text.length && isEncoding(text.charCodeAt(at))) at++;
  while (text[at] === "=") at++;
  return at;
}

/** Whether it is a character of base64, of either alphabet. */
function isEncoding(code: number): boolean {
  const isLetter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
  return isLetter || (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2f || code === 0x5f;
}

/** The text with each span replaced; spans that overlap are one. */
function replaced(text: string, spans: Span[]): string {
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  const parts: string[] = [];
  let done = 0;
  let current: Span | undefined;
  for (const span of spans) {
    if (current !== undefined && span.start < current.end) {
      current.end = Math.max(current.end, span.end);
      continue;
    }
    if (current !== undefined) done = put(current);
    current = { ...span };
  }
  if (current !== undefined) done = put(current);
  return parts.join("") + text.slice(done);

  function put({ start, end }: Span): number {
    parts.push(text.slice(done, start), "[redacted]");
    return end;
  }
}
