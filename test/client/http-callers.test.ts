import { describe, expect, test } from "vitest";
import { enveloped, request as rpc } from "./connect.ts";
import { peer, resultOf, speaking } from "./http-peer.ts";

describe("a request that speaks for itself", () => {
  const statuses: readonly [code: number, status: number][] = [
    [-32601, 404],
    [-32602, 200],
    [-32603, 200],
    [-32020, 400],
    [-32021, 400],
    [-32022, 400],
    [-31005, 200],
    [1, 200],
  ];
  for (const [code, status] of statuses) {
    test(`that fails with ${code} gets status ${status}`, () => {
      const { ask, handed } = peer();
      const response = ask(speaking(1, "tools/list"));
      const reply = `{"error":{"message":"m","code":${code}},"id":1,"jsonrpc":"2.0"}`;
      handed[0]?.client.reply(handed[0].message, reply);
      expect([response.status, response.text]).toEqual([status, reply]);
    });
  }

  test("gets a result that has an error in it with 200", () => {
    const { ask, handed } = peer();
    const response = ask(speaking(1, "tools/call", ',"name":"t"'));
    const reply = '{"result":{"error":{"code":-32601},"method":"x"},"id":1,"jsonrpc":"2.0"}';
    handed[0]?.client.reply(handed[0].message, reply);
    expect([response.status, response.responseHeaders["content-type"], response.text]).toEqual([
      200,
      "application/json",
      reply,
    ]);
  });

  test("is answered by the handshake itself, and 404 says that a method is no more", () => {
    const { ask, handed } = peer();
    expect(ask(speaking(1, "server/discover")).json.result.supportedVersions).toEqual(["2026-07-28"]);
    const ping = ask(speaking(1, "ping"));
    expect([ping.status, ping.json.error.code]).toEqual([404, -32601]);
    expect(handed).toEqual([]);
  });

  test("belongs to the client whose credential, words and path it has", () => {
    const { ask, arrived, clients } = peer();
    const one = speaking(1, "tools/list");
    const other = { ...one, body: rpc(1, "tools/list", enveloped({ info: '{"name":"x","version":"1"}' })) };
    const able = { ...one, body: rpc(1, "tools/list", enveloped({ capabilities: '{"roots":{}}' })) };
    const elsewhere = { ...one, headers: { ...one.headers, origin: "https://a.example" } };
    const askings = [one, other, able, { ...one, path: "/mcp/lazy" } as const, { ...one, principal: "p" }, elsewhere];
    for (const asking of [...askings, ...askings]) ask(asking);
    expect(arrived.map(({ principal, isLazy }) => [principal, isLazy])).toEqual([
      ["", false],
      ["", false],
      ["", false],
      ["", true],
      ["p", false],
      ["", false],
    ]);
    expect(clients.size).toBe(6);
  });

  test("is taken back when its response is closed, and no other under the same id", () => {
    const { ask, handed, heard } = peer();
    const first = ask(speaking(1, "tools/call", ',"name":"t"'));
    const second = ask(speaking(1, "tools/call", ',"name":"t"'));
    first.leave();
    expect(heard.slice(2)).toEqual(["withdrawn 1: the client closed the stream"]);
    const [gone, waits] = handed;
    gone?.client.reply(gone.message, resultOf(gone, '{"n":1}'));
    waits?.client.reply(waits.message, resultOf(waits, '{"n":2}'));
    expect([first.status, second.json.result]).toEqual([undefined, { n: 2 }]);
  });

  test("is not taken back by its id, under which others have requests", () => {
    const { ask, heard } = peer();
    ask(speaking(1, "tools/list"));
    const body = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":${enveloped({}, ',"requestId":1')}}`;
    expect(ask({ body, headers: { "mcp-protocol-version": "2026-07-28" } }).status).toBe(202);
    const bare = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}';
    expect(ask({ body: bare, headers: { "mcp-protocol-version": "2026-07-28" } }).status).toBe(202);
    expect(heard).toEqual(["tools/list 1"]);
  });

  test("may be a notification", () => {
    const { ask, heard } = peer();
    const body = `{"jsonrpc":"2.0","method":"notifications/vendor","params":${enveloped()}}`;
    expect(ask({ body, headers: { "mcp-protocol-version": "2026-07-28" } }).status).toBe(202);
    expect(heard).toEqual(["notifications/vendor"]);
  });

  test("has to repeat in headers what its tool wants there", () => {
    const paramHeaders = (_client: unknown, tool: string) => (tool === "t" ? [{ name: "X", path: ["x"] }] : []);
    const { ask } = peer({ paramHeaders });
    const more = ',"name":"t","arguments":{"x":"1"}';
    const missing = ask(speaking(1, "tools/call", more));
    expect([missing.status, missing.json.error.code]).toEqual([400, -32020]);
    expect(ask(speaking(1, "tools/call", more, { "mcp-param-x": "1" })).status).toBeUndefined();
    expect(ask(speaking(1, "tools/call", ',"name":"u","arguments":{"x":"1"}')).status).toBeUndefined();
  });

  test("cannot listen or leave", () => {
    const { ask } = peer();
    for (const method of ["GET", "DELETE"] as const) {
      const { status, responseHeaders } = ask({ method, headers: { "mcp-protocol-version": "2026-07-28" } });
      expect([status, responseHeaders["allow"]]).toEqual([405, "POST"]);
    }
  });
});
