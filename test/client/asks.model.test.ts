import fc from "fast-check";
import { expect, test } from "vitest";
import { Asks } from "../../src/client/asks.ts";
import { Message } from "../../src/wire/message.ts";
import { Whole } from "../../src/wire/whole.ts";

const whole = new Whole({ maxMessageBytes: 1 << 20, maxDepth: 64 });

function reply(id: string): Message {
  const read = whole.read(`{"jsonrpc":"2.0","id":${id},"result":{}}`);
  if (!(read instanceof Message)) throw new Error("no message");
  return read;
}

const id = fc.oneof(fc.integer({ min: 1, max: 12 }).map(String), fc.constantFrom('"1"', "0", "-1", "1.0", "1e0", "99"));
const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ do: "ask" as const, id: "" }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("reply" as const, "spoil" as const, "forget" as const), id }),
  },
  fc.constant({ do: "leave" as const, id: "" }),
);

test("each question has one end, under exactly the id that it was given, whatever comes back", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const asks = new Asks();
      const open = new Set<number>();
      const told: string[] = [];
      let last = 0;
      for (const { do: what, id: raw } of steps) {
        const isOpen = /^[1-9]\d*$/.test(raw) && open.has(Number(raw));
        if (what === "ask") {
          const asked = {
            reply: () => void told.push(`${own} answered`),
            progress: () => {},
            lost: (why: string) => void told.push(`${own} ${why}`),
          };
          const own: number = asks.add(asked, () => true, undefined);
          expect(own).toBe(++last);
          open.add(own);
        } else if (what === "reply") {
          asks.reply(reply(raw));
          expect(told.splice(0)).toEqual(isOpen ? [`${raw} answered`] : []);
          if (isOpen) open.delete(Number(raw));
        } else if (what === "spoil") {
          const isLate = /^[1-9]\d*$/.test(raw) && Number(raw) <= last && !isOpen;
          expect(asks.spoil(raw)).toBe(isLate ? "late" : isOpen);
          expect(told.splice(0)).toEqual(isOpen ? [`${raw} spoilt`] : []);
          if (isOpen) open.delete(Number(raw));
        } else if (what === "forget") {
          asks.forget(Number(raw.replaceAll('"', "")));
          open.delete(Number(raw.replaceAll('"', "")));
        } else {
          asks.loseAll();
          expect(told.splice(0)).toEqual([...open].map((one) => `${one} left`));
          open.clear();
        }
        expect(asks.count).toBe(open.size);
      }
    }),
    { numRuns: 1000 },
  );
});

const turnStep = fc.record({
  do: fc.constantFrom("ask" as const, "ask" as const, "reply" as const, "forget" as const),
  within: fc.constantFrom(0, 1),
  at: fc.nat(3),
});

test("of the questions within one request only the first that is open is put, and each is over once", async () => {
  const requests = [reply("1"), reply("2")];
  await fc.assert(
    fc.asyncProperty(fc.array(turnStep, { maxLength: 30 }), async (steps) => {
      const asks = new Asks();
      const open: [number[], number[]] = [[], []];
      const put: number[] = [];
      let over = 0;
      let ended = 0;
      for (const { do: what, within, at } of steps) {
        const own = open[within] as number[];
        const first = own[0];
        if (what === "ask") {
          const asked = { reply: () => void ended++, progress: () => {}, lost: () => {} };
          const turn = { within: requests[within] as Message, over: () => void over++ };
          own.push(asks.add(asked, (one) => put.push(one) > 0, turn));
        } else if (what === "reply") {
          // Of one that was not put yet the client cannot know: whoever guesses its id says nothing.
          for (const later of own.slice(1)) asks.reply(reply(String(later)));
          asks.reply(reply(String(first ?? 999)));
          own.shift();
        } else if (own.length > 0) {
          const index = at % own.length;
          expect(asks.forget(own[index] as number)).toBe(index === 0);
          own.splice(index, 1);
          ended++;
        }
        await Promise.resolve();
        expect(open.map(([one]) => one === undefined || put.includes(one))).toEqual([true, true]);
        expect(put.filter((one) => open[0].includes(one) || open[1].includes(one))).toHaveLength(
          open.filter(({ length }) => length > 0).length,
        );
        expect(over).toBe(ended);
      }
      expect(new Set(put).size).toBe(put.length);
    }),
  );
});

test("a question of which nobody needs the answer when its turn comes is lost, and the next one is put", async () => {
  const asks = new Asks();
  const within = reply("1");
  const told: string[] = [];
  const ask = (name: string, isNeeded: boolean) => {
    const asked = { reply: () => {}, progress: () => {}, lost: (why: string) => void told.push(`${name} ${why}`) };
    const put = () => {
      told.push(`${name} put`);
      return isNeeded;
    };
    return asks.add(asked, put, { within, over: undefined });
  };
  const first = ask("a", true);
  ask("b", false);
  ask("c", true);
  asks.reply(reply(String(first)));
  await Promise.resolve();
  await Promise.resolve();
  expect(told).toEqual(["a put", "b put", "b over", "c put"]);
  expect(asks.count).toBe(1);
});
