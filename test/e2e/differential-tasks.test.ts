import { expect, test } from "vitest";
import { requirement } from "../requirements.ts";
import { call, playEverything } from "./support/everything.ts";
import type { Side } from "./support/pair.ts";
import type { Heard } from "./support/talk.ts";
import { until } from "./support/until.ts";

const task = (id: string, status: string): string =>
  `{"taskId":"${id}","status":"${status}","statusMessage":"é","createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z","ttl":60000,"pollInterval":10}`;

/** The client makes a task of every question, which is done when it is asked for it the second time. */
function answerWithTasks({ talk }: Side, method: string, answer: string): void {
  let polled = 0;
  talk.answer(method, () => `"result":{"task":${task("client-task", "working")}}`);
  talk.answer("tasks/get", () => `"result":${task("client-task", ++polled % 2 === 0 ? "completed" : "working")}`);
  talk.answer("tasks/result", () => `"result":${answer}`);
}

async function begin({ talk, name }: Side, args: object): Promise<string> {
  const params = { name: name("simulate-research-query"), arguments: args, task: { ttl: 60_000 } };
  const { members } = await talk.request(`task ${JSON.stringify(args)}`, "tools/call", params);
  return (JSON.parse(members.get("result") ?? "{}") as { task: { taskId: string } }).task.taskId;
}

test(`${requirement("same-as-direct", "LL")}: tasks of server-everything`, async () => {
  const found = await playEverything(async (side) => {
    const { talk } = side;
    await call(side, "simulate-research-query", { topic: "no task" });
    const taskId = await begin(side, { topic: "whales" });
    await talk.request("result", "tasks/result", { taskId });
    await talk.request("get", "tasks/get", { taskId });
    await talk.request("list", "tasks/list");
    const ambiguous = await begin(side, { topic: "python", ambiguous: true });
    talk.answer("elicitation/create", () => '"result":{"action":"accept","content":{"interpretation":"snake"}}');
    await talk.request("result of the one that asks", "tasks/result", { taskId: ambiguous });
    await talk.request("cancel what is over", "tasks/cancel", { taskId });
    await talk.request("get what is not there", "tasks/get", { taskId: "nobody's" });
    const cancelled = await begin(side, { topic: "cancelled" });
    await talk.request("cancel", "tasks/cancel", { taskId: cancelled });
    await talk.request("get what is cancelled", "tasks/get", { taskId: cancelled });
  });
  expect(found).toEqual([]);
});

test(`${requirement("same-as-direct", "LL")}: questions that the client makes tasks of`, async () => {
  const found = await playEverything(async (side) => {
    const message = '{"role":"assistant","content":{"type":"text","text":"späť"},"model":"m","n":1.0}';
    answerWithTasks(side, "sampling/createMessage", message);
    await call(side, "trigger-sampling-request-async", { prompt: "later" });
    answerWithTasks(side, "elicitation/create", '{"action":"accept","content":{"name":"späť"}}');
    await call(side, "trigger-elicitation-request-async");
    // And a client that answers at once after all.
    side.talk.answer("sampling/createMessage", () => `"result":${message}`);
    await call(side, "trigger-sampling-request-async", { prompt: "now" });
  });
  expect(found).toEqual([]);
});

test(`${requirement("same-as-direct", "LL")}: log messages and updates of server-everything`, async () => {
  const found = await playEverything(async (side) => {
    const { talk } = side;
    const messages = (): readonly Heard[] => talk.with("notifications/message");
    const toggle = async (): Promise<void> => {
      await call(side, "toggle-simulated-logging");
      await call(side, "toggle-simulated-logging");
    };
    // Each toggling says one message, of a level by chance, if that is high enough.
    for (let time = 0; time < 6; time++) await toggle();
    expect(messages().length).toBeGreaterThan(5);
    for (const level of ["warning", "emergency", "debug"]) {
      await talk.request(`level ${level}`, "logging/setLevel", { level });
      for (let time = 0; time < 6; time++) await toggle();
    }
    const uris = ["demo://resource/dynamic/text/1", "demo://resource/static/document/features.md"];
    for (const uri of uris) await talk.request(`subscribe to ${uri}`, "resources/subscribe", { uri });
    const update = async (): Promise<void> => {
      await call(side, "toggle-subscriber-updates");
      await call(side, "toggle-subscriber-updates");
    };
    await update();
    await talk.request("unsubscribe", "resources/unsubscribe", { uri: uris[0] });
    await update();
    await talk.request("unsubscribe", "resources/unsubscribe", { uri: uris[1] });
    await update();
    expect(talk.with("notifications/resources/updated").length).toBe(3);
    // tutti answers by itself that somebody is told no more; what the server says to that may come later.
    const farewell = ({ line }: Heard): boolean => line.includes("Received Unsubscribe Resource request");
    await until("both messages", () => talk.heard.filter(farewell).length === 2);
    talk.ignore(farewell);
  });
  expect(found).toEqual([]);
});
