import { afterEach, describe, expect, test } from "vitest";
import type { HttpServerOptions } from "../../src/transport/http-server.ts";
import { until } from "../support/turns.ts";
import { get, post, RawClient, type Served, served, tell } from "./http-raw.ts";

const servers: Served[] = [];
const clients: RawClient[] = [];

async function serve(options: Partial<HttpServerOptions> = {}): Promise<Served> {
  const server = await served(options);
  servers.push(server);
  return server;
}

function connected(server: Served, count: number, bytes = ""): RawClient[] {
  const all = Array.from({ length: count }, () => new RawClient(server.port).send(bytes));
  clients.push(...all);
  return all;
}

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

describe("who is slow", () => {
  test.each([
    ["with the first byte", ""],
    ["with the rest of a head", "POST /mcp HTTP/1.1\r\nhost: "],
  ])("%s is told so, and let go", async (_, bytes) => {
    const server = await serve({ limits: { headersMs: 100, requestMs: 60_000 } });
    const [client] = connected(server, 1, bytes) as [RawClient];
    expect(await client.reply()).toMatchObject({ status: 408 });
    await client.closed;
    expect(server.accepted).toEqual([]);
  });

  test("with a body is told so, and let go", async () => {
    const server = await serve({ limits: { headersMs: 100, requestMs: 200 } });
    const [client] = connected(server, 1, post(server.port, { "content-length": "10" }, "{")) as [RawClient];
    expect(await client.reply()).toMatchObject({ status: 408 });
    await client.closed;
    expect(server.accepted).toEqual([]);
  });

  test("byte by byte has no more time than others", async () => {
    const server = await serve({ limits: { headersMs: 100, requestMs: 60_000 } });
    const [client] = connected(server, 1) as [RawClient];
    const head = `POST /mcp HTTP/1.1\r\nx: ${"a".repeat(10_000)}`;
    let sent = 0;
    const drip = setInterval(() => void client.send(head[sent++] ?? "a"), 5);
    await client.closed;
    clearInterval(drip);
    expect(sent).toBeLessThan(head.length);
  });

  test("to ask again on a connection is let go, and who waits long for an answer is not", async () => {
    const server = await serve({ accept: () => {}, limits: { headersMs: 50, requestMs: 50, keepAliveMs: 50 } });
    const [waiting, idle] = connected(server, 2) as [RawClient, RawClient];
    waiting.send(post(server.port));
    idle.send(get(server.port, {}, "GET /healthz HTTP/1.1"));
    await idle.closed;
    expect(waiting.isClosed).toBe(false);
    server.accepted[0]?.respond(200, {}, "at last");
    expect(await waiting.reply()).toMatchObject({ status: 200, body: "at last" });
  });
});

describe("many connections", () => {
  test("that ask nothing, 200 and more of them, give way to who asks", async () => {
    const server = await serve();
    const idle = connected(server, 200);
    const half = connected(server, 200, "POST /mcp HTTP/1.1\r\nhost: ");
    const replies = await Promise.all(Array.from({ length: 50 }, () => tell(server.port, post(server.port))));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    await until(
      () => open([...idle, ...half]) <= 128,
      () => "that those too many are let go",
    );
    connected(server, 200);
    expect(await tell(server.port, post(server.port))).toMatchObject({ status: 200 });
  });

  test("give way in order: who has never asked first, and who is at work never", async () => {
    const server = await serve({ accept: () => {}, limits: { maxConnections: 3 } });
    const [busy] = connected(server, 1, post(server.port)) as [RawClient];
    await until(
      () => server.accepted.length === 1,
      () => "the request",
    );
    const [kept] = connected(server, 1, get(server.port, {}, "GET /healthz HTTP/1.1")) as [RawClient];
    await kept.reply();
    const [silent] = connected(server, 1) as [RawClient];
    await connectedTo(silent);
    expect(await tell(server.port, get(server.port, {}, "GET /healthz HTTP/1.1"))).toMatchObject({ status: 200 });
    await silent.closed;
    expect([busy.isClosed, kept.isClosed]).toEqual([false, false]);
  });

  test("that are all at work leave no room, which the next one is told at once", async () => {
    const server = await serve({ accept: () => {}, limits: { maxConnections: 3 } });
    const busy = connected(server, 3, post(server.port));
    await until(
      () => server.accepted.length === 3,
      () => "the requests",
    );
    const [next] = connected(server, 1) as [RawClient];
    const reply = await next.reply();
    expect(reply.status).toBe(503);
    expect(reply.headers.get("retry-after")).toBe("1");
    await next.closed;
    server.accepted[0]?.respond(200, {}, "{}");
    await Promise.race(busy.map((client) => client.reply()));
    const [again] = connected(server, 1, post(server.port)) as [RawClient];
    await until(
      () => server.accepted.length === 4,
      () => "the request",
    );
    server.accepted[3]?.respond(200, {}, "{}");
    expect(await again.reply()).toMatchObject({ status: 200 });
  });
});

function open(all: readonly RawClient[]): number {
  return all.filter(({ isClosed }) => !isClosed).length;
}

async function connectedTo({ socket }: RawClient): Promise<void> {
  if (socket.connecting) await new Promise((resolve) => void socket.once("connect", resolve));
}
