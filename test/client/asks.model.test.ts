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
          const own: number = asks.add({
            reply: () => void told.push(`${own} answered`),
            progress: () => {},
            lost: (why) => void told.push(`${own} ${why}`),
          });
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
