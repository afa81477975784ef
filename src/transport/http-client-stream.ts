import type { InResponse } from "../ports/network.ts";
import { Events, type StreamEvent } from "../wire/sse.ts";
import type { Wire } from "./http-client-wire.ts";

/** Who is told what a stream of events brings. */
export type StreamReader = {
  readonly event: (event: StreamEvent) => void;
  /** The server wants the stream to be asked for again so long after it broke. */
  readonly retry: (delayMs: number) => void;
  /** It is over; `reason` is one line. Nothing comes after this, nor after `tooLong`. */
  readonly ended: (reason: string) => void;
  /** It was given up within an event that is longer than any message may be. */
  readonly tooLong: () => void;
};

/** A stream of events that is being read. */
export type Stream = {
  /** The last id that an event had; undefined where none had one that can be asked for. */
  readonly lastId: () => string | undefined;
  readonly giveUp: () => void;
};

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

/** Reads a stream of events to its end. An event that is too long ends it: it may go on for ever. */
export function readEvents(wire: Wire, response: InResponse, reader: StreamReader, idleMs?: number): Stream {
  const { event, retry, ended } = reader;
  const tooLong = (): void => {
    giveUp();
    reader.tooLong();
  };
  const events = new Events(wire.limits, { event, retry, tooLong });
  const giveUp = wire.bodies.read(
    response,
    {
      data: (chunk) => events.push(chunk),
      end: () => {
        events.end();
        ended("its stream ended");
      },
      failed: (reason) => ended(`its stream broke off: ${reason}`),
    },
    idleMs,
  );
  const lastId = (): string | undefined => {
    const id = events.lastId;
    return id !== undefined && printable.test(id) ? id : undefined;
  };
  return { lastId, giveUp };
}
