import { describe, expect, test } from "vitest";
import { callIn, finish, idsOf, listen, notice, progress, said } from "./http-calls.ts";
import { inSession, type Peer, peer } from "./http-peer.ts";

describe("a stream that has broken off within a session", () => {
  test("is read on behind any of its events, and loses nothing while nobody reads", () => {
    const one = peer();
    const id = one.begin();
    const call = callIn(one, inSession(id));
    const other = callIn(one, inSession(id));
    for (const n of [1, 2]) {
      progress(call, n);
      progress(other, n * 10);
    }
    call.response.leave();
    progress(call, 3);
    const ids = idsOf(call.response);
    expect(ids.length).toBe(3);
    const again = listen(one, id, ids[1]);
    expect(said(again)).toEqual([2, 3]);
    progress(call, 4);
    finish(call, '{"done":1}');
    expect([said(again), again.isEnded]).toEqual([[2, 3, 4, { done: 1 }], true]);
    expect(said(other.response)).toEqual([10, 20]);
    expect(one.heard).toEqual(["tools/call 1", "tools/call 1"]);
  });

  test("is read on when the reply has come in between, as often as need be, for a time", async () => {
    const one = peer();
    const id = one.begin();
    const call = callIn(one, inSession(id));
    progress(call, 1);
    call.response.leave();
    finish(call, '{"done":1}');
    const [primed] = idsOf(call.response);
    for (const _ of [1, 2]) {
      const again = listen(one, id, primed);
      expect([said(again), again.isEnded]).toEqual([[1, { done: 1 }], true]);
    }
    await one.clock.advance(130_000);
    const late = listen(one, id, primed);
    expect([late.status, late.json.error.message]).toEqual([400, expect.stringMatching(/Last-Event-ID/)]);
  });

  test("has nothing more behind its reply", () => {
    const one = peer();
    const id = one.begin();
    const call = callIn(one, inSession(id));
    progress(call, 1);
    finish(call);
    expect(listen(one, id, idsOf(call.response).at(-1)).status).toBe(204);
  });

  test("is taken over from a connection that is not known to be dead", () => {
    const one = peer();
    const id = one.begin();
    const call = callIn(one, inSession(id));
    progress(call, 1);
    const again = listen(one, id, idsOf(call.response).at(-1));
    expect(call.response.isEnded).toBe(true);
    call.response.leave();
    finish(call);
    expect([said(again), again.isEnded]).toEqual([[{}], true]);
  });

  test("is read on by nobody else", () => {
    const one = peer();
    const [id, stranger] = [one.begin(), one.begin()];
    const call = callIn(one, inSession(id));
    progress(call, 1);
    const silent = callIn(one, inSession(id));
    const [event = ""] = idsOf(call.response);
    const [nonce, stream] = event.split("-");
    expect(listen(one, stranger, event).status).toBe(400);
    for (const forged of [
      "x",
      "1",
      `${nonce}-${stream}`,
      `${nonce}-99-0`,
      `${nonce}-${stream}-0-0`,
      `${nonce}--1-0`,
      `${nonce}-3-0`,
    ]) {
      expect(listen(one, id, forged).status).toBe(400);
    }
    expect(listen(one, id, event).status).toBe(200);
    finish(silent);
    expect(silent.response.status).toBe(200);
  });

  test("that belongs to no request is read on like any other", () => {
    const one = peer();
    const id = one.begin();
    const { client } = one.arrived[0] as Peer["arrived"][number];
    const first = listen(one, id);
    for (const n of [1, 2, 3]) client.notify(notice(n));
    const [primed, afterOne] = idsOf(first);
    expect([said(listen(one, id, afterOne)), said(listen(one, id, primed)), said(listen(one, id))]).toEqual([
      [2, 3],
      [1, 2, 3],
      [],
    ]);
  });

  test("begins with an id for clients that take an event with nothing else in it, and for no others", () => {
    const one = peer();
    const id = one.begin();
    expect(listen(one, id).events).toEqual([{ id: expect.any(String), data: "" }]);
    expect(listen(one, id, undefined, "2025-06-18").events).toEqual([]);
    const call = callIn(one, inSession(id, "2025-06-18"));
    progress(call, 1);
    expect(call.response.events.map(({ data }) => data)).toEqual([notice(1)]);
  });
});
