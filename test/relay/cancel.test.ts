import { describe, expect, test } from "vitest";
import { stage } from "../support/stage.ts";

const one = { servers: { alpha: { tools: ["echo"], config: { maxConcurrentCalls: 1 } } } };
const many = { servers: { alpha: { tools: ["echo"] } } };

const cancelled = '"method":"notifications/cancelled"';

describe("a client that cancels", () => {
  test("a running call makes us cancel it at the server under our id, reason and unknown members kept", async () => {
    const { client, servers, downstreams } = await stage(many);
    client.call('"x"', "alpha__echo");
    const { id } = await servers.alpha.call();
    client.send(
      '{"extra":1.0,"method":"notifications/cancelled","jsonrpc":"2.0","params":{"reason":"b\\u006fred é","n":-0,"requestId":"x","_meta":{}}}',
    );
    expect((await servers.alpha.line(cancelled)).text).toBe(
      `{"extra":1.0,"method":"notifications/cancelled","jsonrpc":"2.0","params":{"reason":"b\\u006fred é","n":-0,"requestId":${id},"_meta":{}}}`,
    );
    await client.ping();
    expect(client.peer.left).toEqual([]);
    expect(downstreams.alpha.openRequests).toBe(0);
  });

  test("a running call gets nothing of it any more: no reply, no progress", async () => {
    const { client, servers } = await stage(many);
    client.callWithProgress(1, "alpha__echo", '"t"');
    const call = await servers.alpha.call();
    client.cancel(1);
    await servers.alpha.line(cancelled);
    call.progress(',"progress":1');
    call.result();
    call.error('{"code":1,"message":"cancelled"}');
    client.call(2, "alpha__echo");
    (await servers.alpha.call()).result();
    await client.reply(2);
    expect(client.peer.left).toEqual([]);
  });

  test("a queued call has it never sent, nor its cancellation", async () => {
    const { client, servers, downstreams } = await stage(one);
    client.call(1, "alpha__echo", '{"n":1}');
    client.call(2, "alpha__echo", '{"n":2}');
    client.call(3, "alpha__echo", '{"n":3}');
    const first = await servers.alpha.call();
    client.cancel(2);
    await client.ping();
    first.result();
    const third = await servers.alpha.call();
    expect(third.line.json.params.arguments).toEqual({ n: 3 });
    third.result();
    await client.reply(3);
    expect(servers.alpha.calls.length).toBe(2);
    expect(servers.alpha.count("notifications/cancelled")).toBe(0);
    expect(downstreams.alpha.openRequests).toBe(0);
  });

  for (const maxConcurrentCalls of [0, 1]) {
    test(`a call that waits for its server's start has it never sent, with maxConcurrentCalls ${maxConcurrentCalls}`, async () => {
      const { client, servers } = await stage({
        servers: { alpha: { tools: ["echo"], isHeld: true, config: { maxConcurrentCalls } } },
      });
      client.call(1, "alpha__echo");
      client.call(2, "alpha__echo");
      client.cancel(1);
      await client.ping();
      servers.alpha.open();
      (await servers.alpha.call()).result();
      await client.reply(2);
      expect(servers.alpha.calls.length).toBe(1);
    });
  }

  test("what is unknown, finished, of another type or of no id at all changes nothing", async () => {
    const { client, servers } = await stage(many);
    client.call(1, "alpha__echo");
    (await servers.alpha.call()).result();
    await client.reply(1);
    client.call(2, "alpha__echo");
    const call = await servers.alpha.call();
    for (const id of [1, 99, '"2"', '" 2"', "2.0", "null", "{}", call.id, 0, '""', "true"]) client.cancel(id);
    client.send('{"jsonrpc":"2.0","method":"notifications/cancelled"}');
    client.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":[2]}');
    client.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"id":2}}');
    await client.ping();
    call.result('{"right":1}');
    expect((await client.reply(2)).json.result).toEqual({ right: 1 });
    expect(servers.alpha.count("notifications/cancelled")).toBe(0);
  });

  test("an id that is in flight twice cancels neither", async () => {
    const { client, servers } = await stage(many);
    client.call(1, "alpha__echo");
    client.call(1, "alpha__echo");
    const [first, second] = [await servers.alpha.call(), await servers.alpha.call()];
    client.cancel(1);
    await client.ping();
    first.result('{"n":1}');
    second.result('{"n":2}');
    expect((await client.reply(1)).json.result).toEqual({ n: 1 });
    expect((await client.reply(1)).json.result).toEqual({ n: 2 });
    expect(servers.alpha.count("notifications/cancelled")).toBe(0);
  });

  test("an id of which one use has ended cancels the other", async () => {
    const { client, servers } = await stage(many);
    client.call(1, "alpha__echo");
    client.call(1, "alpha__echo");
    const [first, second] = [await servers.alpha.call(), await servers.alpha.call()];
    first.result();
    await client.reply(1);
    client.cancel(1);
    expect((await servers.alpha.line(cancelled)).json.params.requestId).toBe(Number(second.id));
  });

  test("twice tells the server once", async () => {
    const { client, servers } = await stage(many);
    client.call(1, "alpha__echo");
    await servers.alpha.call();
    client.cancel(1);
    client.cancel(1);
    await client.ping();
    await servers.alpha.line(cancelled);
    expect(servers.alpha.count("notifications/cancelled")).toBe(1);
  });

  test("a request whose id is a long or escaped string, and which the reason names too, cancels that", async () => {
    const { client, servers } = await stage(many);
    for (const id of [`"${"x".repeat(65_536)}"`, '"\\u0041é\\"😀"', "0", '""', "9007199254740993"]) {
      client.call(id, "alpha__echo");
      const call = await servers.alpha.call();
      client.cancel(id, `,"reason":${id}`);
      expect((await servers.alpha.line(cancelled)).text).toBe(
        `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${call.id},"reason":${id}}}`,
      );
    }
  });

  test("a long call that was sent but not yet read by the server has its cancellation behind it", async () => {
    const { client, servers, clock } = await stage({
      servers: { alpha: { tools: ["echo"], config: { callTimeoutMs: 1000 } } },
    });
    const long = `"${"x".repeat(100_000)}"`;
    client.call(1, "alpha__echo", long);
    client.cancel(1);
    await servers.alpha.line(cancelled);
    servers.alpha.peer?.stopReading();
    for (const id of [2, 3, 4]) client.call(id, "alpha__echo", long);
    await client.ping();
    client.cancel(4);
    await clock.advance(1000);
    servers.alpha.peer?.read();
    for (let n = 0; n < 3; n++) await servers.alpha.line(cancelled);
    const seen: number[] = [];
    for (const text of servers.alpha.heard) {
      const { id, params } = JSON.parse(text);
      if (params?.name === "echo") seen.push(id);
      if (params?.requestId !== undefined) expect(seen).toContain(params.requestId);
    }
    expect(seen.length).toBe(4);
  });

  test("a call in the same turn in which it is sent leaves no call behind", async () => {
    const { client, servers, downstreams } = await stage(one);
    const calls = [1, 2, 3].map(
      (id) => `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"alpha__echo"}}\n`,
    );
    const cancels = [1, 2, 3].map(
      (id) => `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}\n`,
    );
    client.peer.write([...calls, ...cancels].join(""));
    client.call(4, "alpha__echo", '{"n":4}');
    await client.ping();
    let call = await servers.alpha.call();
    while (call.line.json.params.arguments === undefined) call = await servers.alpha.call();
    call.result();
    await client.reply(4);
    expect(servers.alpha.count("notifications/cancelled")).toBe(servers.alpha.calls.length - 1);
    expect(client.peer.left).toEqual([]);
    expect(downstreams.alpha.openRequests).toBe(0);
  });
});
