import { expect, test } from "vitest";
import { EventStream } from "../../src/transport/http-events.ts";
import type { HttpStream } from "../../src/transport/http-server.ts";
import { type Outgoing, toBytes } from "../../src/wire/message.ts";

const nothing = (): void => {};

/** A stream that says within a write that what waited was taken, as Node's answers do while their socket cannot be written to. */
function drainsWithin(mostWrites: number): { readonly out: HttpStream; readonly written: readonly Outgoing[] } {
  const written: Outgoing[] = [];
  let drained = nothing;
  const out: HttpStream = {
    write: (bytes) => {
      written.push(bytes);
      if (written.length < mostWrites) drained();
    },
    end: nothing,
    queuedBytes: () => 0,
    onDrain: (task) => {
      drained = task;
    },
    isOpen: () => true,
  };
  return { out, written };
}

test("an event is written once though room is told of while it is written", () => {
  const { out, written } = drainsWithin(100);
  const events = new EventStream(out, 0);
  for (const n of [1, 2, 3]) events.message(toBytes(`{"n":${n}}`), undefined, 0);
  events.end();
  expect(written).toEqual([1, 2, 3].map((n) => `event: message\ndata: {"n":${n}}\n\n`));
});
