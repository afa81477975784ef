import type { Readable, Writable } from "node:stream";
import type { Clock } from "../ports/clock.ts";
import { Lines, type MessageLimits } from "../wire/lines.ts";
import type { Link, LinkEvents } from "./link.ts";
import { Outbox } from "./outbox.ts";
import { Turns } from "./turns.ts";

/** A chunk of this size or more is most likely not the last one that waits to be read: what a pipe gives at once. */
const muchBytes = 64 * 1024;

/** Where nothing can be written any more it is read on for so long. */
const lastWordsMs = 100;

/** A link whose bounds on what comes in can be set anew. */
export type LineLink = Link & { readonly setLimits: (limits: MessageLimits) => void };

/**
 * A link of newline-delimited messages over two byte streams, as the stdio transport has it:
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio. `closed` comes once: when the input
 * ends or fails, or soon after the output has failed. Links that are given the same `turns` do not hold up one another
 * when they bring much.
 */
export function openLineLink(
  streams: { readonly input: Readable; readonly output: Writable },
  limits: MessageLimits,
  clock: Clock,
  events: LinkEvents,
  turns = new Turns(clock),
): LineLink {
  const { input, output } = streams;
  const guarded =
    <T>(take: (line: T) => void) =>
    (line: T) => {
      try {
        take(line);
      } catch (cause) {
        events.defect(cause);
      }
    };
  const lines = new Lines(limits, guarded(events.message), guarded(events.badLine), events.isAwaited);
  const outbox = new Outbox(output, clock);
  let isClosed = false;
  const close = (reason: string) => {
    if (isClosed) return;
    isClosed = true;
    events.closed(reason);
  };
  // Reading stops while a sink of what comes is full, and while it is the turn of others.
  let isHeldUp = false;
  let isWaiting = false;
  const read = () => void (isHeldUp || isWaiting ? input.pause() : input.resume());
  const turn = {
    pause: () => {
      isWaiting = true;
      read();
    },
    resume: () => {
      isWaiting = false;
      read();
    },
  };
  input.on("data", (chunk: Buffer) => {
    if (isClosed) return;
    const isMuch = chunk.length >= muchBytes;
    const sinceMs = isMuch ? clock.now() : 0;
    const { wastedBytes } = lines;
    lines.push(chunk);
    events.read?.(chunk.length, lines.wastedBytes - wastedBytes);
    if (isMuch && !isWaiting) turns.take(turn, sinceMs);
  });
  input.on("end", () => {
    if (!isClosed) lines.end();
    close("its output ended");
  });
  input.on("error", (error) => close(`reading failed: ${error.message}`));
  input.on("close", () => close("its output was closed"));
  output.on("error", (error) => {
    // What was said before the other side went away may be on its way still.
    if (!isClosed) clock.after(lastWordsMs, () => close(`writing failed: ${error.message}`));
  });
  output.on("close", () => {
    // Frees who waits for room in a pipe that nobody reads any more.
    outbox.end();
  });
  return {
    send: (message, source) => outbox.send(message, source),
    queuedBytes: () => outbox.queuedBytes,
    heldBytes: () => outbox.queuedBytes + lines.heldBytes,
    end: () => outbox.end(),
    setLimits: (other) => lines.setLimits(other),
    pause: () => {
      isHeldUp = true;
      read();
    },
    resume: () => {
      isHeldUp = false;
      read();
    },
  };
}
