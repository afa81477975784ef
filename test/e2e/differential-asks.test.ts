import { expect, test } from "vitest";
import { requirement } from "../requirements.ts";
import { call, playEverything } from "./support/everything.ts";
import type { Side } from "./support/pair.ts";
import type { Answer } from "./support/talk.ts";

const result = (json: string): string => `"result":${json}`;

/** Answers the questions of this method one after the other. */
function answerInTurn({ talk }: Side, method: string, answers: readonly string[]): void {
  let next = 0;
  const answer: Answer = () => answers[next++ % answers.length];
  talk.answer(method, answer);
}

const refused = '"error":{"code":-1,"message":"The person said no","data":{"why":[1.0,9007199254740993]}}';

test(`${requirement("same-as-direct", "LL")}: questions of server-everything`, async () => {
  const found = await playEverything(async (side) => {
    const { talk } = side;
    await call(side, "get-roots-list");
    const filled = '{"name":"Zoë 😀","check":true,"integer":7,"number":3.50,"more":9007199254740993}';
    answerInTurn(side, "elicitation/create", [
      result(`{"action":"accept","content":${filled},"_meta":{"x/y":{"z":1.0}}}`),
      result('{"action":"accept"}'),
      result('{"action":"decline"}'),
      result('{"action":"cancel","future":["\\u0061"]}'),
      refused,
    ]);
    for (let time = 0; time < 5; time++) await call(side, "trigger-elicitation-request");

    answerInTurn(side, "elicitation/create", [
      result('{"action":"accept"}'),
      result('{"action":"decline"}'),
      result('{"action":"cancel"}'),
      refused,
    ]);
    const url = { url: "https://example.com/ü?a=1", message: "Open this, please" };
    for (let time = 0; time < 4; time++) await call(side, "trigger-url-elicitation", url);
    await call(side, "trigger-url-elicitation", { ...url, elicitationId: "mine" });
    // The first of these two is error -32042.
    for (let time = 0; time < 2; time++) await call(side, "trigger-url-elicitation", { ...url, errorPath: true });

    answerInTurn(side, "sampling/createMessage", [
      result('{"role":"assistant","content":{"type":"text","text":"é \\u0061"},"model":"m","stopReason":"endTurn"}'),
      result('{"model":"m","content":{"type":"image","data":"AA==","mimeType":"image/png"},"role":"user","n":1.0}'),
      result('{"role":"nobody"}'),
      refused,
    ]);
    for (const prompt of ["one", "two", "three", "four"]) {
      await call(side, "trigger-sampling-request", { prompt, maxTokens: 20 });
    }

    // Then its roots change: the server asks again.
    talk.answer("roots/list", () => result('{"roots":[{"uri":"file:///new"}]}'));
    talk.step = "new roots";
    talk.notify("notifications/roots/list_changed");
    await talk.first("the message about the new roots", ({ line }) => line.includes("Roots updated: 1"));
    await call(side, "get-roots-list");
  });
  expect(found).toEqual([]);
});

test(`${requirement("same-as-direct", "LL")}: eight questions of server-everything at once`, async () => {
  const found = await playEverything(async (side) => {
    const { talk, name } = side;
    // Answered when all are there, the last first.
    const held: [id: string, answer: string][] = [];
    talk.answer("sampling/createMessage", (params, id) => {
      const text = /Resource [\w-]+ context: (\w+)/.exec(params)?.[1];
      held.push([id, result(`{"role":"assistant","content":{"type":"text","text":"to ${text}"},"model":"m"}`)]);
      return undefined;
    });
    talk.step = "eight at once";
    const ids = Array.from({ length: 8 }, (_, index) =>
      talk.ask("tools/call", { name: name("trigger-sampling-request"), arguments: { prompt: `p${index}` } }),
    );
    await talk.first("the eighth question", () => held.length === 8);
    for (const [id, answer] of held.reverse()) talk.send(`{"jsonrpc":"2.0","id":${id},${answer}}`);
    for (const id of ids) await talk.reply(id);
  });
  expect(found).toEqual([]);
});

test(`${requirement("same-as-direct", "LL")}: calls that are cancelled while they work or ask`, async () => {
  const found = await playEverything(async (side) => {
    const { talk, name } = side;
    talk.step = "cancelled work";
    const args = { duration: 30, steps: 300 };
    const _meta = { progressToken: "cancelled" };
    const working = talk.ask("tools/call", { name: name("trigger-long-running-operation"), arguments: args, _meta });
    await talk.first("progress", ({ line }) => line.includes('"progressToken":"cancelled"'));
    talk.notify("notifications/cancelled", { requestId: working, reason: "enough" });
    await call(side, "echo", { message: "between" });

    talk.step = "cancelled question";
    talk.answer("elicitation/create", () => undefined);
    const asking = talk.ask("tools/call", { name: name("trigger-elicitation-request"), arguments: {} });
    await talk.first("the question", ({ line }) => line.includes('"method":"elicitation/create"'));
    talk.notify("notifications/cancelled", { requestId: asking });
    await call(side, "echo", { message: "after" });
    // The server makes progress until nobody knows when; through tutti a call that is over makes none.
    talk.ignore(({ line }) => line.includes('"progressToken":"cancelled"'));
  });
  expect(found).toEqual([]);
});
