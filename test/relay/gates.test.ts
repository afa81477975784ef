import { describe, expect, test } from "vitest";
import { type OnStage, stage } from "../support/stage.ts";
import { quiet } from "../support/turns.ts";

function alpha(config: NonNullable<OnStage["config"]>): { servers: { alpha: OnStage } } {
  return { servers: { alpha: { tools: ["echo"], config } } };
}

function numberOf(call: { line: { json: { params: { arguments: { n: number } } } } }): number {
  return call.line.json.params.arguments.n;
}

describe("maxConcurrentCalls", () => {
  test("0 sends every call at once", async () => {
    const { client, servers } = await stage(alpha({ maxConcurrentCalls: 0, maxQueuedCalls: 0 }));
    for (let n = 0; n < 1000; n++) client.call(n, "alpha__echo");
    await quiet();
    expect(servers.alpha.calls.length).toBe(1000);
  });

  for (const most of [1, 4]) {
    test(`${most} sends ${most} at once, the others one by one as these end, in the order in which they came`, async () => {
      const { client, servers, downstreams } = await stage(alpha({ maxConcurrentCalls: most }));
      for (let n = 0; n < 20; n++) client.call(n, "alpha__echo", `{"n":${n}}`);
      for (let n = 0; n < 20; n++) {
        await quiet();
        expect(servers.alpha.calls.length).toBe(Math.min(20, n + most));
        const call = await servers.alpha.call();
        expect(numberOf(call)).toBe(n);
        call.result(`{"n":${n}}`);
        expect((await client.reply(n)).json.result).toEqual({ n });
      }
      expect(downstreams.alpha.openRequests).toBe(0);
    });
  }

  test("of one server holds up no call of another", async () => {
    const { client, servers } = await stage({
      servers: { alpha: { tools: ["echo"], config: { maxConcurrentCalls: 1 } }, beta: { tools: ["echo"] } },
    });
    for (let n = 0; n < 10; n++) client.call(n, n % 2 === 0 ? "alpha__echo" : "beta__echo");
    for (let n = 0; n < 5; n++) (await servers.beta.call()).result();
    for (let n = 1; n < 10; n += 2) await client.reply(n);
    expect(servers.alpha.calls.length).toBe(1);
  });

  test("counts calls that waited for the server's start like all others", async () => {
    const { client, servers } = await stage({
      servers: { alpha: { tools: ["echo"], isHeld: true, config: { maxConcurrentCalls: 2 } } },
    });
    for (let n = 0; n < 5; n++) client.call(n, "alpha__echo", `{"n":${n}}`);
    await client.ping();
    servers.alpha.open();
    const order: number[] = [];
    for (let n = 0; n < 5; n++) {
      await quiet();
      expect(servers.alpha.calls.length).toBe(Math.min(5, n + 2));
      const call = await servers.alpha.call();
      order.push(numberOf(call));
      call.result();
    }
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("maxQueuedCalls", () => {
  test("bounds how many wait; what is beyond fails at once and did not run", async () => {
    const { client, servers } = await stage(alpha({ maxConcurrentCalls: 1, maxQueuedCalls: 2 }));
    for (let n = 0; n < 5; n++) client.call(n, "alpha__echo", `{"n":${n}}`);
    for (const n of [3, 4]) {
      expect(await client.failure(n)).toEqual({
        text: "alpha: 2 calls already wait (maxQueuedCalls). The call did not run.",
        mark: { origin: "tutti", server: "alpha", code: "queue_full", mayHaveRun: false },
      });
    }
    for (let n = 0; n < 3; n++) {
      (await servers.alpha.call()).result();
      await client.reply(n);
    }
    expect(servers.alpha.calls.length).toBe(3);
  });

  test("0 lets none wait", async () => {
    const { client, servers } = await stage(alpha({ maxConcurrentCalls: 2, maxQueuedCalls: 0 }));
    for (let n = 0; n < 3; n++) client.call(n, "alpha__echo");
    expect((await client.failure(2)).mark).toMatchObject({ code: "queue_full" });
    (await servers.alpha.call()).result();
    (await servers.alpha.call()).result();
    await client.reply(0);
    await client.reply(1);
    client.call(3, "alpha__echo");
    (await servers.alpha.call()).result();
    await client.reply(3);
  });

  test("does not count those that were cancelled while they waited", async () => {
    const { client, servers } = await stage(alpha({ maxConcurrentCalls: 1, maxQueuedCalls: 2 }));
    client.call(0, "alpha__echo", '{"n":0}');
    for (let n = 1; n < 500; n++) {
      client.call(n, "alpha__echo", `{"n":${n}}`);
      client.cancel(n);
    }
    client.call(500, "alpha__echo", '{"n":500}');
    client.call(501, "alpha__echo", '{"n":501}');
    await client.ping();
    expect(client.peer.left).toEqual([]);
    for (const n of [0, 500, 501]) {
      const call = await servers.alpha.call();
      expect(numberOf(call)).toBe(n);
      call.result();
      await client.reply(n);
    }
  });
});

describe("a place among the running calls", () => {
  const config = { maxConcurrentCalls: 1, callTimeoutMs: 1000 };

  test("is free again when a call fails at the server", async () => {
    const { client, servers } = await stage(alpha(config));
    client.call(1, "alpha__echo");
    client.call(2, "alpha__echo");
    (await servers.alpha.call()).error('{"code":1,"message":"m"}');
    (await servers.alpha.call()).result();
    await client.reply(2);
  });

  test("is free again when a call's reply cannot be read", async () => {
    const { client, servers } = await stage(alpha(config));
    client.call(1, "alpha__echo");
    client.call(2, "alpha__echo");
    servers.alpha.send(`{"jsonrpc":"2.0","id":${(await servers.alpha.call()).id},"result":{oops}}`);
    expect((await client.failure(1)).mark).toMatchObject({ code: "bad_reply" });
    (await servers.alpha.call()).result();
    await client.reply(2);
  });

  test("is free again when a call times out", async () => {
    const { client, servers, clock } = await stage(alpha(config));
    client.call(1, "alpha__echo");
    await servers.alpha.call();
    await clock.advance(500);
    client.call(2, "alpha__echo");
    await clock.advance(500);
    expect((await client.failure(1)).mark).toMatchObject({ code: "timed_out" });
    (await servers.alpha.call()).result();
    await client.reply(2);
  });

  test("is free again when a call is cancelled", async () => {
    const { client, servers } = await stage(alpha(config));
    client.call(1, "alpha__echo");
    client.call(2, "alpha__echo");
    await servers.alpha.call();
    client.cancel(1);
    (await servers.alpha.call()).result();
    await client.reply(2);
  });

  test("is not needed any more when the server crashes for good: each call ends once, with what it means for it", async () => {
    const { client, servers, downstreams } = await stage(alpha({ maxConcurrentCalls: 2, restartMaxMs: 0 }));
    for (let n = 0; n < 6; n++) client.call(n, "alpha__echo");
    await servers.alpha.call();
    await servers.alpha.call();
    servers.alpha.crash();
    for (const n of [0, 1])
      expect((await client.failure(n)).mark).toMatchObject({ code: "connection_lost", mayHaveRun: true });
    for (const n of [2, 3, 4, 5]) {
      expect(await client.failure(n)).toEqual({
        text: "alpha: its output ended. The call did not run.",
        mark: { origin: "tutti", server: "alpha", code: "unavailable", mayHaveRun: false },
      });
    }
    await client.ping();
    expect(client.peer.left).toEqual([]);
    expect(downstreams.alpha.openRequests).toBe(0);
  });
});
