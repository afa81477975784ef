import { expect, test } from "vitest";
import { Client } from "../../src/client/client.ts";
import { Parked } from "../../src/relay/parked.ts";
import { Message } from "../../src/wire/message.ts";
import { Whole } from "../../src/wire/whole.ts";
import { fakeClock } from "../support/clock.ts";

const whole = new Whole({ maxMessageBytes: 1 << 20, maxDepth: 64 });
const link = { send: () => {}, queuedBytes: () => 0, heldBytes: () => 0, end() {}, pause() {}, resume() {} };

function parkedBy() {
  const clock = fakeClock();
  const parked = new Parked(clock, Buffer.alloc(32, 3));
  const client = new Client(link, "1", () => "");
  const abandoned: string[] = [];
  const park = (name: string, ms: number, params = "{}"): string =>
    parked.add(client, request(params), ms, { resume: () => {}, abandon: () => void abandoned.push(name) });
  return { clock, parked, client, abandoned, park };
}

/** One of the tool `do`; `more`: an object with further params. */
function request(more: string, state?: string): Message {
  const members = [more.slice(1, -1), state === undefined ? "" : `"requestState":${JSON.stringify(state)}`];
  const params = ['"name":"do"', ...members.filter((one) => one !== "")].join(",");
  const read = whole.read(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{${params}}}`);
  if (!(read instanceof Message)) throw new Error("no message");
  return read;
}

test("what is parked without a limit waits for a day, and what has one as long as that", async () => {
  const { clock, abandoned, park } = parkedBy();
  park("short", 10_000);
  park("long", 0);
  await clock.advance(9999);
  expect(abandoned).toEqual([]);
  await clock.advance(1);
  expect(abandoned).toEqual(["short"]);
  await clock.advance(86_400_000 - 10_001);
  expect(abandoned).toEqual(["short"]);
  await clock.advance(1);
  expect(abandoned).toEqual(["short", "long"]);
});

test("there is room for 1,024, and again when one of them is taken", () => {
  const { parked, client, park } = parkedBy();
  const states = Array.from({ length: 1023 }, (_, n) => park(`${n}`, 1000));
  expect(parked.isFull).toBe(false);
  park("last", 1000);
  expect(parked.isFull).toBe(true);
  parked.take(client, request("{}", states[0]));
  expect([parked.isFull, parked.size]).toEqual([false, 1023]);
});

test.each(["", ',"params":[1]', ',"params":"p"'])(
  "a request with no object for params is parked as any other: %s",
  (params) => {
    const { parked, client } = parkedBy();
    const message = whole.read(`{"jsonrpc":"2.0","id":1,"method":"x/y"${params}}`) as Message;
    const state = parked.add(client, message, 1000, { resume: () => {}, abandon: () => {} });
    expect(parked.take(client, request("{}", state))).toHaveProperty("problem");
  },
);

test("the request that comes back may be written otherwise, and is none with other arguments", () => {
  const { parked, client, park } = parkedBy();
  const state = park("one", 1000, '{"arguments":{"a":1,"b":[{"c":2,"d":3}]},"_meta":{"x":1}}');
  for (const args of ['{"a":1,"b":[{"c":2,"d":4}]}', '{"a":1}', "[]", '{"a":1,"b":{"0":{"c":2,"d":3}}}']) {
    expect(parked.take(client, request(`{"arguments":${args}}`, state))).toHaveProperty("problem");
  }
  const again = request('{"_meta":{},"arguments":{ "b" : [{"d":3,"c":2}], "\\u0061":1 }}', state);
  expect(parked.take(client, again)).toHaveProperty("resume");
});
