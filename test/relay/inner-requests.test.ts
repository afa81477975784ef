import fc from "fast-check";
import { expect, test } from "vitest";
import { Client } from "../../src/client/client.ts";
import { InnerCall } from "../../src/relay/inner-call.ts";
import { InnerRequests } from "../../src/relay/inner-requests.ts";
import { slot } from "../../src/wire/members.ts";
import { encodeString, Message } from "../../src/wire/message.ts";
import { Whole } from "../../src/wire/whole.ts";

const maxDepth = 32;
const limits = { maxMessageBytes: 64 * 1024, maxDepth };

/** All that is known of a message. */
function known(message: Message | object): unknown {
  if (!(message instanceof Message)) return message;
  const { kind, length, reservedNames } = message;
  const places = Object.entries(slot).map(([name, member]) => [name, message.start(member), message.end(member)]);
  return { kind, length, reservedNames, places, text: message.slice(0, length) };
}

const metaNames = fc.constantFrom(
  "io.modelcontextprotocol/protocolVersion",
  "io.modelcontextprotocol/clientInfo",
  "io.modelcontextprotocol/clientCapabilities",
  "io.modelcontextprotocol/logLevel",
  "progressToken",
  "tutti/error",
  "com.example/x",
  'ä"\\',
);
const meta = fc
  .uniqueArray(fc.tuple(metaNames, fc.jsonValue({ maxDepth: 2 })), { selector: ([name]) => name, maxLength: 6 })
  .map((members) => {
    const written = members.map(([name, value]) => `${encodeString(name)}:${bytes(JSON.stringify(value))}`);
    return written.length === 0 ? "" : `"_meta":{${written.join(",")}},`;
  });
const name = fc.oneof(fc.string({ unit: "binary", minLength: 1, maxLength: 100 }), fc.constantFrom("s__echo", "ü__ß"));
const deep = fc.integer({ min: 1, max: maxDepth + 2 }).map((depth) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`);
const long = fc.nat(70_000).map((length) => `{"name":"x","id":7,"a":"${"y".repeat(length)}"}`);
const args = fc.oneof(
  fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value)),
  fc.constantFrom("{}", '{ "name" : "other", "_meta": {"progressToken": 5}, "arguments": {} }'),
  deep,
  long,
);
const id = fc.nat().map((count) => encodeString(`tutti/${count} ünder "way"`));

test("a call is written as the message that the scanner reads from the very same bytes", () => {
  fc.assert(
    fc.property(meta, fc.array(fc.tuple(id, name, args), { minLength: 1, maxLength: 4 }), (said, calls) => {
      const requests = new InnerRequests(said, new Whole(limits), maxDepth);
      for (const [own, tool, given] of calls) {
        const made = requests.write(own, tool, Buffer.from(given), undefined);
        const params = `{${said}"name":${encodeString(tool)},"arguments":${bytes(given)}}`;
        const line = `{"jsonrpc":"2.0","method":"tools/call","params":${params},"id":${own}}`;
        expect(known(made)).toEqual(known(new Whole(limits).read(line)));
      }
    }),
    { numRuns: 500 },
  );
});

test("what comes with answers, and what is too deep or too long, is read", () => {
  const requests = new InnerRequests("", new Whole(limits), maxDepth);
  const answers = { inputResponses: Buffer.from('{"k":{}}'), requestState: Buffer.from('"s"') };
  const again = requests.write('"a"', "t", Buffer.from("{}"), answers);
  expect(again instanceof Message && [again.raw(slot.inputResponses), again.raw(slot.requestState)]).toEqual([
    '{"k":{}}',
    '"s"',
  ]);
  const tooDeep = `{"a":${"[".repeat(maxDepth)}${"]".repeat(maxDepth)}}`;
  expect(requests.write('"a"', "t", Buffer.from(tooDeep), undefined)).toMatchObject({ problem: "too_deep" });
  const tooLong = `{"a":"${"y".repeat(limits.maxMessageBytes)}"}`;
  expect(requests.write('"a"', "t", Buffer.from(tooLong), undefined)).toMatchObject({ problem: "too_long" });
});

test("a call that is taken back in the turn in which its reply came has no outcome", async () => {
  const link = { send: () => {}, queuedBytes: () => 0, heldBytes: () => 0, end() {}, pause() {}, resume() {} };
  const client = new Client(link, "1", () => "");
  const outcomes: string[] = [];
  const call = (name: string): InnerCall => {
    const request = new InnerRequests("", new Whole(limits), maxDepth).write('"1"', "t", Buffer.from("{}"), undefined);
    const caller = { client, request: request as Message, call: undefined };
    const read = () => ({ kind: "result", result: Buffer.from("{}") }) as const;
    return new InnerCall(caller, request, read, ({ kind }) => void outcomes.push(`${name}: ${kind}`));
  };
  const [one, other] = [call("one"), call("other")];
  for (const each of [one, other]) each.reply("{}");
  one.cancel("it is over");
  await new Promise(setImmediate);
  expect(outcomes).toEqual(["other: result"]);
});

function bytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}
