import { expect, test } from "vitest";
import { requirement } from "../requirements.ts";
import { play, type Side } from "./support/pair.ts";
import { fixturePath } from "./support/program.ts";
import type { Heard } from "./support/talk.ts";

const capabilities = {
  elicitation: { form: {}, url: {} },
  sampling: { tools: {} },
  roots: {},
  extensions: { "x/y": {} },
};

const envelope = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": capabilities,
  "io.modelcontextprotocol/clientInfo": { name: "raw-client", version: "1", title: "é" },
};

/** A client that says its envelope with everything, on one side. */
function speak({ talk, name }: Side) {
  const send = async (step: string, method: string, params: object = {}, meta: object = {}): Promise<Heard> =>
    await talk.request(step, method, { ...params, _meta: { ...envelope, ...meta } });
  return {
    send,
    call: async (tool: string, args: object = {}, more: object = {}, meta: object = {}): Promise<Heard> => {
      const step = `${tool} ${JSON.stringify([args, more])}`;
      return await send(step, "tools/call", { name: name(tool), arguments: args, ...more }, meta);
    },
    /** Sends a request and waits for nothing. */
    begin: (method: string, params: object): number => talk.ask(method, { ...params, _meta: envelope }),
  };
}

const fixture = fixturePath("modern-server.mjs");

async function difference(script: (side: Side, speaker: ReturnType<typeof speak>) => Promise<void>): Promise<string[]> {
  return await play(fixture, ["fixture"], (side) => script(side, speak(side)));
}

const accept = { action: "accept", content: { name: "Zoë \u0001" }, _meta: { "x/y": [1.5] } };
const message = { role: "assistant", content: { type: "text", text: "é" }, model: "m", more: { "": [] } };

test(`${requirement("same-as-direct", "MM")}: lists, calls, prompts, resources`, async () => {
  const found = await difference(async ({ name }, { send, call }) => {
    for (const kind of ["tools", "prompts", "resources", "resources/templates"]) await send(kind, `${kind}/list`);
    await call("echo", { text: "é 😀 \u2028" });
    await call("echo", {}, {}, { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x/y": [1] });
    await call("sum", { a: 1, b: 2 });
    await call("sum", { a: "no number" });
    await call("count", { to: 3 });
    await call("fails");
    await call("whoami");
    await send("prompt", "prompts/get", { name: name("greet"), arguments: { name: "Ada" } });
    await send("prompt without arguments", "prompts/get", { name: name("greet") });
    for (const uri of ["fixture://text", "fixture://item/7"]) await send(uri, "resources/read", { uri });
    const argument = { name: "name", value: "A" };
    await send("completion", "completion/complete", { ref: { type: "ref/prompt", name: name("greet") }, argument });
    const ref = { type: "ref/resource", uri: "fixture://item/{id}" };
    await send("completion", "completion/complete", { ref, argument: { name: "id", value: "4" } });
  });
  expect(found).toEqual([]);
});

test(`${requirement("same-as-direct", "MM")}: questions and answers`, async () => {
  const found = await difference(async ({ name }, { send, call }) => {
    const asking = [
      ["ask_form", {}, accept],
      ["ask_form", {}, { action: "decline" }],
      ["ask_url", { url: "https://example.com/ü" }, { action: "accept" }],
      ["ask_model", {}, message],
      ["ask_model_with_tools", {}, message],
      ["ask_roots", {}, { roots: [{ uri: "file:///a", name: "b", _meta: {} }] }],
    ] as const;
    for (const [tool, more, answer] of asking) {
      const args = { label: "x", ...more };
      await call(tool, args);
      await call(tool, args, { inputResponses: { it: answer, unknown: {} }, requestState: "any \u0001 state" });
    }
    await call("ask_all", { label: "y" });
    await call("ask_all", { label: "y" }, { inputResponses: { form: accept, model: message } });
    const rounds = { label: "z", rounds: 2 };
    await call("ask_rounds", rounds);
    await call("ask_rounds", rounds, { inputResponses: { it: accept }, requestState: "[]" });
    await call("ask_rounds", rounds, { inputResponses: { it: accept }, requestState: '["Zoë"]' });
    await call("ask_rounds", rounds, { requestState: "no JSON" });
    const prompt = { name: name("ask_greet"), arguments: { label: "p" } };
    await send("prompt", "prompts/get", prompt);
    await send("prompt again", "prompts/get", { ...prompt, inputResponses: { it: accept } });
    await send("resource", "resources/read", { uri: "fixture://secret" });
    await send("resource again", "resources/read", { uri: "fixture://secret", inputResponses: { it: accept } });
    // What this request does not declare cannot be asked in it.
    const none = { "io.modelcontextprotocol/clientCapabilities": {} };
    for (const tool of ["ask_form", "ask_model", "ask_roots"]) await call(tool, { label: "n" }, {}, none);
    const formOnly = { "io.modelcontextprotocol/clientCapabilities": { elicitation: {} } };
    await call("ask_form", { label: "f" }, {}, formOnly);
    await call("ask_url", { label: "f", url: "https://example.com" }, {}, formOnly);
  });
  expect(found).toEqual([]);
});

test(`${requirement("same-as-direct", "MM")}: progress, log messages, updates, cancellation`, async () => {
  const found = await difference(async ({ talk, name }, { call, begin }) => {
    for (const progressToken of ["a \u0062\u0001", 7, 0])
      await call("steps", { label: "é", count: 4 }, {}, { progressToken });
    await call("steps", { label: "no token", count: 2 });
    const log = async (level: string, logLevel?: string): Promise<void> => {
      const meta = logLevel === undefined ? {} : { "io.modelcontextprotocol/logLevel": logLevel };
      await call("log", { level, text: `${level} ${logLevel}` }, {}, meta);
    };
    for (const logLevel of ["debug", "warning", "emergency", undefined]) {
      for (const level of ["debug", "info", "warning", "error"]) await log(level, logLevel);
    }

    const hanging = begin("tools/call", { name: name("hang"), arguments: { label: "h" } });
    const left = begin("tools/call", { name: name("hang"), arguments: { label: "left" } });
    await call("echo", { text: "both hang" });
    talk.notify("notifications/cancelled", { requestId: hanging, reason: "enough", _meta: envelope });
    await call("cancelled");
    talk.notify("notifications/cancelled", { requestId: left });
    await call("cancelled");

    talk.step = "listen";
    const filter = { toolsListChanged: true, resourceSubscriptions: ["fixture://text", "fixture://item/1"] };
    const listening = begin("subscriptions/listen", { notifications: filter });
    const acknowledged = (id: number) => (heard: Heard) =>
      heard.line.includes("subscriptions/acknowledged") && heard.line.includes(`subscriptionId":${id}`);
    await talk.first("the acknowledgement", acknowledged(listening));
    for (const path of ["text", "secret", "item/1", "text"]) await call("update", { uri: `fixture://${path}` });
    talk.step = "listen twice";
    const second = begin("subscriptions/listen", { notifications: { resourceSubscriptions: ["fixture://secret"] } });
    await talk.first("the second acknowledgement", acknowledged(second));
    await call("update", { uri: "fixture://secret" });
    talk.notify("notifications/cancelled", { requestId: listening, _meta: envelope });
    for (const path of ["text", "secret"]) await call("update", { uri: `fixture://${path}` });
  });
  expect(found).toEqual([]);
});
