import { expect, test } from "vitest";
import { stage } from "../support/stage.ts";
import { quiet } from "../support/turns.ts";

const mark = { origin: "tutti", server: "alpha", code: "queue_full", mayHaveRun: false };

test("calls that wait for a server's start are bounded in number, the others are answered", async () => {
  const limits = { maxOpenRequests: 5000 };
  const { client, servers, downstreams } = await stage({ servers: { alpha: { tools: ["do"], isHeld: true } }, limits });
  for (let n = 0; n < 2000; n++) client.call(n, "alpha__do");
  const text =
    "alpha: 1024 calls of 0.1 MB already wait for it to start (at most 1024, and maxQueuedBytes). The call did not run.";
  for (let n = 1024; n < 2000; n++) expect(await client.failure(n)).toEqual({ text, mark });
  // Places of those that are taken back are free.
  for (let n = 0; n < 24; n++) client.cancel(n);
  for (let n = 2000; n < 2024; n++) client.call(n, "alpha__do");
  await client.ping();
  expect(client.peer.left).toEqual([]);
  servers.alpha.open();
  for (let n = 0; n < 1024; n++) (await servers.alpha.call()).result();
  for (let n = 24; n < 1024; n++) await client.reply(n);
  for (let n = 2000; n < 2024; n++) await client.reply(n);
  expect(downstreams.alpha.openRequests).toBe(0);
});

test("calls that wait for a server's start are bounded in bytes, but for one that waits alone", async () => {
  const config = { maxQueuedBytes: 10_000 };
  const { client, servers } = await stage({ servers: { alpha: { tools: ["do"], isHeld: true, config } } });
  const long = JSON.stringify({ text: "x".repeat(20_000) });
  client.call(1, "alpha__do", long);
  client.call(2, "alpha__do");
  expect((await client.failure(2)).mark).toEqual(mark);
  client.cancel(1);
  client.call(3, "alpha__do", JSON.stringify({ text: "x".repeat(9000) }));
  client.call(4, "alpha__do", JSON.stringify({ text: "x".repeat(2000) }));
  expect((await client.failure(4)).mark).toEqual(mark);
  servers.alpha.open();
  (await servers.alpha.call()).result();
  await client.reply(3);
});

test("one request too many of a client is refused at once, whatever it asks; other clients are served", async () => {
  const { client, openClient, servers } = await stage({
    servers: { alpha: { tools: ["do"], resources: ["a://1"] } },
    limits: { maxOpenRequests: 3 },
  });
  const other = openClient();
  for (let n = 0; n < 3; n++) client.call(n, "alpha__do");
  const text = "3 requests of this client are already open (limits.maxOpenRequests). This one did not run.";
  const failure = { origin: "tutti", code: "queue_full", mayHaveRun: false };
  client.call(3, "alpha__do");
  expect(await client.failure(3)).toEqual({ text, mark: failure });
  for (const [id, method, params] of [
    [4, "tools/list", "{}"],
    [5, "resources/read", '{"uri":"a://1"}'],
    [6, "prompts/get", '{"name":"alpha__x"}'],
    [7, "any/thing", "{}"],
  ] as const) {
    client.request(id, method, params);
    expect((await client.reply(id)).json.error).toEqual({
      code: -31_001,
      message: text,
      data: { "tutti/error": failure },
    });
  }
  await client.ping();
  other.call(1, "alpha__do");
  for (let n = 0; n < 4; n++) (await servers.alpha.call()).result();
  for (let n = 0; n < 3; n++) await client.reply(n);
  await other.reply(1);
  client.call(8, "alpha__do");
  client.call(9, "alpha__do");
  client.call(10, "alpha__do");
  client.cancel(9);
  client.call(11, "alpha__do");
  await client.ping();
  expect(client.peer.left).toEqual([]);
  expect(servers.alpha.calls.length).toBe(8);
});

test("a request is refused while too much is held of others, and other clients' too", async () => {
  const { client, openClient, servers, clock } = await stage({
    servers: { alpha: { tools: ["do"] } },
    limits: { maxHeldBytes: 10_000 },
  });
  const other = openClient();
  for (const id of [1, 2]) client.call(id, "alpha__do", JSON.stringify({ text: "x".repeat(6000) }));
  const calls = [await servers.alpha.call(), await servers.alpha.call()];
  await clock.advance(20);
  other.call(1, "alpha__do");
  const text =
    "tutti already holds 10000 bytes of requests and of what is not read (limits.maxHeldBytes). This one did not run.";
  expect(await other.failure(1)).toEqual({ text, mark: { origin: "tutti", code: "queue_full", mayHaveRun: false } });
  for (const call of calls) call.result();
  for (const id of [1, 2]) await client.reply(id);
  await clock.advance(20);
  other.call(2, "alpha__do");
  (await servers.alpha.call()).result();
  await other.reply(2);
});

test("a client that holds nearly all that may be held gets no more, and one that holds little does", async () => {
  const { client, openClient, servers, clock } = await stage({
    servers: { alpha: { tools: ["do"] } },
    limits: { maxHeldBytes: 100_000 },
  });
  const other = openClient();
  for (let id = 1; id <= 15; id++) client.call(id, "alpha__do", JSON.stringify({ text: "x".repeat(6000) }));
  for (let n = 0; n < 15; n++) await servers.alpha.call();
  await clock.advance(20);
  client.call(100, "alpha__do");
  expect(await client.failure(100)).toMatchObject({ mark: { code: "queue_full", mayHaveRun: false } });
  other.call(1, "alpha__do");
  (await servers.alpha.call()).result();
  await other.reply(1);
});

test("what has come of a message that is not whole counts", async () => {
  const { client, openClient, servers, clock } = await stage({
    servers: { alpha: { tools: ["do"] } },
    limits: { maxHeldBytes: 1_000_000 },
  });
  const others = [openClient(), openClient()];
  for (const { peer } of others)
    peer.write(`{"jsonrpc":"2.0","method":"notifications/x","params":{"s":"${"x".repeat(600_000)}`);
  await quiet();
  await clock.advance(20);
  client.call(1, "alpha__do");
  expect((await client.failure(1)).text).toContain("limits.maxHeldBytes");
  others[0]?.peer.write('"}}\n');
  await quiet();
  await clock.advance(20);
  client.call(2, "alpha__do");
  (await servers.alpha.call()).result();
  await client.reply(2);
});

test("a client that leaves holds nothing any more, nor does what it has not read", async () => {
  const { client, openClient, servers, clock } = await stage({
    servers: { alpha: { tools: ["do"] } },
    limits: { maxHeldBytes: 1_000_000 },
  });
  const other = openClient();
  other.peer.stopReading();
  other.call(1, "alpha__do");
  other.call(2, "alpha__do");
  for (let n = 0; n < 2; n++) (await servers.alpha.call()).result(`{"s":"${"x".repeat(800_000)}"}`);
  await clock.advance(20);
  client.call(3, "alpha__do");
  expect((await client.failure(3)).text).toContain("limits.maxHeldBytes");
  other.leave();
  await clock.advance(100);
  client.call(5, "alpha__do");
  await client.ping();
  expect(servers.alpha.calls.length).toBe(3);
});

test("a defect of ours while a call is taken in is its own result, and is logged", async () => {
  const { client, downstreams, defects } = await stage({ servers: { alpha: { tools: ["do"] } } });
  const cause = new Error("a server's side that is broken");
  Object.assign(downstreams.alpha, {
    send: () => {
      throw cause;
    },
  });
  client.call('"é"', "alpha__do");
  expect(await client.failure('"é"')).toEqual({
    text: "tutti failed inside; its log says more. The call may have run.",
    mark: { origin: "tutti", server: "alpha", code: "internal", mayHaveRun: true },
  });
  expect(defects.splice(0)).toEqual([cause]);
});

test("an observer that throws costs no call its reply", async () => {
  const { client, servers, events, defects } = await stage({ servers: { alpha: { tools: ["do"] } } });
  const cause = new Error("an observer that is broken");
  events.subscribe({
    callEnded: () => {
      throw cause;
    },
  });
  for (const id of [1, 2, 3]) client.call(id, "alpha__do");
  for (let n = 0; n < 3; n++) await servers.alpha.call();
  servers.alpha.crash();
  for (const id of [1, 2, 3]) await client.failure(id);
  expect(defects.splice(0)).toEqual([cause, cause, cause]);
});
