import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { post, type Served, serveHttpReady } from "../e2e/support/http-program.ts";
import { memoryOf } from "../e2e/support/processes.ts";
import { fake } from "../e2e/support/program.ts";
import { until } from "../e2e/support/until.ts";
import { post as postBytes } from "../transport/http-raw.ts";

const revision = "2026-07-28";

/** Calls a tool as the client of this name, and gives what is said. */
async function call(
  { url }: Served,
  client: string,
  name: string,
  args: object,
  signal?: AbortSignal,
): Promise<string> {
  const prefix = "io.modelcontextprotocol/";
  const _meta = {
    [`${prefix}protocolVersion`]: revision,
    [`${prefix}clientCapabilities`]: {},
    [`${prefix}clientInfo`]: { name: client, version: "1" },
  };
  const message = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args, _meta } };
  const headers = { "mcp-protocol-version": revision, "mcp-method": "tools/call", "mcp-name": name };
  return await (await post(url, message, headers, signal)).text();
}

/** How long calls take, one after the other: in nine of ten cases at most. */
async function ninetiethMs(times: number, once: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let n = 0; n < times; n++) {
    const startedAt = performance.now();
    await once();
    took.push(performance.now() - startedAt);
  }
  return took.toSorted((a, b) => a - b)[Math.floor(times * 0.9)] as number;
}

test("F79: one client that floods a server with calls makes those of another take no more than twice as long", async () => {
  const served = await serveHttpReady({ one: { ...fake(), maxConcurrentCalls: 4 } });
  const light = async (): Promise<void> => {
    expect(await call(served, "light", "one__sleep", { ms: 100 })).toContain("slept 100");
  };
  await light();
  const alone = await ninetiethMs(15, light);
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  let calls = 0;
  const flood = Array.from({ length: 80 }, async () => {
    while (!stop.signal.aborted) {
      await call(served, "heavy", "one__sleep", { ms: 100 }, stop.signal).catch(() => "");
      calls++;
    }
  });
  // So many in a row would wait two seconds.
  await until("the flood", () => calls > 20);
  const beside = await ninetiethMs(20, light);
  stop.abort();
  await Promise.all(flood);
  process.stdout.write(`F79: ${alone.toFixed(0)} ms alone, ${beside.toFixed(0)} ms beside the flood\n`);
  // Twice is what is asked, and measured in bench/; a machine that does something else meanwhile is given more.
  expect(beside).toBeLessThan(5 * alone);
});

test("F66: a thousand connections that send nothing, or a byte now and then, are ended in time and keep nobody from being served", async () => {
  const served = await serveHttpReady({ one: fake() });
  const port = Number(served.url.port);
  const once = async (): Promise<void> =>
    expect(await call(served, "good", "one__echo", { text: "x" })).toContain('"x"');
  await once();
  const before = memoryOf(served.pid);
  const head = "POST /mcp HTTP/1.1\r\nHost: ";
  const body = postBytes(port, { "content-length": "4000000" }, "{");
  const sockets = Array.from({ length: 1000 }, (_, at) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    // Of ten four send nothing, three a head without end, and three a body without end.
    if (at % 10 >= 7) socket.write(body);
    else if (at % 10 >= 4) socket.write(head);
    return socket;
  });
  const slow = setInterval(() => {
    for (const [at, socket] of sockets.entries()) if (at % 10 >= 4 && !socket.destroyed) socket.write("x");
  }, 500);
  onTestFinished(() => clearInterval(slow));
  await until("them", () => sockets.every((socket) => !socket.connecting));
  const beside = await ninetiethMs(20, once);
  expect(memoryOf(served.pid) - before).toBeLessThan(64);
  const isHead = (at: number): boolean => at % 10 >= 4 && at % 10 < 7;
  const heads = sockets.filter((_, at) => isHead(at));
  await until("the end of those with half a head", () =>
    heads.every((socket) => socket.readableEnded || socket.destroyed),
  );
  await once();
  process.stdout.write(`F66: a call takes ${beside.toFixed(0)} ms in nine of ten cases\n`);
  expect(beside).toBeLessThan(1000);
});
