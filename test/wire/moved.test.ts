import fc from "fast-check";
import { expect, test } from "vitest";
import { slot } from "../../src/wire/members.ts";
import { Message } from "../../src/wire/message.ts";
import { readWhole, Whole } from "../../src/wire/whole.ts";
import { defaultLimits } from "./drive.ts";

function written(id: string, args: string, name: string): string {
  return `{"jsonrpc":"2.0","method":"a","params":{"_meta":{"progressToken":1,"x":2},"name":${name},"arguments":${args}},"id":${id}}`;
}

function read(text: string): Message {
  const message = readWhole(text, defaultLimits);
  if (message instanceof Message) return message;
  throw new Error(`${text}: ${message.problem}`);
}

/** Where every known member stands. */
function spansOf(message: Message): readonly (string | undefined)[] {
  return Object.values(slot).map((member) => `${message.start(member)} ${message.raw(member)}`);
}

test("a message of which some members stand elsewhere is what it is read as", () => {
  const text = fc.string().map((one) => JSON.stringify(one.replace(/[^ -~]/g, "")));
  const args = fc.dictionary(fc.constantFrom("name", "id", "_meta", "x"), text).map((one) => JSON.stringify(one));
  fc.assert(
    fc.property(text, text, args, (id, name, given) => {
      const body = written(id, given, name);
      const other = read(body);
      const moves = [slot.name, slot.params, slot.id].map((member) => ({
        member,
        start: other.start(member),
        end: other.end(member),
      }));
      const made = read(written("0", "{}", '""')).moved(body, moves);
      expect(made.slice(0, made.length)).toBe(body);
      expect(spansOf(made)).toEqual(spansOf(other));
      expect(made.kind).toBe("request");
    }),
  );
});

test("one reader reads text after text, and keeps nothing of those before", () => {
  const whole = new Whole({ maxMessageBytes: 200, maxDepth: 4 });
  const good = '{"jsonrpc":"2.0","id":7,"result":{}}';
  const texts = [good, "", '{"jsonrpc"', "[[[[[]]]]]", `"${"x".repeat(300)}"`, `${good}\n`, " "];
  const told = texts.map((text) => {
    const one = whole.read(text);
    return one instanceof Message ? one.raw(slot.id) : one.problem;
  });
  expect(told).toEqual(["7", "not_json", "not_json", "too_deep", "too_long", "7", "not_json"]);
});
