import type { InResponse } from "../ports/network.ts";
import type { MessageLimits } from "../wire/lines.ts";
import { Events, type StreamEvent } from "../wire/sse.ts";
import type { Wire } from "./http-client-wire.ts";

/** Who is told what a stream of events brings. */
export type StreamReader = {
  readonly event: (event: StreamEvent) => void;
  /** The server wants the stream to be asked for again so long after it broke. */
  readonly retry: (delayMs: number) => void;
  /** It is over; `reason` is one line. Nothing comes after this, nor after `tooLong` and `useless`. */
  readonly ended: (reason: string) => void;
  /** It was given up because much came over it, and no message. */
  readonly useless: (reason: string) => void;
  /** It was given up within an event that is longer than any message may be. */
  readonly tooLong: () => void;
};

/** A stream of events that is being read. */
export type Stream = {
  /** The last id that an event had; undefined where none had one that can be asked for. */
  readonly lastId: () => string | undefined;
  readonly giveUp: () => void;
};

/** So much more than the longest message is not waited for. */
const mostEmptyBytes = 32 * 1024 * 1024;

/** What a header can hold, one byte to a character. */
const printable = /^[\t\x20-\x7e\x80-\xff]+$/;

/** Whether a response is a stream of events. */
export function isStream({ status, header }: InResponse): boolean {
  return status === 200 && mediaType(header("content-type")) === "text/event-stream";
}

/** The type of a body, without its parameters and in lower case; "" where none is said. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** Watches what comes over a stream of events, by its bytes and by its messages. */
export class Emptiness {
  readonly #mostBytes: number;
  #bytes = 0;

  constructor({ maxMessageBytes }: MessageLimits) {
    this.#mostBytes = maxMessageBytes + mostEmptyBytes;
  }

  message(): void {
    this.#bytes = 0;
  }

  /** Why the stream is to be given up by now; undefined: it is not. */
  came(bytes: number): string | undefined {
    this.#bytes += bytes;
    return this.#bytes > this.#mostBytes
      ? `was given up: ${this.#mostBytes >> 20} MiB came, and no message`
      : undefined;
  }
}

/** Reads a stream of events to its end. An event that is too long ends it: it may go on for ever. */
export function readEvents(wire: Wire, response: InResponse, reader: StreamReader, idleMs?: number): Stream {
  const { retry, ended } = reader;
  const emptiness = new Emptiness(wire.limits);
  let isGivenUp = false;
  const tooLong = (): void => {
    isGivenUp = true;
    giveUp();
    reader.tooLong();
  };
  const event = (one: StreamEvent): void => {
    if (one.message !== undefined) emptiness.message();
    reader.event(one);
  };
  const events = new Events(wire.limits, { event, retry, tooLong });
  const giveUp = wire.bodies.read(
    response,
    {
      data: (chunk) => {
        events.push(chunk);
        const useless = emptiness.came(chunk.length);
        if (useless === undefined || isGivenUp) return;
        giveUp();
        reader.useless(`its stream ${useless}`);
      },
      end: () => {
        events.end();
        ended("its stream ended");
      },
      failed: (reason) => ended(`its stream broke off: ${reason}`),
      heldBytes: () => events.heldBytes,
    },
    idleMs,
  );
  const lastId = (): string | undefined => {
    const id = events.lastId;
    return id !== undefined && printable.test(id) ? id : undefined;
  };
  return { lastId, giveUp };
}
