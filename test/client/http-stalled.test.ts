import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../support/turns.ts";
import { enveloped, request as rpc } from "./connect.ts";
import { notice } from "./http-calls.ts";
import { type Handed, type Peer, peer, speaking } from "./http-peer.ts";
import { servedClients } from "./http-served.ts";

const mib = 1024 * 1024;

test("who does not read a real connection holds up what comes for it, and gets all of it later", async () => {
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
  const heard: string[] = [];
  const source = { pause: () => void heard.push("pause"), resume: () => void heard.push("resume") };
  const long = [Buffer.from('{"jsonrpc":"2.0","method":"x","params":"'), Buffer.alloc(mib, "x"), Buffer.from('"}')];
  let sent = 0;
  await until(
    () => {
      one.notifyListens(long, source);
      sent++;
      return heard.length > 0;
    },
    () => "a pause",
  );
  expect(sent).toBeLessThan(40);
  socket.on("data", take);
  socket.resume();
  await until(
    () => came > sent * mib && heard.length > 1,
    () => `all of it: ${came} of ${sent * mib}`,
  );
  expect(heard).toEqual(["pause", "resume"]);
});

describe("a client that does not read", () => {
  /** A stuck response to a call, and a source that says when it is held up. */
  function stuck(one: Peer, id = 1) {
    const response = one.ask({ ...speaking(id, "tools/call", ',"name":"t"'), isStuck: true });
    return { response, call: one.handed.at(-1) as Handed };
  }
  function sourceOf() {
    const heard: string[] = [];
    return { heard, pause: () => void heard.push("pause"), resume: () => void heard.push("resume") };
  }
  const long = [Buffer.from(`{"jsonrpc":"2.0","method":"x","params":"`), Buffer.alloc(mib, "x"), Buffer.from('"}')];

  test("holds up what it does not take, until it does, and only that", () => {
    const one = peer();
    const [source, other] = [sourceOf(), sourceOf()];
    const { response, call } = stuck(one);
    for (let n = 0; n < 4; n++) call.client.notify(long, source, call.message);
    expect(source.heard).toEqual(["pause"]);
    call.client.notify(notice(1), other, call.message);
    expect(other.heard).toEqual([]);
    response.drain();
    expect(source.heard).toEqual(["pause", "resume"]);
  });

  test("holds up nobody once it has gone", () => {
    const one = peer();
    const source = sourceOf();
    const { response, call } = stuck(one);
    for (let n = 0; n < 6; n++) call.client.notify(long, source, call.message);
    response.leave();
    expect(source.heard).toEqual(["pause", "resume"]);
  });

  test("holds up what another holds up as well until both have read", () => {
    const one = peer();
    const source = sourceOf();
    const both = [stuck(one, 1), stuck(one, 2)];
    for (const { call } of both) for (let n = 0; n < 6; n++) call.client.notify(long, source, call.message);
    both[0]?.response.drain();
    expect(source.heard).toEqual(["pause"]);
    both[1]?.response.drain();
    expect(source.heard).toEqual(["pause", "resume"]);
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

  test("is taken for gone after a while, and others get theirs", async () => {
    const one = peer();
    const source = sourceOf();
    const { response, call } = stuck(one);
    for (let n = 0; n < 6; n++) call.client.notify(long, source, call.message);
    await one.clock.advance(20_000);
    expect(source.heard).toEqual(["pause"]);
    await one.clock.advance(20_000);
    expect([source.heard, response.isEnded]).toEqual([["pause", "resume"], true]);
    expect(one.heard.at(-1)).toBe("withdrawn 1: the client closed the stream");
  });
});
