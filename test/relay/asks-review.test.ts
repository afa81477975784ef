import { describe, expect, test } from "vitest";
import { open } from "../support/cells.ts";
import { quiet } from "../support/turns.ts";
import { able, accepted, address, form } from "./contract/questions.ts";

const alpha = { tools: ["do"], prompts: ["do"], capabilities: { completions: {} } };
const done = '{"content":[{"type":"text","text":"done"}]}';
const cancelled = "notifications/cancelled";

test("a state of our form that is no ASCII is refused, and nothing fails inside", async () => {
  const { client } = await open("ML", { alpha }, { client: able });
  const state = `tutti.1.${"é".repeat(43)}`;
  const reply = await client.ask("tools/call", `{"name":"alpha__do","requestState":"${state}"}`);
  expect(reply.json.error.code).toBe(-32602);
});

test("a state with anything behind it is none of ours", async () => {
  const { begin, client, servers } = await open("ML", { alpha }, { client: able });
  const call = begin("alpha__do");
  const asking = (await servers.alpha.call()).ask({ who: form("You?") });
  await call.questions();
  const params = `{"name":"alpha__do","arguments":{},"requestState":"${call.state}.x"}`;
  expect((await client.ask("tools/call", params)).json.error.code).toBe(-32602);
  call.answer(accepted);
  expect((await asking).answers.who.result).toEqual(accepted);
});

describe("an answer that cannot be read", () => {
  const spoilt = (id: number) => `{"jsonrpc":"2.0","id":${id},"result":{},"error":{}}`;

  test("fails the call whose reply asked", async () => {
    const { begin, client, servers, relay } = await open("LM", { alpha }, { client: able });
    const call = begin("alpha__do");
    (await servers.alpha.call()).result(
      `{"resultType":"input_required","inputRequests":{"a":${JSON.stringify(form("A?"))}}}`,
    );
    client.send(spoilt((await client.asked()).id));
    const { content, _meta } = await call.result();
    expect(content[0].text).toContain("cannot be read");
    expect(_meta["tutti/error"]).toMatchObject({ code: "cannot_ask", server: "alpha", mayHaveRun: true });
    expect(relay.held).toBe(0);
  });

  test("is an error for the server that asked by a request, and nothing is said of a client that left", async () => {
    const { client, servers, relay } = await open("LL", { alpha }, { client: able });
    const asking = servers.alpha.question(form("You?"));
    client.send(spoilt((await client.asked()).id));
    expect((await asking).json.error.message).toContain("cannot be read");
    // It has answered: there is nothing to take back.
    expect(client.count(cancelled)).toBe(0);
    expect(relay.held).toBe(0);
  });
});

describe("what comes while all who could be asked are away", () => {
  const untimed = { ...alpha, config: { askTimeoutMs: 0 } };

  test("is refused when they leave", async () => {
    const { begin, client, servers, clock, relay } = await open("ML", { alpha: untimed }, { client: able });
    const call = begin("alpha__do");
    await servers.alpha.call();
    const first = servers.alpha.question(form("One?"));
    await call.questions();
    const second = servers.alpha.question(form("Two?"));
    await quiet();
    client.leave();
    await clock.advance(100);
    for (const answer of [await first, await second]) expect(answer.json.error).toBeDefined();
    expect(relay.held).toBe(0);
  });

  test("is refused when they do not come back, and not only when its own time is over", async () => {
    const config = { askTimeoutMs: 2000 };
    const { begin, servers, clock } = await open("ML", { alpha: { ...alpha, config } }, { client: able });
    const call = begin("alpha__do");
    await servers.alpha.call();
    void servers.alpha.question(form("One?"));
    await call.questions();
    await clock.advance(1500);
    const second = servers.alpha.question(form("Two?"));
    await clock.advance(600);
    expect((await second).json.error).toBeDefined();
  });
});

test("a parked call that nobody comes back for ends with the longest time of a call where questions have no limit", async () => {
  const config = { askTimeoutMs: 0, callTimeoutMs: 1000, callTimeoutCapMs: 5000 };
  const { begin, servers, clock, relay } = await open("ML", { alpha: { ...alpha, config } }, { client: able });
  const call = begin("alpha__do");
  const asking = (await servers.alpha.call()).ask({ who: form("You?") });
  await call.questions();
  await clock.advance(4000);
  expect(servers.alpha.count(cancelled)).toBe(0);
  await clock.advance(2000);
  expect((await asking).answers.who.error).toBeDefined();
  expect(relay.held).toBe(0);
});

test("a round that nobody answers ends with the longest time of a call where questions have no limit", async () => {
  const config = { askTimeoutMs: 0, callTimeoutMs: 1000, callTimeoutCapMs: 5000 };
  const { begin, servers, clock, relay } = await open("LM", { alpha: { ...alpha, config } }, { client: able });
  const call = begin("alpha__do");
  void (await servers.alpha.call()).ask({ who: form("You?") }).catch(() => undefined); // Never answered.
  await call.questions();
  await clock.advance(6000);
  const { content } = await call.result();
  expect(content[0].text).toContain("within 5 s (callTimeoutCapMs)");
  expect(relay.held).toBe(0);
});

test("a question whose call ends while it is gathered goes to another call that waits", async () => {
  const { begin, servers, clock } = await open("ML", { alpha }, { client: able });
  const call = begin("alpha__do", { n: 1 });
  const asks = await servers.alpha.call();
  await clock.advance(1);
  const newer = begin("alpha__do", { n: 2 });
  const other = await servers.alpha.call();
  const asking = asks.ask({ who: form("You?") });
  await quiet();
  other.result(done);
  await newer.result();
  await call.questions();
  call.answer(accepted);
  expect((await asking).answers.who.result).toEqual(accepted);
});

test("while a client is away with a question all calls of that server have the time for it", async () => {
  const config = { askTimeoutMs: 10_000, callTimeoutMs: 1000 };
  const { begin, servers, clock } = await open("ML", { alpha: { ...alpha, config } }, { client: able });
  const call = begin("alpha__do", { n: 1 });
  const running = await servers.alpha.call();
  await clock.advance(1);
  const newer = begin("alpha__do", { n: 2 });
  await servers.alpha.call();
  // Nobody can tell that it is the older one that asks.
  const asking = running.ask({ who: form("You?") });
  await newer.questions();
  await clock.advance(9000);
  newer.answer(accepted);
  await asking;
  running.result(done);
  expect((await call.result()).content[0].text).toBe("done");
});

test("a question that is put to a client again has all of its time again", async () => {
  const config = { askTimeoutMs: 1000 };
  const { begin, servers, clock } = await open("ML", { alpha: { ...alpha, config } }, { client: able });
  const call = begin("alpha__do");
  const asking = (await servers.alpha.call()).ask({ who: form("You?") });
  await call.questions();
  await clock.advance(900);
  call.retry({});
  await call.questions();
  await clock.advance(900);
  call.answer(accepted);
  expect((await asking).answers.who.result).toEqual(accepted);
});

test("a call that its server cannot get again once it asked may have run", async () => {
  const once = { ...alpha, config: { restartMaxMs: 0 } };
  const { begin, client, servers } = await open("LM", { alpha: once }, { client: able });
  const call = begin("alpha__do");
  (await servers.alpha.call()).result(
    `{"resultType":"input_required","inputRequests":{"a":${JSON.stringify(form("A?"))}}}`,
  );
  const { answer } = await client.asked();
  servers.alpha.crash();
  await quiet();
  answer({ result: accepted });
  const { content, _meta } = await call.result();
  expect(content[0].text).toMatch(/The call may have run\.$/);
  expect(_meta["tutti/error"]).toMatchObject({ code: "unavailable", mayHaveRun: true });
});

test("a server that is down but still talks is asked for nothing, and holds nothing", async () => {
  const { client, downstreams, servers, relay } = await open(
    "LL",
    { alpha: { ...alpha, isSlowToStop: true } },
    { client: able },
  );
  await downstreams.alpha.stop();
  servers.alpha.ask("roots/list", "{}");
  await quiet();
  expect(client.count("roots/list")).toBe(0);
  expect(relay.held).toBe(0);
});

test("a question of a kind that we do not know goes to the client whose call is the newest", async () => {
  const { begin, client, join, servers, clock } = await open("LL", { alpha }, { client: able });
  const second = await join();
  const call = begin("alpha__do", { n: 1 });
  await servers.alpha.call();
  await clock.advance(1);
  const other = begin("alpha__do", { n: 2 }, "", second);
  const running = await servers.alpha.call();
  const asking = running.ask({ it: { method: "x/vendor", params: {} } });
  (await second.asked("x/vendor")).answer({ result: { y: 1 } });
  expect((await asking).answers.it.result).toEqual({ y: 1 });
  expect(client.count("x/vendor")).toBe(0);
  void [call, other];
});

test("the end of one server's address is not told for that of a server whose name runs into it", async () => {
  const servers = { a: alpha, "a b": alpha };
  const on = await open("LL", servers, { client: able });
  const second = await on.join();
  const go = async (tool: string, server: (typeof on.servers)["a"], id: string, from = on.client) => {
    const call = on.begin(tool, {}, "", from);
    const running = await server.call();
    const asking = running.ask({ where: address("Go", id) });
    await call.questions();
    call.answer({ action: "accept" });
    (await asking).call.result(done);
    await call.result();
  };
  await go("a__do", on.servers.a, "b e", on.client);
  await go("a_b__do", on.servers["a b"], "e", second);
  const method = "notifications/elicitation/complete";
  on.servers.a.tell(method, '{"elicitationId":"b e"}');
  await on.client.notification(method);
  expect(second.count(method)).toBe(0);
});

test("what takes a question back does not overtake it where the client does not read", async () => {
  const { client, servers, clock } = await open("LL", { alpha }, { client: able, clientHolds: 1024 });
  client.peer.stopReading();
  const filler = "x".repeat(100_000);
  for (let index = 0; index < 3; index++) servers.alpha.log(`{"level":"error","data":"${filler}"}`);
  await quiet();
  const id = servers.alpha.ask("elicitation/create", `{"message":"${filler}","requestedSchema":{}}`);
  servers.alpha.send(`{"jsonrpc":"2.0","method":"${cancelled}","params":{"requestId":${id}}}`);
  await clock.advance(10);
  client.peer.read();
  await client.notification(cancelled);
  const order = client.peer.lines.flatMap(
    ({ json }) => (json.method?.match(/elicitation|cancelled/) ?? []) as string[],
  );
  expect(order).toEqual(["elicitation", "cancelled"]);
});
