import { describe, expect, test } from "vitest";
import { definition } from "../support/fake-server.ts";
import { stage } from "../support/stage.ts";

const config = { callTimeoutMs: 1500 };

describe("a call that has had no reply by its deadline", () => {
  test("fails when it was sent, and the server is told", async () => {
    const { client, servers, clock } = await stage({ servers: { alpha: { tools: ["echo"], config } } });
    client.call(1, "alpha__echo");
    const { id } = await servers.alpha.call();
    await clock.advance(1499);
    expect(client.peer.left).toEqual([]);
    await clock.advance(1);
    expect(await client.failure(1)).toEqual({
      text: "alpha: no reply within 1.5 s (callTimeoutMs). The call may have run.",
      mark: { origin: "tutti", server: "alpha", code: "timed_out", mayHaveRun: true },
    });
    expect((await servers.alpha.line("cancelled")).json).toEqual({
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId: Number(id), reason: "the deadline of the call has passed" },
    });
  });

  test("fails once: a reply, progress or error that comes later is dropped", async () => {
    const { client, servers, clock, downstreams } = await stage({ servers: { alpha: { tools: ["echo"], config } } });
    client.callWithProgress(1, "alpha__echo", 1);
    const call = await servers.alpha.call();
    await clock.advance(1500);
    await client.failure(1);
    call.progress(',"progress":1');
    call.result();
    call.error('{"code":1,"message":"late"}');
    client.call(2, "alpha__echo");
    (await servers.alpha.call()).result();
    await client.reply(2);
    expect(client.peer.left).toEqual([]);
    expect(downstreams.alpha.openRequests).toBe(0);
  });

  test("fails when it waited in the queue, and did not run; nothing of it is sent", async () => {
    const { client, servers, clock } = await stage({
      servers: { alpha: { tools: ["echo"], config: { ...config, maxConcurrentCalls: 1 } } },
    });
    client.callWithProgress(1, "alpha__echo", 1);
    const first = await servers.alpha.call();
    await clock.advance(500);
    client.call(2, "alpha__echo");
    await clock.advance(900);
    first.progress(',"progress":1');
    await clock.advance(600);
    expect(await client.failure(2)).toEqual({
      text: "alpha: no place among the running calls within 1.5 s (callTimeoutMs, maxConcurrentCalls 1). The call did not run.",
      mark: { origin: "tutti", server: "alpha", code: "timed_out", mayHaveRun: false },
    });
    first.result();
    await client.reply(1);
    expect(servers.alpha.calls.length).toBe(1);
    expect(servers.alpha.count("notifications/cancelled")).toBe(0);
  });

  test("fails when its server was still starting, and did not run", async () => {
    const { client, servers, clock } = await stage({ servers: { alpha: { tools: ["echo"], config, isHeld: true } } });
    client.call(1, "alpha__echo");
    await clock.advance(1500);
    expect(await client.failure(1)).toEqual({
      text: "alpha: still starting after 1.5 s (callTimeoutMs). The call did not run.",
      mark: { origin: "tutti", server: "alpha", code: "unavailable", mayHaveRun: false },
    });
    servers.alpha.open();
    client.call(2, "alpha__echo");
    (await servers.alpha.call()).result();
    await client.reply(2);
    expect(servers.alpha.calls.length).toBe(1);
  });

  test("counts from its arrival, whatever part of the time it waited", async () => {
    const { client, servers, clock } = await stage({ servers: { alpha: { tools: ["echo"], config, isHeld: true } } });
    client.call(1, "alpha__echo");
    await clock.advance(1000);
    servers.alpha.open();
    await servers.alpha.call();
    await clock.advance(499);
    expect(client.peer.left).toEqual([]);
    await clock.advance(1);
    expect((await client.failure(1)).text).toBe("alpha: no reply within 1.5 s (callTimeoutMs). The call may have run.");
  });

  test("is no concern of the calls beside it", async () => {
    const { client, servers, clock } = await stage({
      servers: { alpha: { tools: ["echo"], config }, beta: { tools: ["echo"] } },
    });
    client.call(1, "alpha__echo");
    client.call(2, "beta__echo");
    await clock.advance(1000);
    client.call(3, "alpha__echo");
    await clock.advance(500);
    await client.failure(1);
    await servers.alpha.call();
    (await servers.alpha.call()).result('{"n":3}');
    (await servers.beta.call()).result('{"n":2}');
    expect((await client.reply(3)).json.result).toEqual({ n: 3 });
    expect((await client.reply(2)).json.result).toEqual({ n: 2 });
  });
});

test("a call without a deadline waits", async () => {
  const { client, servers, clock } = await stage({
    servers: { alpha: { tools: ["echo"], config: { callTimeoutMs: 0, callTimeoutCapMs: 0 } } },
  });
  client.call(1, "alpha__echo");
  const call = await servers.alpha.call();
  await clock.advance(10 * 24 * 3_600_000);
  call.result();
  await client.reply(1);
});

test("a call without a deadline ends at callTimeoutCapMs where there is one", async () => {
  const { client, servers, clock } = await stage({
    servers: { alpha: { tools: ["echo"], config: { callTimeoutMs: 0, callTimeoutCapMs: 5000 } } },
  });
  client.call(1, "alpha__echo");
  await servers.alpha.call();
  await clock.advance(4999);
  expect(client.peer.left).toEqual([]);
  await clock.advance(1);
  expect((await client.failure(1)).text).toBe("alpha: no reply within 5 s (callTimeoutCapMs). The call may have run.");
});

describe("a server that does not come up", () => {
  const answers = { initialize: () => undefined };

  test("within connectTimeoutMs is given up, and its calls fail", async () => {
    const { client, clock, downstreams } = await stage({
      servers: { alpha: { answers, config: { connectTimeoutMs: 2000 } } },
      isReady: false,
    });
    client.call(1, "alpha__echo");
    await clock.advance(1999);
    expect(client.peer.left).toEqual([]);
    await clock.advance(1);
    expect(await client.failure(1)).toEqual({
      text: "alpha: no answer within 2 s of its start (connectTimeoutMs). The call did not run.",
      mark: { origin: "tutti", server: "alpha", code: "unavailable", mayHaveRun: false },
    });
    expect(downstreams.alpha.openRequests).toBe(0);
  });

  test("because it never ends its list is given up too", async () => {
    const { client, clock } = await stage({
      servers: { alpha: { answers: { "tools/list": () => undefined }, config: { connectTimeoutMs: 2000 } } },
      isReady: false,
      isGreeted: true,
    });
    await client.ping();
    client.call(1, "alpha__echo");
    await clock.advance(2000);
    expect((await client.failure(1)).mark).toMatchObject({ code: "unavailable" });
  });

  test("and lists its tools after it was given up, while it is ending, offers none of them", async () => {
    const config = { connectTimeoutMs: 2000 };
    const answers = { "tools/list": () => undefined };
    const { client, servers, clock, downstreams } = await stage({
      servers: { alpha: { answers, config, isSlowToStop: true, isHeld: true } },
    });
    await clock.advance(1000);
    servers.alpha.open();
    const { id } = (await servers.alpha.line("tools/list")).json;
    await clock.advance(1000);
    expect(downstreams.alpha.state).toMatchObject({ kind: "down", isFailure: true });
    servers.alpha.send(`{"jsonrpc":"2.0","id":${id},"result":{"tools":[${definition("echo")}]}}`);
    expect(await client.tools(1)).toEqual([]);
    expect(downstreams.alpha.offer.tools.definitions).toEqual([]);
  });

  test("delays nobody else's list beyond startup.waitMs", async () => {
    const { client, clock } = await stage({
      servers: { alpha: { answers }, beta: { tools: ["echo"] } },
      waitMs: 300,
      isReady: false,
      isGreeted: true,
    });
    await clock.advance(300);
    expect(await client.tools(1)).toEqual(["beta__echo"]);
    client.call(2, "alpha__echo");
    await client.ping();
    expect(client.peer.left).toEqual([]);
  });
});
