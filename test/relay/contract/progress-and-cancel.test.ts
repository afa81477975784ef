import { describe, expect, test } from "vitest";
import { cells, requirement, someCells } from "../../requirements.ts";
import { open } from "../../support/cells.ts";
import { quiet } from "../../support/turns.ts";
import { saysWhy } from "../../support/ways.ts";
import { able, accepted, form, roots } from "./questions.ts";

const everything = {
  tools: ["do"],
  prompts: ["do"],
  resources: ["file:///a"],
  templates: ["db://{x}"],
  capabilities: { completions: {}, experimental: { "com.example/x": {} } },
};
const methods = [
  ["tools/call", '{"name":"alpha__do"}'],
  ["prompts/get", '{"name":"alpha__do"}'],
  ["resources/read", '{"uri":"file:///a"}'],
  ["completion/complete", '{"ref":{"type":"ref/resource","uri":"db://{x}"},"argument":{"name":"x","value":""}}'],
  ["com.example/x/run", "{}"],
] as const;
const progress = "notifications/progress";
const cancelled = "notifications/cancelled";

cells("progress.order", async (cell) => {
  const { client, begin, servers } = await open(cell, { alpha: everything, beta: everything });
  const calls = [begin("alpha__do", {}, '"progressToken":"ä\\u0041"'), begin("beta__do", {}, '"progressToken":7')];
  const running = [await servers.alpha.call(), await servers.beta.call()];
  for (let n = 0; n < 50; n++) {
    for (const one of running) one.progress(`,"progress":${n}.0,"total":1e2,"message":"\\u0041 ${n}","x":-0`);
  }
  for (const one of running) one.result();
  await Promise.all(calls.map((call) => call.result()));
  const lines = client.peer.lines.filter(({ text }) => text.includes(progress));
  for (const token of ['"ä\\u0041"', "7"]) {
    const own = lines.filter(({ text }) => text.includes(`"progressToken":${token},`)).map(({ text }) => text);
    expect(own.length).toBe(50);
    for (const [n, text] of own.entries()) {
      expect(text).toContain(`,"progress":${n}.0,"total":1e2,"message":"\\u0041 ${n}","x":-0`);
    }
  }
  // Nothing of a call comes behind its reply.
  const last = client.peer.lines.findLastIndex(({ text }) => text.includes('"progressToken":7,'));
  const reply = client.peer.lines.findIndex(({ text }) => text.includes(`"id":${calls[1]?.id},`));
  expect(last).toBeLessThan(reply);
});

cells("progress.methods", async (cell) => {
  const { client, send, servers } = await open(cell, { alpha: everything });
  for (const [method, params] of methods) {
    const request = send(method, params, `"progressToken":"${method}"`);
    const asked = await servers.alpha.request(method);
    asked.progress(',"progress":1');
    expect((await client.notification(progress)).json.params).toEqual({ progressToken: method, progress: 1 });
    asked.result();
    await request.result();
    asked.progress(',"progress":2');
    await quiet();
    expect(client.peer.left.filter(({ text }) => text.includes(progress))).toEqual([]);
  }
});

describe("of a call that was asked something", () => {
  someCells("progress.order", ["LL", "LM", "ML", "MM"], async (cell) => {
    const { client, begin, servers } = await open(cell, { alpha: everything }, { client: able });
    const call = begin("alpha__do", {}, '"progressToken":"t"');
    const running = await servers.alpha.call();
    running.progress(',"progress":1');
    const asking = running.ask({ who: form("You?") });
    await call.questions();
    call.answer(accepted);
    const { call: again } = await asking;
    again.progress(',"progress":2');
    again.result();
    await call.result();
    const seen = client.peer.lines.filter(({ text }) => text.includes(progress)).map(({ json }) => json.params);
    expect(seen).toEqual([
      { progressToken: "t", progress: 1 },
      { progressToken: "t", progress: 2 },
    ]);
  });
});

describe("of a call that is parked", () => {
  someCells("progress.order", ["ML"], async (cell) => {
    const { client, begin, servers } = await open(cell, { alpha: everything }, { client: able });
    const call = begin("alpha__do", {}, '"progressToken":"first"');
    const running = await servers.alpha.call();
    const asking = running.ask({ who: form("You?") });
    await call.questions();
    // Its token is over with its request; nobody waits for this.
    running.progress(',"progress":1');
    await quiet();
    expect(client.count(progress)).toBe(0);
    const answers = JSON.stringify({ [call.keys[0] as string]: accepted });
    const more = `,"inputResponses":${answers},"requestState":"${call.state}"`;
    client.call(1, "alpha__do", "{}", more, '"progressToken":"second"');
    await asking;
    running.progress(',"progress":2');
    expect((await client.notification(progress)).json.params).toEqual({ progressToken: "second", progress: 2 });
    running.result();
    await client.reply(1);
  });
});

test(requirement("progress.answers", "LL"), async () => {
  const { client, begin, servers } = await open("LL", { alpha: everything }, { client: able });
  const call = begin("alpha__do");
  const running = await servers.alpha.call();
  const asking = servers.alpha.question({ ...roots, params: { _meta: { progressToken: "mine" } } });
  const asked = await client.asked("roots/list");
  const token = JSON.stringify((asked.params["_meta"] as { progressToken: unknown }).progressToken);
  client.send(`{"jsonrpc":"2.0","method":"${progress}","params":{"progressToken":${token},"progress":1.0,"x":-0}}`);
  client.send(`{"jsonrpc":"2.0","method":"${progress}","params":{"progressToken":"other","progress":9}}`);
  asked.answer({ result: { roots: [] } });
  await asking;
  client.send(`{"jsonrpc":"2.0","method":"${progress}","params":{"progressToken":${token},"progress":2}}`);
  running.result();
  await call.result();
  const heard = servers.alpha.heard.filter((text) => text.includes(progress));
  expect(heard.length).toBe(1);
  expect(heard[0]).toContain('"params":{"progressToken":"mine","progress":1.0,"x":-0}');
});

cells("cancel.request", async (cell) => {
  const { client, begin, servers, relay } = await open(cell, { alpha: everything, beta: everything });
  const calls = [begin("alpha__do", { n: 1 }), begin("alpha__do", { n: 2 }), begin("beta__do", { n: 3 })] as const;
  const running = [await servers.alpha.call(), await servers.alpha.call(), await servers.beta.call()] as const;
  client.cancel(calls[1].id, ',"reason":"n\\u006fw","x":1.0');
  const { text, json } = await servers.alpha.line(cancelled);
  expect(json.params.requestId).toBe(Number(running[1].id));
  if (saysWhy(cell)) expect(text).toContain('"reason":"n\\u006fw","x":1.0');
  running[1].result();
  for (const index of [0, 2] as const) {
    running[index].result(`{"content":[],"structuredContent":{"n":${index}}}`);
    expect((await calls[index].result()).structuredContent).toEqual({ n: index });
  }
  await client.ping();
  expect([servers.alpha.count(cancelled), servers.beta.count(cancelled)]).toEqual([1, 0]);
  expect(client.peer.left).toEqual([]);
  expect(relay.held).toBe(0);
});

cells("cancel.methods", async (cell) => {
  const { client, send, servers, downstreams } = await open(cell, { alpha: everything, beta: everything });
  const idle = downstreams.alpha.openRequests;
  for (const [method, params] of methods) {
    if (method === "com.example/x/run") continue; // Two servers declare it.
    const request = send(method, params);
    const asked = await servers.alpha.request(method);
    client.cancel(request.id);
    expect((await servers.alpha.line(cancelled)).json.params.requestId).toBe(Number(asked.id));
    asked.result();
  }
  await client.ping();
  expect(client.peer.left).toEqual([]);
  expect(downstreams.alpha.openRequests).toBe(idle);
  expect(servers.beta.count(cancelled)).toBe(0);
});

describe("while servers are starting", () => {
  someCells("cancel.methods", ["LL", "LM", "ML", "MM"], async (cell) => {
    const { client, servers, settle, send } = await open(cell, { alpha: { ...everything, isHeld: true } });
    const lists = ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] as const;
    const requests = [...lists.map((method) => [method, "{}"] as const), ...methods].map(([method, params]) => ({
      method,
      request: send(method, params),
    }));
    for (const { request } of requests) client.cancel(request.id);
    await client.ping();
    servers.alpha.open();
    await settle();
    await client.ping();
    // The list that greeting the server asked for is still wanted.
    const replies = client.peer.lines.filter(({ json }) => requests.some(({ request }) => request.id === json.id));
    expect(replies).toEqual([]);
    for (const [method] of methods) expect(servers.alpha.count(method)).toBe(0);
  });
});

describe("while the client is asked", () => {
  someCells("cancel.request", ["LL", "LM"], async (cell) => {
    const { client, begin, servers, relay } = await open(cell, { alpha: everything }, { client: able });
    const call = begin("alpha__do");
    const running = await servers.alpha.call();
    void running.ask({ who: form("You?") }).catch(() => {}); // Nobody answers it any more.
    const { id, answer } = await client.asked();
    client.cancel(call.id);
    await client.ping();
    await quiet();
    if (cell === "LL") {
      // It is the server that takes its question back, once it knows.
      expect((await servers.alpha.line(cancelled)).json.params.requestId).toBe(Number(running.id));
      answer({ result: accepted });
      await servers.alpha.line('"id":"ask 1"');
    } else {
      expect((await client.notification(cancelled)).json.params.requestId).toBe(id);
      answer({ result: accepted });
      await quiet();
      expect(servers.alpha.count("tools/call")).toBe(1);
    }
    expect(client.peer.left).toEqual([]);
    expect(relay.held).toBe(0);
  });
});
