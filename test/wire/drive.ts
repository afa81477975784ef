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

export type Scanned = Pick<Scanner, "problem" | "isObject" | "hasHighBytes"> & {
  readonly isTaken: boolean;
  readonly spans: readonly number[];
  readonly reservedNames: readonly number[];
};

/** What the scanner says of one text that comes in `parts`; high bytes count where it is taken. Each stands among bytes that are no part of it. */
export function scan(parts: readonly Buffer[], maxDepth = 512, scanner = new Scanner(maxDepth)): Scanned {
  const before = Buffer.from('{"id":');
  const after = Buffer.from(':"\\":,');
  scanner.reset();
  for (const part of parts) {
    const framed = Buffer.concat([before, part, after]);
    if (!scanner.push(framed, before.length, before.length + part.length)) break;
  }
  const isTaken = scanner.end();
  const { problem, isObject, hasHighBytes, members } = scanner;
  return {
    isTaken,
    problem,
    isObject,
    hasHighBytes: isTaken && hasHighBytes,
    spans: [...members.spans],
    reservedNames: [...members.reservedNames],
  };
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
