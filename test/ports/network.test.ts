import { createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { answered, head, type RawRequest, rawServer, writeEndlessly } from "../support/http-servers.ts";
import { failure, network, post, whole } from "../support/outbound.ts";
import { until } from "../support/turns.ts";

/** A port at which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const ok = ({ socket }: RawRequest): void => void socket.write(answered(200, { "x-one": "1" }, "{}"));

describe("a request", () => {
  test("goes out with its bytes and headers, and asks for no packing", async () => {
    const server = await rawServer(ok);
    const url = new URL("?a=%20b#c", server.url);
    const { response } = network().request(post(url, '{"a":"\xc3\xa9"}', { "Mcp-Method": "x" }));
    const { status, header, body } = await response;
    expect([status, header("X-One"), header("absent")]).toEqual([200, "1", undefined]);
    expect((await whole({ status, header, body, abort: () => {} })).toString()).toBe("{}");
    const [request] = server.requests;
    expect(request?.line).toBe("POST /mcp?a=%20b HTTP/1.1");
    expect(request?.body).toBe('{"a":"\xc3\xa9"}');
    expect(request?.headers).toEqual({
      host: url.host,
      "accept-encoding": "identity",
      "content-length": "10",
      "content-type": "application/json",
      "mcp-method": "x",
      connection: "keep-alive",
    });
  });

  test("goes out in pieces as in one", async () => {
    const server = await rawServer(ok);
    const pieces = ["{", '"a"', ":1}"].map((text) => Buffer.from(text));
    await network().request(post(server.url, pieces)).response;
    expect(server.requests[0]?.body).toBe('{"a":1}');
    expect(server.requests[0]?.headers["content-length"]).toBe("7");
  });

  test("says when the system has taken its last byte, before it is answered", async () => {
    const server = await rawServer(() => {});
    let isTaken = false;
    const exchange = network().request({ ...post(server.url), onTaken: () => (isTaken = true) });
    const failed = failure(exchange.response);
    await until(
      () => isTaken,
      () => "the last byte",
    );
    exchange.abort();
    expect((await failed).isSent).toBe(true);
  });

  test("takes user and password of the URL, unless it has a login of its own", async () => {
    const server = await rawServer(ok);
    const url = new URL(server.url);
    [url.username, url.password] = ["me", "p%40ss"];
    const outbound = network();
    await outbound.request(post(url)).response;
    await outbound.request(post(url, "{}", { Authorization: "Bearer x" })).response;
    expect(server.requests.map(({ headers }) => headers["authorization"])).toEqual([
      `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
      "Bearer x",
    ]);
  });

  test("keeps its connection for the next one, and never follows a redirect", async () => {
    const server = await rawServer(({ socket }) => void socket.write(answered(307, { location: "/elsewhere" }, "")));
    const outbound = network();
    for (const _ of [1, 2, 3]) {
      const response = await outbound.request(post(server.url)).response;
      expect(response.status).toBe(307);
      await whole(response);
    }
    expect([server.connections(), server.requests.length]).toEqual([1, 3]);
  });

  test("closes its connection when nothing more is asked, and not while it waits for its answer", async () => {
    let isClosed = false;
    const server = await rawServer((request) => {
      request.socket.on("close", () => {
        isClosed = true;
      });
      setTimeout(() => ok(request), 150);
    });
    const outbound = network({ idleMs: 30 });
    for (const _ of [1, 2]) expect(String(await whole(await outbound.request(post(server.url)).response))).toBe("{}");
    await expect.poll(() => isClosed).toBe(true);
    expect(server.connections()).toBe(1);
  });

  test("that nobody answers is ended by abort, on the server's side too", async () => {
    let isGone = false;
    const server = await rawServer(({ socket }) => void socket.on("close", () => (isGone = true)));
    const exchange = network().request(post(server.url));
    const failed = failure(exchange.response);
    await until(
      () => server.requests.length > 0,
      () => "the request",
    );
    exchange.abort();
    await failed;
    await until(
      () => isGone,
      () => "the end of the connection",
    );
  });

  test("of a whole exchange is not ended by abort in the next one's connection", async () => {
    const server = await rawServer(ok);
    const outbound = network();
    const first = outbound.request(post(server.url));
    const answer = await first.response;
    await whole(answer);
    const second = outbound.request(post(server.url));
    first.abort();
    answer.abort();
    expect((await whole(await second.response)).toString()).toBe("{}");
    expect(server.connections()).toBe(1);
  });
});

describe("a request fails, certainly not sent,", () => {
  test("where nothing listens", async () => {
    const url = new URL(`http://me:secret@127.0.0.1:${await freePort()}/mcp?key=secret`);
    expect(await failure(network().request(post(url)).response)).toEqual({
      text: "nothing listens at SERVER (ECONNREFUSED)",
      isSent: false,
    });
  });

  test("where there is no such host", async () => {
    const { text, isSent } = await failure(network().request(post(new URL("http://nowhere.invalid/"))).response);
    expect(text).toMatch(/nowhere\.invalid (?:\(ENOTFOUND\)|cannot be looked up just now \(EAI_AGAIN\))/);
    expect(isSent).toBe(false);
  });

  test("where the connection takes too long", async () => {
    // A server that never shakes hands: the connection itself is made.
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const outbound = network({ connectMs: 50 });
    expect(await failure(outbound.request(post(new URL(`https://127.0.0.1:${port}/`))).response)).toEqual({
      text: "no connection to SERVER within 0.05 s",
      isSent: false,
    });
  });

  test("where TLS is broken off", async () => {
    const server = createServer((socket) => void socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const { text, isSent } = await failure(network().request(post(new URL(`https://127.0.0.1:${port}/`))).response);
    expect(text).toMatch(/^TLS with SERVER failed \(/);
    expect(isSent).toBe(false);
  });

  test("where a header cannot be written, without its value", async () => {
    const { url } = await rawServer(ok);
    const { response } = network().request(post(url, "{}", { authorization: "Bearer se\ncret" }));
    expect(await failure(response)).toEqual({
      text: "the header authorization cannot be sent as it is",
      isSent: false,
    });
  });

  test("where the scheme is another, and after the network was closed", async () => {
    const outbound = network();
    expect(await failure(outbound.request(post(new URL("ftp://x/"))).response)).toEqual({
      text: "ftp:// is neither http:// nor https://",
      isSent: false,
    });
    outbound.close();
    expect((await failure(outbound.request(post(new URL("http://x/"))).response)).isSent).toBe(false);
  });

  test("where it is aborted before there is a connection", async () => {
    const exchange = network().request(post((await rawServer(ok)).url));
    exchange.abort();
    expect((await failure(exchange.response)).isSent).toBe(false);
  });
});

describe("a request fails, and may have been sent,", () => {
  const answers: readonly (readonly [string, (request: RawRequest) => void, string])[] = [
    [
      "the connection ends",
      ({ socket }) => void socket.end(),
      "SERVER closed the connection before it answered (ECONNRESET)",
    ],
    [
      "it is reset",
      ({ socket }) => void socket.resetAndDestroy(),
      "SERVER closed the connection before it answered (ECONNRESET)",
    ],
    [
      "the answer is no HTTP",
      ({ socket }) => void socket.write("220 mail ESMTP\r\n"),
      "SERVER does not answer in HTTP (HPE_INVALID_CONSTANT)",
    ],
    [
      "the headers are too long",
      ({ socket }) => void socket.write(head(200, { "x-long": "x".repeat(20_000) })),
      "the headers of SERVER's answer have over 16 KiB",
    ],
    [
      "the headers never end",
      ({ socket }) => {
        socket.write("HTTP/1.1 200 OK\r\n");
        writeEndlessly(socket, () => Buffer.from("x-more: xxxxxxxxxxxxxxxxx\r\n"));
      },
      "the headers of SERVER's answer have over 16 KiB",
    ],
    [
      "it is packed twice",
      ({ socket }) => void socket.write(answered(200, { "content-encoding": "gzip, gzip" }, gzipSync(gzipSync("{}")))),
      "its answer is packed in a way that is not taken (content-encoding gzip, gzip)",
    ],
  ];
  for (const [what, answer, text] of answers) {
    test(`where ${what}`, async () => {
      const server = await rawServer(answer);
      expect(await failure(network().request(post(server.url)).response)).toEqual({ text, isSent: true });
    });
  }

  test("where a kept connection is closed under it, while its siblings live on", async () => {
    const server = await rawServer((request) => {
      if (request.body === "end") request.socket.destroy();
      else ok(request);
    });
    const outbound = network();
    await whole(await outbound.request(post(server.url)).response);
    const lost = failure(outbound.request(post(server.url, "end")).response);
    const sibling = outbound.request(post(server.url)).response;
    expect((await lost).isSent).toBe(true);
    expect((await whole(await sibling)).toString()).toBe("{}");
  });
});
