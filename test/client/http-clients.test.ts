import { describe, expect, test } from "vitest";
import { enveloped, request as rpc } from "./connect.ts";
import { type Asking, inSession, peer, speaking } from "./http-peer.ts";

const minuteMs = 60_000;

describe("a POST is refused", () => {
  const cases: readonly [what: string, asking: Asking, status: number, code: number, id?: unknown][] = [
    ["that is no JSON", { body: "{" }, 400, -32700],
    ["that is empty", { body: " " }, 400, -32700],
    ["that is not UTF-8", { body: Buffer.from([0x22, 0xff, 0x22]) }, 400, -32700],
    ["that is a batch", { body: `[${rpc(1, "tools/list")}]` }, 400, -32600],
    ["that is no JSON-RPC", { body: "{}" }, 400, -32600],
    ["that is nested too deeply", { body: "[".repeat(40) + "]".repeat(40) }, 400, -32600],
    ["that says its method twice", { body: '{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}' }, 400, -32600, 1],
    ["that names no session", { body: rpc(7, "tools/list") }, 400, -32600, 7],
    [
      "that names a session which is not there",
      { body: rpc(7, "tools/list"), headers: inSession("x") },
      404,
      -32600,
      7,
    ],
    ["that answers without a session", { body: '{"jsonrpc":"2.0","id":7,"result":{}}' }, 400, -32600],
    ["that discovers without an envelope", { body: rpc(7, "server/discover") }, 400, -32602, 7],
    ["that lacks its envelope", { ...speaking(7, "tools/list"), body: rpc(7, "tools/list") }, 400, -32602, 7],
    [
      "with half an envelope",
      { ...speaking(7, "tools/list"), body: rpc(7, "tools/list", enveloped({ capabilities: undefined })) },
      400,
      -32602,
      7,
    ],
    [
      "with a version that nobody knows",
      { headers: {}, body: rpc(7, "tools/list", enveloped({ version: '"1900-01-01"' })) },
      400,
      -32022,
      7,
    ],
    ["with two versions", speaking(7, "tools/list", "", { "mcp-protocol-version": "2025-11-25" }), 400, -32020, 7],
    ["without its method in a header", speaking(7, "tools/list", "", { "mcp-method": undefined }), 400, -32020, 7],
    [
      "that initializes under a version without sessions",
      { headers: { "mcp-protocol-version": "2026-07-28" }, body: rpc(7, "initialize") },
      400,
      -32020,
      7,
    ],
    [
      "that initializes under a version that nobody knows",
      { headers: { "mcp-protocol-version": "1900-01-01" }, body: rpc(7, "initialize") },
      400,
      -32600,
      7,
    ],
    [
      "that answers where nothing is asked",
      { headers: { "mcp-protocol-version": "2026-07-28" }, body: '{"jsonrpc":"2.0","id":7,"result":{}}' },
      400,
      -32600,
    ],
  ];
  for (const [what, asking, status, code, id = null] of cases) {
    test(what, () => {
      const { ask, clients } = peer();
      const { status: said, json } = ask(asking);
      expect({ status: said, code: json.error.code, id: json.id }).toEqual({ status, code, id });
      expect(clients.size).toBe(0);
    });
  }
});

describe("a client", () => {
  test("leaves when nothing of it was open for its time, and not before", async () => {
    const { begin, ask, clock, clients, heard } = peer({ idleMs: 5 * minuteMs });
    const id = begin();
    ask(speaking(1, "server/discover"));
    const listening = ask({ method: "GET", headers: inSession(id) });
    await clock.advance(6 * minuteMs);
    expect([clients.size, heard]).toEqual([1, ["closed"]]);
    listening.leave();
    await clock.advance(4 * minuteMs);
    expect(clients.size).toBe(1);
    await clock.advance(2 * minuteMs);
    expect([clients.size, heard, clock.timers()]).toEqual([0, ["closed", "closed"], 0]);
  });

  test("leaves though requests are under way, when it does not wait for any of them", async () => {
    const { begin, ask, clock, heard } = peer({ idleMs: minuteMs });
    const id = begin();
    const open = ask({ headers: inSession(id), body: rpc(5, "tools/list") });
    await clock.advance(2 * minuteMs);
    expect(heard).toEqual(["tools/list 5"]);
    open.leave();
    await clock.advance(2 * minuteMs);
    expect(heard).toEqual(["tools/list 5", "closed"]);
  });

  test("gives way to others when it has been idle for a minute, the longest first", async () => {
    const { begin, ask, clock, clients } = peer({ maxClients: 2 });
    const first = begin();
    await clock.advance(minuteMs);
    const second = begin();
    const third = begin();
    expect(ask({ headers: inSession(first), body: rpc(1, "ping") }).status).toBe(404);
    expect(ask({ headers: inSession(second), body: rpc(1, "ping") }).status).toBe(200);
    expect(ask({ headers: inSession(third), body: rpc(1, "ping") }).status).toBe(200);
    const refused = ask({ body: rpc(1, "initialize") });
    expect([refused.status, refused.responseHeaders["retry-after"], refused.json.id]).toEqual([503, "10", 1]);
    expect(refused.json.error.message).toMatch(/too many sessions/);
    expect(clients.size).toBe(2);
  });

  test("that speaks for itself is refused where there are too many", () => {
    const { ask } = peer({ maxClients: 1 });
    ask(speaking(1, "server/discover"));
    const refused = ask({ ...speaking(2, "server/discover"), principal: "q" });
    expect([refused.status, refused.json.error.code]).toEqual([503, -31001]);
  });

  test("gets an error where we have a defect, and is served on", () => {
    const request = () => {
      throw new Error("oops");
    };
    const { begin, ask, defects } = peer({}, { request });
    const id = begin();
    const failed = ask({ headers: inSession(id), body: rpc(5, "tools/list") });
    expect([failed.status, failed.json.error.code, failed.json.id]).toEqual([200, -32603, 5]);
    expect(defects).toEqual([new Error("oops")]);
    expect(ask({ headers: inSession(id), body: rpc(1, "ping") }).status).toBe(200);
  });
});

test("stop ends everything: streams are ended as they should be, and nothing is served any more", () => {
  const { begin, ask, clients, heard, handed } = peer();
  const id = begin();
  const listening = ask({ method: "GET", headers: inSession(id) });
  const call = ask(speaking(3, "tools/call", ',"name":"t"'));
  const listen = ask(speaking(4, "subscriptions/listen"));
  const ack = '{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged"}';
  handed[1]?.client.notify(ack, undefined, handed[1].message);
  clients.stop();
  expect([listening.isEnded, call.status, listen.isEnded]).toEqual([true, 503, true]);
  expect(listen.messages[1]).toEqual({
    jsonrpc: "2.0",
    id: 4,
    result: { resultType: "complete", _meta: { "io.modelcontextprotocol/subscriptionId": 4 } },
  });
  expect(heard.filter((what) => what === "closed").length).toBe(2);
  expect([clients.size, ask(speaking(5, "server/discover")).status]).toEqual([0, 503]);
});
