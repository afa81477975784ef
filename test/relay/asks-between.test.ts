import { expect, test } from "vitest";
import { open } from "../support/cells.ts";
import { quiet } from "../support/turns.ts";
import { openPlans, said } from "./call-tools-stage.ts";
import { able, accepted, address, form, roots } from "./contract/questions.ts";

const alpha = { tools: ["do", "other"] };
const done = '{"content":[{"type":"text","text":"done"}]}';
const cancelled = "notifications/cancelled";

test("a call that goes on with answers can be taken back as before", async () => {
  const { begin, client, relay, servers } = await open("LM", { alpha }, { client: able });
  const call = begin("alpha__do");
  const asked = (await servers.alpha.call()).ask({ who: form("Who?") }, "state");
  await call.questions();
  call.answer(accepted);
  await asked;
  expect(relay.held).toBe(0);
  client.cancel(call.id);
  await servers.alpha.line(cancelled);
});

test("a round in which something cannot be read fails the call, though it has a state", async () => {
  const { begin, servers } = await open("LM", { alpha }, { client: able });
  for (const requests of ["5", '{"a":5}', '{"a":{}}']) {
    const call = begin("alpha__do");
    const members = `"inputRequests":${requests},"requestState":"s"`;
    (await servers.alpha.call()).result(`{"resultType":"input_required",${members}}`);
    expect((await call.result())._meta["tutti/error"]).toMatchObject({ code: "bad_reply" });
  }
});

test("only a form is refused for what it asks: a question of another kind may have fields of any name", async () => {
  const { client, servers } = await open("LL", { alpha }, { client: able });
  const secret = '"requestedSchema":{"type":"object","properties":{"password":{"type":"string"}}}';
  servers.alpha.ask("roots/list", `{${secret}}`);
  await client.asked("roots/list");
  servers.alpha.ask("elicitation/create", `[{${secret}}]`);
  await client.asked("elicitation/create");
});

test("a form is refused for its own fields alone", async () => {
  const { client, servers } = await open("LL", { alpha }, { client: able });
  const fields = '{"password":{"type":"string"}}';
  const params = `{"message":"Who?","requestedSchema":{"type":"object","definitions":${fields},"properties":{}}}`;
  servers.alpha.ask("elicitation/create", params);
  await client.asked("elicitation/create");
  servers.alpha.ask("elicitation/create", params.replace("definitions", "properties"));
  expect((await servers.alpha.answerTo('"ask 2"')).json.error.message).toContain('its field "password"');
  servers.alpha.ask("elicitation/create", '{"message":"Who?","requestedSchema":{"properties":{"apiKey":true}}}');
  expect((await servers.alpha.answerTo('"ask 3"')).json.error.message).toContain('its field "apiKey"');
});

test("the end of an address goes to all again once the client has left that was asked to open it", async () => {
  const ended = "notifications/elicitation/complete";
  const { client, join, servers } = await open("LL", { alpha }, { client: able });
  const [other, third] = [await join(), await join()];
  const { method, params } = address("Go", "e-1");
  servers.alpha.ask(method, JSON.stringify(params));
  await client.asked(method);
  servers.alpha.tell(ended, '{"elicitationId":"e-1"}');
  await client.notification(ended);
  expect(other.count(ended)).toBe(0);
  client.leave();
  await quiet();
  servers.alpha.tell(ended, '{"elicitationId":"e-1"}');
  await Promise.all([other, third].map((one) => one.notification(ended)));
});

test("what a server asks before its first lists are there is open when they are", async () => {
  const answers = {
    "tools/list": (_request: unknown, server: { ask: (method: string, params: string) => string }) => {
      server.ask("roots/list", "{}");
      return '"result":{"tools":[]}';
    },
  };
  const { client, servers } = await open("LL", { alpha: { ...alpha, answers } }, { client: able });
  const asked = await client.asked("roots/list");
  expect(client.count(cancelled)).toBe(0);
  asked.answer({ result: { roots: [] } });
  expect((await servers.alpha.answerTo('"ask 1"')).json.result).toEqual({ roots: [] });
});

test("what is taken back while its client is away with another question is not asked when that one is back", async () => {
  const { begin, client, clock, servers } = await open("ML", { alpha }, { client: able });
  const call = begin("alpha__do");
  const running = await servers.alpha.call();
  const first = running.ask({ who: form("Who?") });
  await call.questions();
  const { method, params } = form("And you?");
  servers.alpha.ask(method, JSON.stringify(params));
  await client.ping();
  servers.alpha.tell(cancelled, '{"requestId":"ask 2"}');
  await client.ping();
  call.answer(accepted);
  await first;
  await clock.advance(10);
  running.result(done);
  expect((await call.result()).content[0].text).toBe("done");
  await clock.advance(301_000);
  expect(servers.alpha.heard.filter((text) => text.includes('"id":"ask 2"'))).toEqual([]);
});

test("progress of a call that was parked has the token of the request that came back", async () => {
  const { client, clock, servers } = await open("ML", { alpha }, { client: able });
  client.callWithProgress(1, "alpha__do", '"before"');
  const running = await servers.alpha.call();
  const asked = running.ask({ who: form("Who?") });
  await clock.advance(10);
  const { requestState } = (await client.reply(1)).json.result;
  const more = `,"requestState":${JSON.stringify(requestState)},"inputResponses":{"q1":${JSON.stringify(accepted)}}`;
  client.call(2, "alpha__do", "{}", more, '"progressToken":"after"');
  await asked;
  running.progress(',"progress":1');
  expect((await client.notification("notifications/progress")).json.params.progressToken).toBe("after");
  running.result(done);
  await client.reply(2);
});

test("a call that may run twice is not made again when its server is lost after it has asked its client something", async () => {
  const readOnly = { name: "do", inputSchema: { type: "object" }, annotations: { readOnlyHint: true } };
  const { begin, servers } = await open("LM", { alpha: { tools: [readOnly] } }, { client: able });
  const call = begin("alpha__do");
  const asked = (await servers.alpha.call()).ask({ who: form("Who?") }, "state");
  await call.questions();
  call.answer(accepted);
  await asked;
  servers.alpha.crash();
  expect((await call.result())._meta["tutti/error"]).toMatchObject({ code: "connection_lost", mayHaveRun: true });
  expect(servers.alpha.calls).toHaveLength(2);
});

test("who is away with the questions of a plan has nothing to take back, and hears nothing of its progress", async () => {
  const on = await openPlans("ML", { alpha }, { client: able });
  const { client, clock, servers } = on;
  const plan = on.plan(
    [
      { id: "x", name: "alpha__do" },
      { id: "y", name: "alpha__other" },
    ],
    '"progressToken":"t"',
  );
  const [x, y] = [await servers.alpha.call("do"), await servers.alpha.call("other")];
  const asked = x.ask({ who: roots });
  y.result(said("fine"));
  await clock.advance(400);
  await plan.questions();
  const before = client.count("notifications/progress");
  client.cancel(plan.id);
  await client.ping();
  plan.answer({ roots: [] });
  (await asked).call.result(said("done"));
  const result = await plan.result();
  expect(JSON.parse(result.content[0].text).results).toMatchObject([{ result: "done" }, { result: "fine" }]);
  expect(client.count("notifications/progress")).toBeGreaterThanOrEqual(before);
});

test("a client that leaves ends its own plans, and nobody else's", async () => {
  const on = await openPlans("LL", { alpha });
  const other = await on.join();
  on.plan([{ name: "alpha__do" }]);
  await on.servers.alpha.call("do");
  const theirs = on.plan([{ name: "alpha__other" }], "", other);
  const running = await on.servers.alpha.call("other");
  on.client.leave();
  await on.servers.alpha.line(cancelled);
  running.result(said("done"));
  expect((await theirs.result()).isError).toBe(false);
  expect([on.relay.held, on.servers.alpha.count(cancelled)]).toEqual([0, 1]);
});
