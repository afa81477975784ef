import fc from "fast-check";
import { expect, test } from "vitest";
import { Client } from "../../src/client/client.ts";
import { Parked } from "../../src/relay/parked.ts";
import { Message } from "../../src/wire/message.ts";
import { Whole } from "../../src/wire/whole.ts";
import { ModelClock } from "../support/model-clock.ts";

const whole = new Whole({ maxMessageBytes: 1 << 20, maxDepth: 64 });

function request(letter: number, state?: string): Message {
  const more = state === undefined ? "" : `,"requestState":${JSON.stringify(state)}`;
  const params = `{"name":"do","arguments":{"a":${letter},"b":1}${more}}`;
  const read = whole.read(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`);
  if (!(read instanceof Message)) throw new Error("no message");
  return read;
}

const link = {
  send: () => {},
  queuedBytes: () => 0,
  heldBytes: () => 0,
  end: () => {},
  pause: () => {},
  resume: () => {},
};

type Entry = {
  readonly state: string;
  readonly client: number;
  readonly letter: number;
  endsAt: number;
  isOver: boolean;
};

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("park" as const), client: fc.nat(1), letter: fc.nat(1), n: fc.nat(50) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("come back" as const), client: fc.nat(1), letter: fc.nat(1), n: fc.nat(9) }),
  },
  fc.record({ do: fc.constant("forge" as const), client: fc.nat(1), letter: fc.nat(1), n: fc.nat(9) }),
  fc.record({
    do: fc.constantFrom("wait" as const, "leave" as const),
    client: fc.nat(1),
    letter: fc.nat(1),
    n: fc.nat(40),
  }),
);

test("what is parked is resumed once, by its own client and with its own request, or is given up when its time is over", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const clock = new ModelClock();
      const parked = new Parked(clock, Buffer.alloc(32, 3));
      const clients = [0, 1].map(() => new Client(link, "1", () => ""));
      const entries: Entry[] = [];
      const told: string[] = [];
      for (const { do: what, client, letter, n } of steps) {
        const owner = clients[client] as Client;
        const entry = entries[n % (entries.length || 1)];
        if (what === "park") {
          const name = entries.length;
          const state = parked.add(owner, request(letter), n, {
            resume: () => void told.push(`${name} resumed`),
            abandon: () => void told.push(`${name} given up`),
          });
          // Without a limit it is a day.
          entries.push({ state, client, letter, endsAt: clock.now() + (n || 86_400_000), isOver: false });
        } else if (what === "come back" && entry !== undefined) {
          const message = request(letter, entry.state);
          expect(parked.isOurs(message)).toBe(true);
          const found = parked.take(owner, message);
          const isIt = !entry.isOver && entry.client === client && entry.letter === letter;
          expect("resume" in found).toBe(isIt);
          if ("resume" in found) found.resume(message);
          expect(told.splice(0)).toEqual(isIt ? [`${entries.indexOf(entry)} resumed`] : []);
          entry.isOver ||= isIt;
        } else if (what === "forge" && entry !== undefined) {
          const at = entry.state.length - 1 - n;
          const forged = `${entry.state.slice(0, at)}${entry.state[at] === "A" ? "B" : "A"}${entry.state.slice(at + 1)}`;
          // The last character may stand for the same bytes; it is still another text.
          expect(parked.isOurs(request(letter, forged))).toBe(false);
        } else if (what === "wait") {
          clock.advance(n);
          const due = entries.filter((one) => !one.isOver && one.endsAt <= clock.now());
          expect(told.splice(0).toSorted()).toEqual(due.map((one) => `${entries.indexOf(one)} given up`).toSorted());
          for (const one of due) one.isOver = true;
        } else if (what === "leave") {
          parked.drop(owner);
          const own = entries.filter((one) => !one.isOver && one.client === client);
          expect(told.splice(0)).toEqual(own.map((one) => `${entries.indexOf(one)} given up`));
          for (const one of own) one.isOver = true;
        }
        const left = entries.filter(({ isOver }) => !isOver).length;
        expect(parked.size).toBe(left);
        expect(clock.timers).toBe(left);
      }
    }),
    { numRuns: 1000 },
  );
});
