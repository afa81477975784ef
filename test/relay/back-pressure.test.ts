import { describe, expect, test } from "vitest";
import { stage } from "../support/stage.ts";
import { quiet } from "../support/turns.ts";

const tools = ["do"];
const mebibyte = `{"s":"${"x".repeat(1024 * 1024)}"}`;

describe("a client that does not read", () => {
  test("holds up the server that floods it, and no other", async () => {
    const { client, servers, streams } = await stage({ servers: { flood: { tools }, other: { tools } } });
    const [, flood, other] = streams;
    for (let n = 0; n < 12; n++) client.call(n, "flood__do");
    for (let n = 100; n < 140; n++) client.call(n, "other__do");
    client.peer.stopReading();
    for (let n = 0; n < 12; n++) (await servers.flood.call()).result(mebibyte);
    for (let n = 0; n < 40; n++) (await servers.other.call()).result();
    await quiet();
    expect([flood?.input.isPaused(), other?.input.isPaused()]).toEqual([true, false]);

    client.peer.read();
    for (let n = 0; n < 12; n++) await client.reply(n);
    for (let n = 100; n < 140; n++) await client.reply(n);
    const order = client.peer.lines.map(({ text }) => text.length > 1000);
    expect(order.indexOf(false)).toBeLessThan(3);
    expect(order.lastIndexOf(false)).toBeLessThan(order.lastIndexOf(true));
    expect([flood?.input.isPaused(), other?.input.isPaused()]).toEqual([false, false]);
  });

  test("gets the newest progress of a server that floods it, which is not held up", async () => {
    const { client, servers, streams } = await stage({ servers: { alpha: { tools } } });
    client.callWithProgress(1, "alpha__do", 1);
    const call = await servers.alpha.call();
    client.peer.stopReading();
    for (let n = 0; n < 1000; n++) {
      call.progress(`,"progress":${n},"message":"${"x".repeat(8 * 1024)}"`);
      if (n % 10 === 9) await quiet();
    }
    expect(streams[1]?.input.isPaused()).toBe(false);
    call.result();
    await quiet();
    client.peer.read();
    await client.reply(1);
    const told = client.peer.lines.filter(({ text }) => text.includes("notifications/progress"));
    const steps = told.map(({ json }) => json.params.progress);
    expect(steps.length).toBeLessThan(400);
    expect(steps).toEqual([...steps.keys()].slice(0, -1).concat(999));
  });

  test("holds up the server that floods it also where that is started again meanwhile", async () => {
    const { client, servers, streams } = await stage({ servers: { alpha: { tools } } });
    for (let n = 0; n < 12; n++) client.call(n, "alpha__do");
    client.peer.stopReading();
    for (let n = 0; n < 12; n++) (await servers.alpha.call()).result(mebibyte);
    await quiet();
    // As that of a process does that has ended.
    streams[1]?.input.destroy();
    await quiet();
    // Which starts it again; it is greeted all the same.
    client.call(100, "alpha__do");
    await quiet();
    (await servers.alpha.call()).result();
    await quiet();
    expect(streams).toHaveLength(3);
    expect(streams[2]?.input.isPaused()).toBe(true);
    client.peer.read();
    await client.reply(100);
    expect(streams[2]?.input.isPaused()).toBe(false);
  });

  test("and then is gone holds up nobody", async () => {
    const { client, servers, streams, downstreams } = await stage({ servers: { alpha: { tools } } });
    for (let n = 0; n < 12; n++) client.call(n, "alpha__do");
    client.peer.stopReading();
    for (let n = 0; n < 12; n++) (await servers.alpha.call()).result(mebibyte);
    await quiet();
    expect(streams[1]?.input.isPaused()).toBe(true);
    streams[0]?.output.destroy();
    await quiet();
    expect(streams[1]?.input.isPaused()).toBe(false);
    expect(downstreams.alpha.openRequests).toBe(0);
  });
});

test("a client that asks without end and does not read is read no further, until it does", async () => {
  const { client, streams } = await stage({ servers: { alpha: { tools } } });
  const input = streams[0]?.input;
  client.peer.stopReading();
  const id = "x".repeat(8 * 1024);
  for (let n = 0; n < 100; n++) {
    for (let many = 0; many < 10; many++) {
      const what = many === 0 ? '"id":1' : '"jsonrpc":"2.0","method":"ping"';
      client.send(`{"id":"${id}${n}.${many}",${what}}`);
    }
    await quiet();
  }
  expect(input?.isPaused()).toBe(true);
  client.peer.read();
  await quiet();
  expect(input?.isPaused()).toBe(false);
  expect(client.peer.lines.filter(({ text }) => text.includes('"result":{}')).length).toBe(900);
});

describe("a server that does not read", () => {
  test("holds up no call of another", async () => {
    const { client, servers } = await stage({ servers: { stuck: { tools }, other: { tools } } });
    servers.stuck.peer?.stopReading();
    for (let n = 0; n < 10; n++) client.call(n, "stuck__do", mebibyte);
    client.call(100, "other__do", mebibyte);
    (await servers.other.call()).result();
    await client.reply(100);
  });

  test("and asks without end is read no further", async () => {
    const { servers, streams } = await stage({ servers: { alpha: { tools } } });
    servers.alpha.peer?.stopReading();
    const id = "x".repeat(8 * 1024);
    for (let n = 0; n < 100; n++) {
      for (let many = 0; many < 10; many++) {
        servers.alpha.send(`{"jsonrpc":"2.0","id":"${id}${n}.${many}","method":"ping"}`);
      }
      await quiet();
    }
    expect(streams[1]?.input.isPaused()).toBe(true);
    servers.alpha.peer?.read();
    await quiet();
    expect(streams[1]?.input.isPaused()).toBe(false);
    expect(servers.alpha.heard.filter((text) => text.includes('"result":{}')).length).toBe(1000);
  });
});
