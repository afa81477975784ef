import type { Clock } from "../ports/clock.ts";
import type { BadLine, MessageLimits } from "../wire/lines.ts";
import type { Message } from "../wire/message.ts";
import type { Bodies } from "./http-client-bodies.ts";
import type { Remote } from "./http-client-request.ts";

/** What all requests of one link share. None of the functions throws. */
export type Wire = {
  readonly remote: Remote;
  readonly limits: MessageLimits;
  readonly clock: Clock;
  readonly bodies: Bodies;
  /** The server says or asks something. */
  readonly brought: (message: Message, within?: number) => void;
  /** Something came that cannot be read, or that answers nothing it may answer. */
  readonly stray: (line: BadLine) => void;
};

const headBytes = 512;
const firstPauseMs = 500;
const leastPauseMs = 50;
export const mostPauseMs = 30_000;
/** The server is taken at its word for so many tries in vain, then waited for longer and longer. */
const patience = 3;

/** A reply that answers nothing here, as a line without an id: that of another call is not for it to answer. */
export function misdirected(reply: Message): BadLine {
  const head = reply.slice(0, Math.min(reply.length, headBytes));
  return { problem: "not_rpc", id: undefined, hasMethod: false, isObject: true, head };
}

/** How long (ms) a broken stream is let alone after `tries` in vain; `saidMs`: what the server wants. */
export function pauseBefore(tries: number, saidMs: number | undefined): number {
  const doublings = saidMs === undefined ? tries : Math.max(tries - patience, 0);
  return Math.min(Math.max(saidMs ?? firstPauseMs, leastPauseMs) * 2 ** Math.min(doublings, 10), mostPauseMs);
}
