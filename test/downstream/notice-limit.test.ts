import { expect, test } from "vitest";
import { NoticeLimit } from "../../src/downstream/notice-limit.ts";
import type { Message } from "../../src/wire/message.ts";
import { Whole } from "../../src/wire/whole.ts";
import { fakeClock } from "../support/clock.ts";

const bodies = new Whole({ maxMessageBytes: 10_000, maxDepth: 10 });

function limit() {
  const clock = fakeClock();
  const passed: string[] = [];
  const oddities: string[] = [];
  const notices = new NoticeLimit({
    clock,
    pass: (_, message) => void passed.push(textOf(message)),
    oddity: (text) => void oddities.push(text),
  });
  const give = (method: string, params: object): void => {
    const body = JSON.stringify({ jsonrpc: "2.0", method, params });
    notices.take(method, bodies.read([Buffer.from(body)]) as Message, undefined);
  };
  return { clock, passed, oddities, give };
}

function textOf(message: Message): string {
  return message.slice(0, message.length);
}

test("notices pass at any sane rate", async () => {
  const { clock, passed, oddities, give } = limit();
  for (let n = 0; n < 10_000; n++) {
    give("notifications/message", { n });
    await clock.advance(2);
  }
  expect([passed.length, oddities]).toEqual([10_000, []]);
});

test("a flood is cut to 500 a second, and what was dropped is counted", async () => {
  const { clock, passed, oddities, give } = limit();
  for (let second = 0; second < 4; second++) {
    for (let n = 0; n < 10_000; n++) give("notifications/message", { n });
    await clock.advance(1000);
  }
  await clock.advance(10_000);
  expect(passed.length).toBe(1000 + 3 * 500);
  expect(oddities).toEqual(["dropped 37500 of its notifications, which were more than 500 a second"]);
});

test("the last word about each resource comes in the end, whatever the flood", async () => {
  const { clock, passed, give } = limit();
  for (let n = 0; n < 5000; n++) give("notifications/message", { n });
  const before = passed.length;
  for (let n = 0; n < 900; n++) give("notifications/resources/updated", { uri: `a://${n % 300}` });
  await clock.advance(5000);
  const uris = passed.slice(before).map((line) => JSON.parse(line).params.uri);
  expect(uris.toSorted()).toEqual(Array.from({ length: 300 }, (_, n) => `a://${n}`).toSorted());
  expect(clock.timers()).toBe(0);
});

test("what ends something is never dropped", () => {
  const { passed, give } = limit();
  for (let n = 0; n < 5000; n++) give("notifications/message", { n });
  for (let n = 0; n < 100; n++) give("notifications/cancelled", { requestId: n });
  expect(passed.filter((line) => line.includes("cancelled"))).toHaveLength(100);
});
