import { brotliCompressSync, createGzip, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { describeBreak } from "../../src/ports/network.ts";
import { answered, chunk, head, httpServer, rawServer, writeEndlessly } from "../support/http-servers.ts";
import { network, post, whole } from "../support/outbound.ts";
import { until } from "../support/turns.ts";

describe("a body", () => {
  const text = JSON.stringify({ text: "é".repeat(50_000) });
  for (const [encoding, bytes] of [
    ["gzip", gzipSync(text)],
    ["X-GZIP", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["br", brotliCompressSync(text)],
    ["identity", Buffer.from(text)],
  ] as const) {
    test(`that comes in ${encoding} is unpacked`, async () => {
      const server = await rawServer(
        ({ socket }) => void socket.write(answered(200, { "content-encoding": encoding }, bytes)),
      );
      const response = await network().request(post(server.url)).response;
      expect((await whole(response)).toString()).toBe(text);
    });
  }

  test("that unpacks to gigabytes costs one error and little memory", async () => {
    const member = gzipSync(Buffer.alloc(16 * 1024 * 1024));
    const bomb = Buffer.concat(Array.from({ length: 128 }, () => member));
    const server = await rawServer(
      ({ socket }) => void socket.write(answered(200, { "content-encoding": "gzip" }, bomb)),
    );
    const before = process.memoryUsage().rss;
    const request = { ...post(server.url), maxUnpackedBytes: 2 * 1024 * 1024 };
    const response = await network().request(request).response;
    let length = 0;
    let most = 0;
    response.body.on("data", (piece: Buffer) => {
      length += piece.length;
      most = Math.max(most, process.memoryUsage.rss());
    });
    const error = await new Promise<Error>((resolve) => response.body.on("error", resolve));
    expect(describeBreak(error)).toBe("its answer unpacks to more than 2097152 bytes");
    expect(length).toBeLessThanOrEqual(2 * 1024 * 1024);
    expect(most - before).toBeLessThan(64 * 1024 * 1024);
  });

  test("that unpacks to a hundred times its size comes a piece at a time from 1 MiB on", async () => {
    const bytes = gzipSync(Buffer.alloc(2 * 1024 * 1024));
    const server = await rawServer(
      ({ socket }) => void socket.write(answered(200, { "content-encoding": "gzip" }, bytes)),
    );
    const response = await network().request(post(server.url)).response;
    const startedAt = performance.now();
    const came: { readonly bytes: number; readonly afterMs: number }[] = [];
    response.body.on("data", (piece: Buffer) => {
      came.push({ bytes: piece.length, afterMs: performance.now() - startedAt });
    });
    await new Promise((resolve) => response.body.on("end", resolve));
    expect(came.reduce((sum, piece) => sum + piece.bytes, 0)).toBe(2 * 1024 * 1024);
    // Sixteen of 64 KiB are left then, and each of them waits for 50 ms.
    const rests = came.filter(({ afterMs }, at) => afterMs - (came[at - 1]?.afterMs ?? 0) > 40);
    expect(rests.length).toBeGreaterThanOrEqual(14);
  });

  test("that is packed and goes on is given as it comes", async () => {
    const packer = createGzip();
    const server = await rawServer(({ socket }) => {
      socket.write(head(200, { "content-encoding": "gzip" }));
      packer.pipe(socket);
    });
    const { body } = await network().request(post(server.url)).response;
    let read = "";
    body.on("data", (piece: Buffer) => {
      read += String(piece);
    });
    for (const event of ["one", "two"]) {
      packer.write(event);
      packer.flush();
      await until(
        () => read.endsWith(event),
        () => event,
      );
    }
  });

  test("that is followed by more than was asked for brings nothing into the next answer", async () => {
    let count = 0;
    const server = await rawServer(({ socket }) => {
      count++;
      socket.write(Buffer.concat([answered(200, {}, `${count}`), answered(200, {}, "forged")]));
    });
    const outbound = network();
    for (const wanted of ["1", "2", "3"]) {
      expect(String(await whole(await outbound.request(post(server.url)).response))).toBe(wanted);
    }
  });

  test("that is packed and damaged, or cut short, fails", async () => {
    const packed = gzipSync(text);
    const breaks: string[] = [];
    for (const bytes of [packed.subarray(0, -20), Buffer.from("no gzip at all")]) {
      const server = await rawServer(
        ({ socket }) => void socket.write(answered(200, { "content-encoding": "gzip" }, bytes)),
      );
      const response = await network().request(post(server.url)).response;
      breaks.push(await whole(response).then(String, describeBreak));
    }
    expect(breaks).toEqual([
      "its packed answer is damaged (Z_BUF_ERROR)",
      "its packed answer is damaged (Z_DATA_ERROR)",
    ]);
  });

  test("that breaks off fails, and disturbs nobody where nobody reads it", async () => {
    const server = await rawServer(({ socket, body }) => {
      const encoding = body === "packed" ? { "content-encoding": "gzip" } : {};
      socket.write(Buffer.concat([head(200, { "transfer-encoding": "chunked", ...encoding }), chunk("{")]));
      setImmediate(() => socket.resetAndDestroy());
    });
    const outbound = network();
    const read = await outbound.request(post(server.url)).response;
    expect(await whole(read).then(String, describeBreak)).toBe("the connection was lost (ECONNRESET)");
    for (const body of ["plain", "packed"]) {
      const unread = await outbound.request(post(server.url, body)).response;
      await until(
        () => unread.body.destroyed,
        () => "the end of a body that nobody reads",
      );
    }
  });

  test("waits with the server while nobody reads it, and ends when it is aborted", async () => {
    let written = 0;
    let isGone = false;
    const server = await rawServer(({ socket }) => {
      socket.on("close", () => (isGone = true));
      socket.write(head(200, {}));
      writeEndlessly(socket, () => {
        written += 64 * 1024;
        return Buffer.alloc(64 * 1024);
      });
    });
    const response = await network().request(post(server.url)).response;
    let seen = -1;
    // The system's buffers fill, and then nothing moves.
    await until(
      () => {
        const isStill = seen === written;
        seen = written;
        return isStill && written > 0;
      },
      () => "a server that waits",
    );
    expect(written).toBeLessThan(64 * 1024 * 1024);
    response.abort();
    await until(
      () => isGone,
      () => "the end of the connection",
    );
  });

  test("may be long in coming: there is no bound on the time", async () => {
    let answer = (): void => {};
    const server = await httpServer((_, response) => {
      answer = () => void response.end("late");
      response.flushHeaders();
    });
    const response = await network({ connectMs: 20 }).request(post(server.url)).response;
    await new Promise((resolve) => setTimeout(resolve, 60));
    answer();
    expect((await whole(response)).toString()).toBe("late");
  });
});
