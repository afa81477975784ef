import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { Scanner } from "../../src/wire/json.ts";
import { type BadLine, Lines, type MessageLimits } from "../../src/wire/lines.ts";
import type { Message } from "../../src/wire/message.ts";

/** Where a text is cut: any numbers, taken modulo its length. */
export const cuts = fc.oneof(fc.array(fc.nat(), { maxLength: 6 }), fc.constant("everywhere" as const));

export type Cuts = readonly number[] | "everywhere";

/** `bytes` in parts, the empty ones too. */
export function cutUp(bytes: Buffer, at: Cuts): Buffer[] {
  if (at === "everywhere") return Array.from(bytes, (byte) => Buffer.of(byte));
  const places = [0, ...at.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => Buffer.from(bytes.subarray(places[index] as number, end)));
}

export type Scanned = Pick<Scanner, "problem" | "isObject"> & {
  readonly isTaken: boolean;
  readonly spans: readonly number[];
  readonly reservedNames: readonly number[];
};

/** What a part stands between that is no part of the text, and how many bytes before that its memory begins. */
const frames = [
  ["", "", 0],
  [' {"id":', ':"\\":,', 0],
  ["{", '":\\,', 1],
  ['"', '","', 2],
] as const;

/**
 * What the scanner says of one text that comes in `parts`, but for its high bytes, which it may overrate. Each part
 * stands among other bytes or the rest of the text, or begins its memory, which may be at an odd address.
 */
export function scan(parts: readonly Buffer[], maxDepth = 512, scanner = new Scanner(maxDepth)): Scanned {
  scanner.reset();
  const text = Buffer.concat(parts);
  let at = 0;
  for (const [index, part] of parts.entries()) {
    at += part.length;
    const frame = frames[(index + parts.length) % (frames.length + 1)];
    if (frame === undefined) {
      if (scanner.push(text, at - part.length, at)) continue;
      break;
    }
    const [before, after, offset] = frame;
    const memory = Buffer.concat([Buffer.alloc(offset), Buffer.from(before), part, Buffer.from(after)]).subarray(
      offset,
    );
    if (!scanner.push(memory, before.length, before.length + part.length)) break;
  }
  const isTaken = scanner.end();
  const { problem, isObject, members } = scanner;
  return { isTaken, problem, isObject, spans: [...members.spans], reservedNames: [...members.reservedNames] };
}

/** Whether the owner of a scanner takes `bytes`: the scanner does, and they are UTF-8 where that is the owner's to check. */
export function isTaken(bytes: Buffer, maxDepth = 512): boolean {
  const scanner = new Scanner(maxDepth);
  const isJson = scanner.push(bytes, 0, bytes.length) && scanner.end();
  return isJson && (!scanner.hasHighBytes || isUtf8(bytes));
}

export type Heard = Message | BadLine;

export const defaultLimits: MessageLimits = { maxMessageBytes: 32 * 1024 * 1024, maxDepth: 512 };

/** All that is heard of a stream that comes in `chunks` and then ends, in order. */
export function hear(chunks: Iterable<Buffer>, limits = defaultLimits): Heard[] {
  const heard: Heard[] = [];
  const lines = new Lines(
    limits,
    (message) => heard.push(message),
    (line) => heard.push(line),
  );
  for (const chunk of chunks) lines.push(chunk);
  lines.end();
  return heard;
}

/** What is heard, in a form to compare: a message's bytes, and bad lines as they are. */
export function plain(heard: readonly Heard[]): (string | BadLine)[] {
  return heard.map((one) => ("problem" in one ? one : one.slice(0, one.length)));
}

/** The only message of `text`, which must be one. */
export function messageOf(text: string | Buffer, at: Cuts = []): Message {
  const [only, ...more] = hear(cutUp(Buffer.from(text), at));
  if (only === undefined || "problem" in only || more.length > 0)
    throw new Error(`no message: ${JSON.stringify(only)}`);
  return only;
}

/** The only bad line of `text`, which must be one. */
export function badLineOf(text: string | Buffer, limits = defaultLimits): BadLine {
  const [only, ...more] = hear([Buffer.from(text)], limits);
  if (only === undefined || !("problem" in only) || more.length > 0) throw new Error("no bad line");
  return only;
}
