import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import type { HttpServerOptions, HttpStream } from "../../src/transport/http-server.ts";
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

describe("a request", () => {
  test("comes with method, path, headers and the bytes of its body", async () => {
    const server = await serve();
    const body = randomBytes(50_000).toString("latin1");
    const fields = { "mcp-name": "a", "X-List": ["1", "2"] };
    await tell(server.port, post(server.port, fields, body, "POST /mcp/lazy?a HTTP/1.1"));
    const [request] = server.accepted;
    expect(request).toMatchObject({ method: "POST", path: "/mcp/lazy", principal: "" });
    expect(["mcp-name", "x-list", "x-none"].map((name) => request?.header(name))).toEqual(["a", "1, 2", undefined]);
    expect(Buffer.concat(request?.body ?? []).toString("latin1")).toBe(body);
  });

  test("may come in the smallest of chunks, which cost no more than their bytes", async () => {
    const server = await serve();
    const body = randomBytes(20_000).toString("latin1");
    const chunks = [...body].map((one) => `1\r\n${one}\r\n`).join("");
    const fields = { "content-length": undefined, "transfer-encoding": "chunked" };
    const reply = await tell(server.port, post(server.port, fields, `${chunks}0\r\n\r\n`));
    expect(reply.status).toBe(200);
    expect(Buffer.concat(server.accepted[0]?.body ?? []).toString("latin1")).toBe(body);
    expect(server.accepted[0]?.body.length).toBeLessThan(5);
  });

  test("is told to go on with its body only when its head is right", async () => {
    const server = await serve({ tokens: ["a-token-of-ours-1"] });
    const fields = { expect: "100-continue", "content-length": "2" };
    const wrong = new RawClient(server.port).send(post(server.port, fields, ""));
    expect(await wrong.reply()).toMatchObject({ status: 401 });
    await wrong.closed;
    const right = new RawClient(server.port);
    right.send(post(server.port, { ...fields, authorization: "Bearer a-token-of-ours-1" }, ""));
    expect(await right.reply()).toMatchObject({ status: 100 });
    expect(await right.send("[]").reply()).toMatchObject({ status: 200 });
  });

  test("has the same principal for the same token only", async () => {
    const server = await serve({ tokens: ["a-token-of-ours-1", "a-token-of-ours-2"] });
    for (const token of ["a-token-of-ours-1", "a-token-of-ours-2", "a-token-of-ours-1"]) {
      await tell(server.port, post(server.port, { authorization: `Bearer ${token}` }));
    }
    const [first, second, third] = server.accepted.map(({ principal }) => principal);
    expect(first).toMatch(/^[\da-f]{16}$/);
    expect(second).not.toBe(first);
    expect(third).toBe(first);
  });

  test("that is a defect of ours to answer is answered, and the next one as well", async () => {
    let isBroken = true;
    const server = await serve({
      accept: (request) => {
        if (isBroken) throw new Error("broken");
        request.respond(202, {});
      },
    });
    const client = new RawClient(server.port).send(post(server.port));
    const reply = await client.reply();
    expect(reply.status).toBe(500);
    expect(reply.body).not.toContain("broken");
    isBroken = false;
    expect(await client.send(post(server.port)).reply()).toMatchObject({ status: 202, body: "" });
    expect(server.defects).toHaveLength(1);
  });

  test("that asks whether we live is answered without a token, and in the same words", async () => {
    let isReady = false;
    const server = await serve({ tokens: ["a-token-of-ours-1"], isReady: () => isReady });
    const ask = (path: string) => tell(server.port, get(server.port, {}, `GET ${path} HTTP/1.1`));
    expect([await ask("/healthz"), await ask("/readyz")]).toMatchObject([
      { status: 200, body: "ok" },
      { status: 503, body: "not ready" },
    ]);
    isReady = true;
    expect(await ask("/readyz")).toMatchObject({ status: 200, body: "ready" });
    const client = new RawClient(server.port).send(get(server.port, { connection: "close" }, "HEAD /healthz HTTP/1.1"));
    await client.closed;
    expect(client.text).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\n\r\n$/);
  });

  test("of HEAD at /mcp gets no body", async () => {
    const server = await serve();
    const client = new RawClient(server.port).send(get(server.port, { connection: "close" }, "HEAD /mcp HTTP/1.1"));
    await client.closed;
    expect(client.text).toMatch(/^HTTP\/1\.1 405 [\s\S]*allow: POST, GET, DELETE\r\n[\s\S]*\r\n\r\n$/i);
  });
});

describe("a page of an allowed origin", () => {
  test("may read answers and refusals; nobody else is told of sharing", async () => {
    const server = await serve({ origins: ["https://app.example"] });
    const origin = "https://app.example";
    const fields = { origin, "access-control-request-method": "POST", "access-control-request-headers": "mcp-name" };
    const replies = [
      await tell(server.port, get(server.port, fields, "OPTIONS /mcp HTTP/1.1")),
      await tell(server.port, post(server.port, { origin })),
      await tell(server.port, post(server.port, { origin, "content-type": "text/plain" })),
    ];
    expect(replies.map(({ status }) => status)).toEqual([204, 200, 415]);
    expect(replies.map(({ headers }) => headers.get("access-control-allow-origin"))).toEqual([origin, origin, origin]);
    expect(replies[0]?.headers.get("access-control-allow-headers")).toBe("mcp-name");
    const plain = await tell(server.port, post(server.port));
    expect([...plain.headers.keys()].filter((name) => name.startsWith("access-"))).toEqual([]);
  });
});

describe("an answer", () => {
  test("is sent once, byte by byte as it is, and heads cannot be changed later", async () => {
    const bytes = randomBytes(100_000);
    const server = await serve({
      accept: (request) => {
        request.respond(201, { "mcp-session-id": "a" }, [bytes.subarray(0, 7), bytes.subarray(7)]);
        request.respond(500, {}, "late");
        request.stream().write("late");
      },
    });
    const reply = await tell(server.port, post(server.port));
    expect(reply.status).toBe(201);
    expect(reply.headers.get("mcp-session-id")).toBe("a");
    expect(reply.body).toBe(bytes.toString("latin1"));
  });

  test("may be a stream, whose head comes before anything is written", async () => {
    let stream: HttpStream | undefined;
    const server = await serve({
      accept: (request) => {
        stream = request.stream({ "x-accel-buffering": "no" });
      },
    });
    const client = new RawClient(server.port).send(get(server.port));
    const head = await client.until((text) => (text.includes("\r\n\r\n") ? text : undefined));
    expect(head).toMatch(/^HTTP\/1\.1 200 [\s\S]*content-type: text\/event-stream\r\nx-accel-buffering: no\r\n/);
    stream?.write("data: \xe9\n\n");
    stream?.write([Buffer.from("data: "), Buffer.from("2\n\n")]);
    stream?.end();
    stream?.write("late");
    stream?.end();
    const all = await client.until((text) => (text.endsWith("\r\n0\r\n\r\n") ? text : undefined));
    expect(all).toContain("data: \xe9\n\n");
    expect(all).toContain("data: ");
    expect(all).not.toContain("late");
    expect(stream?.isOpen()).toBe(false);
    await tell(server.port, get(server.port));
  });

  test("waits here while the other side does not read, and says when it has been taken", async () => {
    let stream: HttpStream | undefined;
    let drains = 0;
    const server = await serve({
      accept: (request) => {
        stream = request.stream();
        stream.onDrain(() => void drains++);
      },
    });
    const client = new RawClient(server.port).send(get(server.port));
    await until(
      () => stream,
      () => "the stream",
    );
    client.socket.pause();
    const piece = "a".repeat(64 * 1024);
    for (let count = 0; count < 400; count++) stream?.write(piece);
    expect(stream?.queuedBytes()).toBeGreaterThan(8 * 1024 * 1024);
    expect(drains).toBe(0);
    client.socket.resume();
    await client.until(() => (drains > 0 ? true : undefined));
    expect(stream?.queuedBytes()).toBeLessThan(1024 * 1024);
  });

  test.each(["before it begins", "in the middle of its stream", "with much of it waiting"])(
    "is known to be in vain once the other side is gone %s",
    async (when) => {
      const gone: string[] = [];
      let stream: HttpStream | undefined;
      const server = await serve({
        accept: (request) => {
          request.onGone(() => {
            gone.push("once");
            request.onGone(() => void gone.push("afterwards"));
          });
          if (when !== "before it begins") stream = request.stream();
          if (when === "with much of it waiting") stream?.write("a".repeat(16 * 1024 * 1024));
        },
      });
      const client = new RawClient(server.port).send(post(server.port));
      await until(
        () => server.accepted.length > 0,
        () => "the request",
      );
      client.socket.destroy();
      await until(
        () => gone.length === 2,
        () => "that it is gone",
      );
      expect(gone).toEqual(["once", "afterwards"]);
      stream?.write("late");
      stream?.end();
      server.accepted[0]?.respond(200, {}, "late");
      expect(stream?.isOpen() ?? false).toBe(false);
      expect(stream?.queuedBytes() ?? 0).toBe(0);
    },
  );

  test("that has ended is not in vain when the connection ends after it", async () => {
    const gone: string[] = [];
    const server = await serve({
      accept: (request) => {
        request.onGone(() => void gone.push("gone"));
        request.respond(200, {}, "{}");
      },
    });
    const client = new RawClient(server.port);
    for (let count = 0; count < 20; count++) await client.send(post(server.port)).reply();
    client.socket.destroy();
    await tell(server.port, post(server.port));
    expect(gone).toEqual([]);
  });

  test("is given to each of some pipelined requests in order, and more are not taken", async () => {
    const server = await serve({ accept: () => {} });
    const client = new RawClient(server.port).send(post(server.port).repeat(3));
    await until(
      () => server.accepted.length === 3,
      () => "all of them",
    );
    for (const [index, request] of [...server.accepted.entries()].reverse()) request.respond(200, {}, String(index));
    expect([await client.reply(), await client.reply(), await client.reply()].map(({ body }) => body)).toEqual([
      "0",
      "1",
      "2",
    ]);
    const flood = new RawClient(server.port).send(post(server.port).repeat(100));
    await flood.closed;
    expect(server.accepted.length).toBeLessThanOrEqual(3 + 8);
  });
});
