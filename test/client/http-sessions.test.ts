import { describe, expect, test } from "vitest";
import { request as rpc } from "./connect.ts";
import { type Asking, inSession, peer, resultOf } from "./http-peer.ts";

describe("a session", () => {
  test("begins with initialize, which tells its id, and is used with it", () => {
    const { begin, ask, handed, arrived } = peer();
    const id = begin();
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    const response = ask({ headers: inSession(id), body: rpc(5, "tools/list") });
    handed[0]?.client.reply(handed[0].message, resultOf(handed[0]));
    expect([response.status, response.text]).toEqual([200, '{"jsonrpc":"2.0","id":5,"result":{}}']);
    expect(arrived.length).toBe(1);
  });

  test("gets errors with 200, whatever they are", () => {
    const { begin, ask, handed } = peer();
    const response = ask({ headers: inSession(begin()), body: rpc(5, "x/y") });
    handed[0]?.client.reply(handed[0].message, '{"jsonrpc":"2.0","id":5,"error":{"code":-32601,"message":"m"}}');
    expect(response.status).toBe(200);
  });

  test("takes notifications and answers with 202", () => {
    const { begin, ask, heard } = peer();
    const id = begin();
    const statuses = ["notifications/initialized", "notifications/cancelled"].map(
      (method) => ask({ headers: inSession(id), body: `{"jsonrpc":"2.0","method":"${method}"}` }).status,
    );
    const reply = ask({ headers: inSession(id), body: '{"jsonrpc":"2.0","id":1,"result":{}}' });
    expect([...statuses, reply.status]).toEqual([202, 202, 202]);
    expect(heard).toEqual(["notifications/initialized", "notifications/cancelled"]);
  });

  test("is nobody else's: not another credential's, web page's or path's", () => {
    const { begin, ask } = peer();
    const id = begin({ principal: "p", headers: { origin: "https://a.example" } });
    const mine = { principal: "p", headers: { ...inSession(id), origin: "https://a.example" } } as const;
    const askings: readonly Asking[] = [
      { ...mine, principal: "q" },
      { ...mine, headers: inSession(id) },
      { ...mine, headers: { ...inSession(id), origin: "https://b.example" } },
      { ...mine, path: "/mcp/lazy" },
    ];
    for (const asking of askings) {
      for (const method of ["POST", "GET", "DELETE"] as const) {
        expect(ask({ ...asking, method, body: rpc(1, "ping") }).status).toBe(404);
      }
    }
    expect(ask({ ...mine, body: rpc(1, "ping") }).status).toBe(200);
  });

  test("needs a version that it knows, where one is named", () => {
    const { begin, ask } = peer();
    const id = begin();
    const statuses = ["2025-06-18", undefined, "1900-01-01", "2026-07-28"].map(
      (version) => ask({ headers: { ...inSession(id), "mcp-protocol-version": version }, body: rpc(1, "ping") }).status,
    );
    expect(statuses).toEqual([200, 200, 400, 400]);
  });

  test("ends with DELETE: what is open is answered, and its id is not known any more", () => {
    const { begin, ask, heard, clients } = peer();
    const id = begin();
    const open = ask({ headers: inSession(id), body: rpc(5, "tools/list") });
    const listening = ask({ method: "GET", headers: inSession(id) });
    expect(ask({ method: "DELETE", headers: inSession(id) }).status).toBe(204);
    expect([open.status, open.json.error.data["tutti/error"].code]).toEqual([503, "connection_lost"]);
    expect(listening.isEnded).toBe(true);
    expect(heard).toEqual(["tools/list 5", "closed"]);
    expect(ask({ headers: inSession(id), body: rpc(1, "ping") }).status).toBe(404);
    expect(clients.size).toBe(0);
  });

  test("fails only the question whose answer cannot be read", () => {
    const { begin, ask, arrived } = peer();
    const id = begin();
    const lost: string[] = [];
    const asked = { reply: () => {}, progress: () => {}, lost: (why: string) => void lost.push(why) };
    const listening = ask({ method: "GET", headers: inSession(id) });
    arrived[0]?.client.ask((own) => `{"jsonrpc":"2.0","id":${own},"method":"roots/list"}`, asked);
    const spoilt = ask({ headers: inSession(id), body: '{"jsonrpc":"2.0","id":1,"result":{"a":}}' });
    const other = ask({ headers: inSession(id), body: '{"jsonrpc":"2.0","id":9,"result":{"a":}}' });
    expect([spoilt.status, other.status, lost]).toEqual([400, 400, ["spoilt"]]);
    expect(listening.messages.length).toBe(1);
  });

  test("may wait for somebody who answers", () => {
    const { begin, ask, arrived, handed } = peer({ arrived: () => {} });
    expect(arrived).toEqual([]);
    const response = ask({ headers: inSession(begin()), body: rpc(5, "tools/list") });
    expect([response.status, handed]).toEqual([undefined, []]);
  });
});
