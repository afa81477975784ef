import type { InResponse } from "../ports/network.ts";
import type { BadLine, MessageLimits } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import { Message } from "../wire/message.ts";
import { readWhole, Whole } from "../wire/whole.ts";
import type { Bodies } from "./http-client-bodies.ts";

/** A body that is no stream of events, as one message. */
export type Answer = {
  readonly read: Message | BadLine;
  /** How it begins. */
  readonly head: Buffer;
  readonly isEmpty: boolean;
  /** Why it did not come whole; undefined where it did, or is too long. */
  readonly brokeOff: string | undefined;
};

/** A longer answer is not kept beside the message that it is. */
const mostHeadBytes = 64 * 1024;

/** Reads a body to its end, or to its bound, and gives what gives that up. */
export function readAnswer(
  bodies: Bodies,
  response: InResponse,
  limits: MessageLimits,
  take: (answer: Answer) => void,
): () => void {
  const whole = new Whole(limits);
  const head: Buffer[] = [];
  let bytes = 0;
  const finish = (brokeOff?: string): void =>
    take({ read: whole.end(), head: Buffer.concat(head).subarray(0, mostHeadBytes), isEmpty: bytes === 0, brokeOff });
  const giveUp = bodies.read(response, {
    data: (chunk) => {
      whole.push(chunk);
      if (bytes < mostHeadBytes) head.push(chunk);
      bytes += chunk.length;
      if (bytes <= limits.maxMessageBytes) return;
      giveUp();
      finish();
    },
    end: () => finish(),
    failed: finish,
    heldBytes: () => whole.heldBytes,
  });
  return giveUp;
}

/**
 * The error in `read` as the reply to the request `id`, whatever id it has, or none, as many refusals do; undefined
 * where there is no error of JSON-RPC in it. `text`: the bytes of `read`, where it is short.
 */
export function errorTo(id: number, read: Message | BadLine, text: string, limits: MessageLimits): Message | undefined {
  if (read instanceof Message) {
    if (read.kind !== "reply" || !read.has(slot.error)) return undefined;
    if (read.integer(slot.id) === id) return read;
    const edit = { start: read.start(slot.id), end: read.end(slot.id), bytes: String(id) };
    return replyIn(readWhole(read.splice([edit]), limits));
  }
  if (read.problem !== "not_rpc" || !read.isObject || read.hasMethod) return undefined;
  const inside = text.indexOf("{") + 1;
  const reply = replyIn(readWhole(`${text.slice(0, inside)}"id":${id},${text.slice(inside)}`, limits));
  return reply?.has(slot.error) ? reply : undefined;
}

/** Whether `read` is a reply with this very id, as the integer that it is. */
export function isReplyTo(id: number, read: Message | BadLine): read is Message {
  return read instanceof Message && read.kind === "reply" && read.integer(slot.id) === id;
}

function replyIn(read: Message | BadLine): Message | undefined {
  return read instanceof Message && read.kind === "reply" ? read : undefined;
}
