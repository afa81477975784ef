import { Scanner } from "../wire/json.ts";
import { afterComma, type Element, endOfValue, skipSpace } from "../wire/walk.ts";
import { onOneLine } from "./compact.ts";
import { type Found, findMembers, indexAmong, nameOf, readMembers } from "./find-members.ts";

const resultNames = ["structuredContent", "content"].map(nameOf);
const blockNames = ["type", "text"].map(nameOf);
/** Texts, and what is no text. */
const kinds = ["text", "image", "audio", "resource", "resource_link"].map(nameOf);

const quote = 0x22;
const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Deeper ones stay text. */
const deepestText = 500;
const opening = Buffer.from("[");
const closing = Buffer.from("]");
const noText = Buffer.from('""');
const lineBreak = Buffer.from("\\n");
const quoteBytes = Buffer.from('"');

/**
 * What references see of a tool's result (JSON): its structured content; else its text, read where that is one JSON object
 * or array; else its texts as one JSON string, a line break between them. A result without any has the text "".
 */
export function valueOfResult(result: Buffer): Buffer {
  const start = skipSpace(result, 0);
  if (result[start] !== openBrace) return noText;
  const [structured, content] = findMembers(result, start, resultNames);
  return valueFrom(result, structured, blocksOf(result, content).texts);
}

/** The same of a result in which its structured content and its texts have been found. */
export function valueFrom(result: Buffer, structured: Found | undefined, texts: readonly Buffer[]): Buffer {
  if (structured !== undefined && !isNull(result, structured)) return sliceOf(result, structured);
  const [only] = texts;
  if (only === undefined) return noText;
  if (texts.length > 1) return joined(texts);
  return jsonIn(only, deepestText) ?? only;
}

/** The JSON object or array, on one line, that a JSON string has as its text; undefined where it has none, or one deeper than `maxDepth`. */
export function jsonIn(string: Buffer, maxDepth: number): Buffer | undefined {
  if (!mayHoldJson(string)) return undefined;
  return checked(Buffer.from(JSON.parse(string.toString()) as string), maxDepth);
}

// Most texts are none, and are not decoded.
function mayHoldJson(string: Buffer): boolean {
  let at = 1;
  while (string[at] === 0x20 || (string[at] === 0x5c && isEscapedSpace(string[at + 1])))
    at += string[at] === 0x20 ? 1 : 2;
  const first = string[at];
  const isUnicodeEscape = first === 0x5c && string[at + 1] === 0x75;
  return first === openBrace || first === openBracket || isUnicodeEscape;
}

function isEscapedSpace(byte: number | undefined): boolean {
  return byte === 0x6e || byte === 0x72 || byte === 0x74;
}

function checked(text: Buffer, maxDepth: number): Buffer | undefined {
  const start = skipSpace(text, 0);
  if (text[start] !== openBrace && text[start] !== openBracket) return undefined;
  // Inside an array no object is taken for the envelope of a message, which may not have the same member twice.
  const scanner = new Scanner(maxDepth + 1);
  const isTaken =
    scanner.push(opening, 0, 1) &&
    scanner.push(text, start, text.length) &&
    scanner.push(closing, 0, 1) &&
    scanner.end();
  if (!isTaken) return undefined;
  const end = endOfValue(text, start);
  return skipSpace(text, end) === text.length ? onOneLine(text.subarray(start, end)) : undefined;
}

/** What stands in a result's content: the texts of its text blocks, as JSON strings, and images, audio and resources as they are. */
export function blocksOf(
  result: Buffer,
  content: Found | undefined,
): { readonly texts: readonly Buffer[]; readonly media: readonly Buffer[] } {
  const texts: Buffer[] = [];
  const media: Buffer[] = [];
  if (content === undefined || result[content.start] !== openBracket) return { texts, media };
  let end = 0;
  for (let at = skipSpace(result, content.start + 1); result[at] !== closeBracket; at = afterComma(result, end)) {
    if (result[at] !== openBrace) {
      end = endOfValue(result, at);
      continue;
    }
    const found: (Found | undefined)[] = [undefined, undefined];
    end = readMembers(result, at, blockNames, found);
    const [type, text] = found;
    if (type === undefined || result[type.start] !== quote) continue;
    const kind = indexAmong(kinds, result, type.start, type.end);
    if (kind > 0) media.push(result.subarray(at, end));
    else if (kind === 0 && text !== undefined && result[text.start] === quote) texts.push(sliceOf(result, text));
  }
  return { texts, media };
}

function joined(texts: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [quoteBytes];
  for (const [index, text] of texts.entries()) {
    if (index > 0) parts.push(lineBreak);
    parts.push(text.subarray(1, -1));
  }
  parts.push(quoteBytes);
  return Buffer.concat(parts);
}

function isNull(text: Buffer, { start }: Found): boolean {
  return text[start] === 0x6e;
}

function sliceOf(text: Buffer, { start, end }: Element): Buffer {
  return text.subarray(start, end);
}
