import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Hostile, hostile, origin, token } from "./hostile-requests.ts";
import { get, post, RawClient, type Served, served, tell } from "./http-raw.ts";

describe("a hostile request", () => {
  let server: Served;
  beforeAll(async () => {
    server = await served({ tokens: ["another-token-of-ours", token], origins: [origin] });
  });
  afterAll(() => server.stop());

  const bytesOf = ({ bytes }: Hostile) => bytes.replaceAll("{port}", String(server.port));

  test("has one of many forms, each under a name of its own", () => {
    expect(hostile.length).toBeGreaterThan(120);
    expect(new Set(hostile.map(({ name }) => name)).size).toBe(hostile.length);
  });

  for (const row of hostile) {
    test(`is refused with ${[row.status].flat().join(" or ")}: ${row.name} (${row.source})`, async () => {
      const seen = server.accepted.length;
      const reply = await tell(server.port, bytesOf(row));
      expect([row.status].flat()).toContain(reply.status);
      expect(server.accepted.slice(seen)).toEqual([]);
      const said = [...reply.headers].join("\n") + reply.body;
      expect(said).not.toMatch(/evil/i);
      expect(said).not.toContain(token);
      expect(reply.headers.get("x-content-type-options")).toBe("nosniff");
      expect(reply.headers.get("cache-control")).toBe("no-store");
      expect(JSON.parse(reply.body)).toEqual(refusal);
    });
  }

  test("is none that differs in nothing from those that are served", async () => {
    const known = { authorization: `Bearer ${token}` };
    const good = [
      post(server.port, known),
      post(server.port, { ...known, host: `localhost:${server.port}` }),
      post(server.port, { ...known, host: `LocalHost:${server.port}` }),
      post(server.port, { ...known, host: `[::1]:${server.port}` }),
      post(server.port, { ...known, origin }),
      post(server.port, { ...known, origin, "sec-fetch-site": "cross-site" }),
      post(server.port, { ...known, "sec-fetch-site": "none" }),
      post(server.port, { authorization: `bearer  ${token}` }),
      post(server.port, { ...known, "content-type": 'Application/JSON ; charset="UTF-8"' }),
      post(server.port, { ...known, accept: "*/*" }),
      post(server.port, { ...known, accept: undefined }),
      post(server.port, { ...known, accept: ["application/json;q=0.5", "text/*"] }),
      post(server.port, { ...known, "content-encoding": "identity" }),
      post(server.port, { ...known, cookie: ["a=b", "c=d"], "x-forwarded-host": "evil.example" }),
      // Java's client says so in each of its first requests: https://www.rfc-editor.org/rfc/rfc9110#section-7.8.
      post(server.port, { ...known, connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMA" }),
      post(server.port, known, "{}", `POST http://127.0.0.1:${server.port}/mcp HTTP/1.1`),
      post(server.port, known, "{}", "POST /mcp/lazy?evil=1 HTTP/1.1"),
      post(server.port, known, "{}", "POST /mcp HTTP/1.0"),
      get(server.port, known),
      get(server.port, { ...known, "content-length": "0" }, "DELETE /mcp HTTP/1.1"),
    ];
    const seen = server.accepted.length;
    const replies = await Promise.all(good.map((bytes) => tell(server.port, bytes)));
    expect(replies.map(({ status }) => status)).toEqual(good.map(() => 200));
    expect(server.accepted.length - seen).toBe(good.length);
    expect(server.defects).toEqual([]);
  });

  test("does not smuggle another one behind it", async () => {
    const seen = server.accepted.length;
    const inner = post(server.port, { authorization: `Bearer ${token}` });
    for (const length of ["+0", "0, 0", String(inner.length)]) {
      const client = new RawClient(server.port).send(get(server.port, { "content-length": length }) + inner);
      await client.closed;
      expect(client.text.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
    }
    expect(server.accepted.length).toBe(seen);
  });
});

const refusal = {
  jsonrpc: "2.0",
  id: null,
  error: { code: expect.any(Number), message: expect.stringMatching(/^[\x20-\x7e]{8,}$/) },
};
