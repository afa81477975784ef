// wire.mjs: what reads bytes in this process: the scanner against JSON.parse, the framer and the reader of events against
// themselves with the same bytes cut otherwise.
import { isUtf8 } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import { Scanner } from "../../dist/wire/json.js";
import { Lines } from "../../dist/wire/lines.js";
import { slot } from "../../dist/wire/members.js";
import { Events } from "../../dist/wire/sse.js";

const limits = { maxMessageBytes: 2000, maxDepth: 16 };
/** Members whose places the scanner tells, at the top of a message. */
const tops = ["jsonrpc", "id", "method", "params", "result", "error"];
/** Why the scanner may refuse what JSON.parse takes. */
const stricter = ["too_deep", "duplicate"];

export function scanner(random) {
  const own = new Scanner(limits.maxDepth);
  const check = (bytes) => {
    own.reset();
    let isTaken = true;
    for (const part of cutUp(bytes, random)) isTaken = isTaken && own.push(part, 0, part.length);
    isTaken = own.end() && isTaken;
    const isRight = isUtf8(bytes);
    // High bytes in strings are its owner's to check.
    if (isTaken && own.hasHighBytes && !isRight) return undefined;
    const value = isRight ? parsed(bytes) : undefined;
    if (isTaken && value === undefined) return "it takes what JSON.parse does not";
    if (value === undefined) return undefined;
    if (!isTaken)
      return stricter.includes(own.problem) ? undefined : `it does not take what JSON.parse does: ${own.problem}`;
    const isObject = typeof value.it === "object" && value.it !== null && !Array.isArray(value.it);
    if (own.isObject !== isObject) return "it takes an object for none, or the opposite";
    for (const name of tops) {
      const [start, end] = own.members.spans.slice(2 * slot[name], 2 * slot[name] + 2);
      const isThere = isObject && Object.hasOwn(value.it, name);
      if ((start !== -1) !== isThere) return `${name} is ${isThere ? "" : "not "}there, and it says otherwise`;
      if (isThere && !isDeepStrictEqual(parsed(bytes.subarray(start, end))?.it, value.it[name]))
        return `${name} is elsewhere`;
    }
    return undefined;
  };
  return { check };
}

export function framer(random) {
  const hear = (parts) => {
    const heard = [];
    const keep = (one) => heard.push("problem" in one ? one : one.slice(0, one.length));
    const lines = new Lines(limits, keep, keep);
    for (const part of parts) lines.push(part);
    lines.end();
    return heard;
  };
  return { check: (bytes) => sameHoweverCut(hear, bytes, random) };
}

export function sse(random) {
  const hear = (parts) => {
    const heard = [];
    const event = ({ name, id, message, text }) =>
      heard.push([name, id, text, message && ("problem" in message ? message : message.slice(0, message.length))]);
    const events = new Events(limits, {
      event,
      retry: (delayMs) => heard.push(delayMs),
      tooLong: () => heard.push("too long"),
    });
    for (const part of parts) events.push(part);
    events.end();
    return [...heard, events.lastId];
  };
  return { check: (bytes) => sameHoweverCut(hear, bytes, random) };
}

function sameHoweverCut(hear, bytes, random) {
  const whole = hear([Buffer.from(bytes)]);
  for (const parts of [cutUp(bytes, random), Array.from(bytes, (byte) => Buffer.of(byte))]) {
    const cut = hear(parts);
    if (!isDeepStrictEqual(cut, whole)) return `cut, it is ${JSON.stringify(cut)}; whole, ${JSON.stringify(whole)}`;
  }
  return undefined;
}

/** In some parts, which are copies. */
function cutUp(bytes, random) {
  const parts = [];
  for (let at = 0; at < bytes.length; ) {
    const to = random() < 0.3 ? bytes.length : Math.min(bytes.length, at + 1 + Math.floor(random() * 20));
    parts.push(Buffer.from(bytes.subarray(at, to)));
    at = to;
  }
  return parts;
}

/** `{ it }`, or undefined where it is no JSON. */
function parsed(bytes) {
  try {
    return { it: JSON.parse(bytes.toString()) };
  } catch {
    return undefined;
  }
}
