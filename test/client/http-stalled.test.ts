import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { slot } from "../../src/wire/members.ts";
import { until } from "../support/turns.ts";
import { enveloped, request as rpc } from "./connect.ts";
import { type Handed, inSession, type Peer, peer, speaking } from "./http-peer.ts";
import { servedClients } from "./http-served.ts";

const mib = 1024 * 1024;

test("who does not read a real connection for a while gets all of it later", async () => {
  const one = await servedClients();
  const socket = connect(Number(one.url.port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const body = rpc(1, "subscriptions/listen", enveloped({}, ',"notifications":{}'));
  const head = [
    "POST /mcp HTTP/1.1",
    `host: ${one.url.host}`,
    "content-type: application/json",
    "accept: application/json, text/event-stream",
    "mcp-protocol-version: 2026-07-28",
    "mcp-method: subscriptions/listen",
    `content-length: ${body.length}`,
  ];
  let came = 0;
  const take = (chunk: Buffer): void => {
    came += chunk.length;
  };
  socket.once("data", (chunk: Buffer) => {
    take(chunk);
    socket.pause();
  });
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  await until(
    () => came > 0,
    () => "the beginning of a response",
  );
  const long = [Buffer.from('{"jsonrpc":"2.0","method":"x","params":"'), Buffer.alloc(mib, "x"), Buffer.from('"}')];
  for (let sent = 0; sent < 12; sent++) one.notifyListens(long);
  socket.on("data", take);
  socket.resume();
  await until(
    () => came > 12 * mib,
    () => `all of it: ${came}`,
  );
});

describe("a client that does not read", () => {
  /** A stuck response to a call, and a source that says when it is held up. */
  function stuck(one: Peer, id = 1) {
    const response = one.ask({ ...speaking(id, "tools/call", ',"name":"t"'), isStuck: true });
    return { response, call: one.handed.at(-1) as Handed };
  }
  const long = [Buffer.from(`{"jsonrpc":"2.0","method":"x","params":"`), Buffer.alloc(mib, "x"), Buffer.from('"}')];

  /** A client about whose call more is said than it reads; whoever answers then fails the call. */
  function overrun() {
    const failed: string[] = [];
    const one = peer(
      {},
      {
        overrun: (message, client, { era }) => {
          failed.push(`${message.raw(slot.id)} ${era}`);
          client.reply(
            message,
            `{"jsonrpc":"2.0","id":${message.raw(slot.id)},"error":{"code":-1,"message":"too much"}}`,
          );
        },
      },
    );
    return { one, failed };
  }

  test("loses what waits of a call about which too much is said, which fails, and no other call", () => {
    const { one, failed } = overrun();
    const [asleep, other] = [stuck(one, 1), stuck(one, 2)];
    for (let n = 0; n < 4; n++) other.call.client.notify(long, undefined, other.call.message);
    let told = 0;
    while (failed.length === 0) {
      asleep.call.client.notify(long, undefined, asleep.call.message);
      told++;
    }
    expect([told, failed]).toEqual([16, ["1 modern"]]);
    asleep.response.drain();
    other.response.drain();
    expect(asleep.response.messages.map(({ method, error }) => method ?? error.message)).toEqual(["x", "too much"]);
    expect(asleep.response.isEnded).toBe(true);
    expect(other.response.messages).toHaveLength(4);
    expect(other.response.isEnded).toBe(false);
  });

  test("has its reply, however long that is, behind what waits", () => {
    const { one, failed } = overrun();
    const { response, call } = stuck(one);
    for (let n = 0; n < 15; n++) call.client.notify(long, undefined, call.message);
    const result = [Buffer.from('{"jsonrpc":"2.0","id":1,"result":"'), Buffer.alloc(20 * mib, "r"), Buffer.from('"}')];
    call.client.reply(call.message, result);
    response.drain();
    expect(failed).toEqual([]);
    expect(response.messages.map(({ method, result: whole }) => method ?? whole.length)).toEqual([
      ...Array.from({ length: 15 }, () => "x"),
      20 * mib,
    ]);
  });

  test("is let go where it listens to more than it reads, and reads on from where it was", () => {
    const one = peer();
    const session = one.begin();
    const listening = one.ask({ method: "GET", headers: inSession(session), isStuck: true });
    const { client } = one.arrived.at(-1) as { client: Client };
    for (let n = 0; n < 9; n++) client.notify(long);
    expect(listening.isEnded).toBe(true);
    const last = listening.events.at(-1)?.id as string;
    const again = one.ask({ method: "GET", headers: { ...inSession(session), "last-event-id": last } });
    // What is kept of the past is bounded.
    expect(again.messages.length).toBeGreaterThan(2);
  });

  test("is taken for gone though it takes a little from time to time, and is not when that is enough", async () => {
    const one = peer();
    const [little, enough] = [stuck(one, 1), stuck(one, 2)];
    for (const { call } of [little, enough])
      for (let n = 0; n < 6; n++) call.client.notify(long, undefined, call.message);
    for (let seconds = 0; seconds < 60; seconds += 10) {
      little.response.queued -= 1000;
      enough.response.queued -= 200_000;
      await one.clock.advance(10_000);
    }
    expect([little.response.isEnded, enough.response.isEnded]).toEqual([true, false]);
  });

  test("is taken for gone after a while", async () => {
    const one = peer();
    const { response, call } = stuck(one);
    for (let n = 0; n < 6; n++) call.client.notify(long, undefined, call.message);
    await one.clock.advance(20_000);
    expect(response.isEnded).toBe(false);
    await one.clock.advance(20_000);
    expect(response.isEnded).toBe(true);
    expect(one.heard.at(-1)).toBe("withdrawn 1: the client closed the stream");
  });
});
