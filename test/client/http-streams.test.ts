import { describe, expect, test } from "vitest";
import { type Call, callIn, finish, idsOf, listen, notice, progress, said } from "./http-calls.ts";
import { type Handed, inSession, type Peer, peer, speaking } from "./http-peer.ts";

const mib = 1024 * 1024;

describe("a response", () => {
  test("is a stream as soon as something comes before the reply, which ends it", () => {
    const one = peer();
    const response = one.ask(speaking(1, "tools/call", ',"name":"t"'));
    const call = { response, call: one.handed[0] as Handed };
    progress(call, 1);
    expect([response.status, response.responseHeaders["x-accel-buffering"], response.isEnded]).toEqual([
      200,
      "no",
      false,
    ]);
    progress(call, 2);
    finish(call, '{"ok":true}');
    expect([said(response), response.isEnded]).toEqual([[1, 2, { ok: true }], true]);
    expect(idsOf(response)).toEqual([]);
  });

  test("has all that belongs to its request, and nothing of others under the same id and token", () => {
    const one = peer();
    const headers = inSession(one.begin());
    const calls = [1, 2, 3].map(() => callIn(one, headers, 1));
    for (const [index, call] of calls.entries()) progress(call, index);
    const asked = { reply: () => {}, progress: () => {}, lost: () => {} };
    const { client, message } = (calls[1] as Call).call;
    client.ask((id) => `{"jsonrpc":"2.0","id":${id},"method":"roots/list"}`, asked, undefined, message);
    for (const [index, call] of calls.toReversed().entries()) finish(call, `{"n":${2 - index}}`);
    expect(calls.map(({ response }) => said(response))).toEqual([
      [0, { n: 0 }],
      [1, "roots/list", { n: 1 }],
      [2, { n: 2 }],
    ]);
  });

  test("begins as a stream after a while, so that who waits does not give up", async () => {
    const one = peer();
    const response = one.ask(speaking(1, "tools/call", ',"name":"t"'));
    await one.clock.advance(14_000);
    expect(response.status).toBeUndefined();
    await one.clock.advance(6000);
    expect([response.status, response.streamed]).toEqual([200, ": still here\n\n"]);
    await one.clock.advance(120_000);
    expect(response.streamed.split("\n\n").length).toBe(4);
    finish({ response, call: one.handed[0] as Handed });
    expect(said(response)).toEqual([{}]);
  });

  test("holds long messages whole, and breaks no line in them", () => {
    const one = peer();
    const response = one.ask(speaking(1, "tools/call", ',"name":"t"'));
    const call = one.handed[0] as Handed;
    call.client.notify('{"jsonrpc":"2.0",\n"method":"a"\r\n}', undefined, call.message);
    const result = [
      Buffer.from('{"id":1,\n"result":{"text":"'),
      Buffer.alloc(mib, "x"),
      Buffer.from('"},"jsonrpc":"2.0"}'),
    ];
    call.client.reply(call.message, result);
    expect(response.messages.map(({ method, result: { text = "" } = {} }) => method ?? text.length)).toEqual([
      "a",
      mib,
    ]);
  });

  test("is JSON where the reply is long and its result comes last", () => {
    const one = peer();
    const response = one.ask(speaking(1, "tools/call", ',"name":"t"'));
    const call = one.handed[0] as Handed;
    const reply = `{"x":"${"x".repeat(40_000)}","jsonrpc":"2.0","id":1,"result":{}}`;
    call.client.reply(call.message, [Buffer.from(reply.slice(0, 39_999)), Buffer.from(reply.slice(39_999))]);
    expect([response.responseHeaders["content-type"], response.text === reply]).toEqual(["application/json", true]);
  });

  test("takes nothing any more after the reply", () => {
    const one = peer();
    const id = one.begin();
    const call = callIn(one, inSession(id));
    progress(call, 1);
    finish(call);
    finish(call);
    const before = call.response.streamed;
    progress(call, 2);
    expect(call.response.streamed).toBe(before);
  });
});

describe("what belongs to no request", () => {
  test("goes to the stream on which a session listens, and waits while there is none", () => {
    const one = peer();
    const id = one.begin();
    const { client } = one.arrived[0] as Peer["arrived"][number];
    client.notify(notice(1));
    const first = listen(one, id);
    client.notify(notice(2));
    first.leave();
    client.notify(notice(3));
    const second = listen(one, id);
    expect([said(first), said(second)]).toEqual([[1, 2], [3]]);
  });

  test("goes to the newest stream only, and to the one before when that is gone", () => {
    const one = peer();
    const id = one.begin();
    const { client } = one.arrived[0] as Peer["arrived"][number];
    const streams = [1, 2, 3, 4, 5].map(() => listen(one, id));
    client.notify(notice(1));
    streams[4]?.leave();
    client.notify(notice(2));
    expect(streams.map(said)).toEqual([[], [], [], [2], [1]]);
    expect(streams.map(({ isEnded }) => isEnded)).toEqual([true, false, false, false, true]);
  });

  test("is dropped beyond a bound, the oldest first", () => {
    const one = peer();
    const id = one.begin();
    const { client } = one.arrived[0] as Peer["arrived"][number];
    for (let n = 0; n < 2000; n++) client.notify(notice(n));
    const numbers = said(listen(one, id));
    expect([numbers.length, numbers.at(-1)]).toEqual([1024, 1999]);
    client.notify(notice('"'.concat("x".repeat(5 * mib), '"')));
    client.notify(notice(1));
    listen(one, id).leave();
    expect(said(listen(one, id, idsOf(listen(one, id))[0])).length).toBeLessThan(3);
  });

  test("is dropped where clients speak for themselves", () => {
    const one = peer();
    const response = one.ask(speaking(1, "tools/call", ',"name":"t"'));
    one.arrived[0]?.client.notify(notice(1));
    expect([response.status, response.streamed]).toEqual([undefined, ""]);
  });

  test("of a call that nobody waits for goes to the session", () => {
    const one = peer();
    const id = one.begin();
    const call = callIn(one, inSession(id));
    const listening = listen(one, id);
    call.response.leave();
    progress(call, 1);
    finish(call);
    expect([said(listening), one.heard]).toEqual([[1], ["tools/call 1"]]);
  });
});
