import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { HttpServerOptions } from "../../src/transport/http-server.ts";
import { until } from "../support/turns.ts";
import { get, post, RawClient, type Served, served, tell } from "./http-raw.ts";

const servers: Served[] = [];

async function serve(options: Partial<HttpServerOptions> = {}): Promise<Served> {
  const server = await served(options);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

const megabyte = 1024 * 1024;

describe("a server", () => {
  test("listens at both loopback addresses and at nothing else, at one port", async () => {
    const server = await serve({ host: "localhost" });
    expect(server.addresses[0]).toBe(`127.0.0.1:${server.port}`);
    for (const address of server.addresses.slice(1)) expect(address).toBe(`[::1]:${server.port}`);
    for (const address of server.addresses) {
      const host = address.slice(0, address.lastIndexOf(":")).replace(/[[\]]/g, "");
      const client = new RawClient(server.port, host).send(post(server.port, { host: address }));
      expect(await client.reply()).toMatchObject({ status: 200 });
    }
  });

  test("says in one line that its port is taken, and by what that can be helped", async () => {
    const first = await serve();
    const second = served({ port: first.port });
    await expect(second).rejects.toThrow(
      `127.0.0.1:${first.port} cannot be listened at: another program listens there.`,
    );
    expect(await tell(first.port, post(first.port))).toMatchObject({ status: 200 });
  });

  test("does not listen at one loopback address when another program has the other", async () => {
    const other = createServer();
    const isThere = await new Promise((resolve) => {
      other.once("error", () => resolve(false));
      other.listen(0, "::1", () => resolve(true));
    });
    if (isThere !== true) return;
    const { port } = other.address() as { port: number };
    await expect(served({ host: "localhost", port })).rejects.toThrow("another program");
    other.close();
    const server = await serve({ host: "localhost", port });
    expect(server.addresses).toHaveLength(2);
  });

  test.each(["0.0.0.0", "::", "192.0.2.1", "my-box"])("does not serve %s without a token", async (host) => {
    await expect(served({ host })).rejects.toThrow("no token is asked for: set one, or use localhost.");
  });

  test("serves others with a token, by the address that they reach it at", async () => {
    const server = await serve({ host: "0.0.0.0", tokens: ["a-token-of-ours-1"] });
    const authorization = "Bearer a-token-of-ours-1";
    expect(await tell(server.port, post(server.port, { authorization }))).toMatchObject({ status: 200 });
    expect(await tell(server.port, post(server.port))).toMatchObject({ status: 401 });
    const rebound = post(server.port, { authorization, host: `evil.example:${server.port}` });
    expect(await tell(server.port, rebound)).toMatchObject({ status: 403 });
  });

  test("takes no empty token", async () => {
    await expect(served({ tokens: ["a-token-of-ours-1", ""] })).rejects.toThrow("An empty token");
  });

  test("says of an address that is not the machine's what can be done", async () => {
    await expect(served({ host: "192.0.2.1", tokens: ["a-token-of-ours-1"] })).rejects.toThrow(
      "192.0.2.1:0 cannot be listened at: this machine has no such address.",
    );
  });
});

describe("a body", () => {
  test("may be as long as the bound and no longer, whether it says its length or not", async () => {
    const server = await serve();
    const whole = "a".repeat(4 * megabyte);
    const chunked = { "content-length": undefined, "transfer-encoding": "chunked" };
    const inChunks = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
    const statuses = await Promise.all(
      [
        post(server.port, {}, whole),
        post(server.port, chunked, inChunks(whole)),
        post(server.port, {}, `${whole}a`),
        post(server.port, chunked, inChunks(`${whole}a`)),
      ].map(async (bytes) => (await tell(server.port, bytes)).status),
    );
    expect(statuses).toEqual([200, 200, 413, 413]);
    expect(server.accepted).toHaveLength(2);
  });

  test("that is far too long is told so while it is sent, and none of it is kept", async () => {
    const server = await serve();
    const before = process.memoryUsage().arrayBuffers;
    const client = new RawClient(server.port);
    client.send(post(server.port, { "content-length": undefined, "transfer-encoding": "chunked" }, ""));
    const chunk = `100000\r\n${"a".repeat(megabyte)}\r\n`;
    for (let count = 0; count < 16; count++) client.send(chunk);
    expect(await client.reply()).toMatchObject({ status: 413 });
    client.socket.end();
    await client.closed;
    expect(server.accepted).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * megabyte);
  });

  test("is refused while too much of others is being received, and taken again afterwards", async () => {
    const server = await serve({ limits: { maxBodiesBytes: 1000 } });
    const slow = new RawClient(server.port).send(post(server.port, { "content-length": "901" }, "a".repeat(900)));
    const next = () => tell(server.port, post(server.port, {}, "a".repeat(200)));
    let reply = await next();
    while (reply.status === 200) reply = await next();
    expect(reply).toMatchObject({ status: 503 });
    expect(reply.headers.get("retry-after")).toBe("1");
    expect(await slow.send("a").reply()).toMatchObject({ status: 200 });
    expect(await next()).toMatchObject({ status: 200 });
  });

  test("that breaks off reaches nobody", async () => {
    const server = await serve();
    const client = new RawClient(server.port).send(post(server.port, { "content-length": "10" }, "{}"));
    client.socket.end();
    await client.closed;
    expect(await tell(server.port, post(server.port))).toMatchObject({ status: 200 });
    expect(server.accepted).toHaveLength(1);
  });
});

describe("the end", () => {
  test("waits for what is being answered, within its bound, and takes nothing new", async () => {
    const server = await serve({ accept: () => {}, limits: { stopMs: 20_000 } });
    const idle = new RawClient(server.port).send(get(server.port, {}, "GET /healthz HTTP/1.1"));
    expect(await idle.reply()).toMatchObject({ status: 200 });
    const busy = new RawClient(server.port).send(post(server.port));
    await until(
      () => server.accepted.length === 1,
      () => "the request",
    );
    const stopped = server.stop();
    await idle.closed;
    expect(busy.isClosed).toBe(false);
    busy.send(post(server.port));
    server.accepted[0]?.respond(200, {}, "last");
    expect(await busy.reply()).toMatchObject({ status: 200, body: "last" });
    await Promise.all([stopped, busy.closed]);
    expect(server.accepted).toHaveLength(1);
    expect(await tell(server.port, post(server.port))).toMatchObject({ status: 0 });
  });

  test("comes by force for who does not go", async () => {
    const gone: string[] = [];
    const server = await serve({
      accept: (request) => {
        request.stream();
        request.onGone(() => void gone.push("gone"));
      },
      limits: { stopMs: 20 },
    });
    const client = new RawClient(server.port).send(get(server.port));
    await until(
      () => server.accepted.length === 1,
      () => "the request",
    );
    await Promise.all([server.stop(), server.stop(), client.closed]);
    expect(gone).toEqual(["gone"]);
  });
});
