import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { get, post as postBytes, RawClient, tell } from "../transport/http-raw.ts";
import { post, type Served, serveHttpReady } from "./support/http-program.ts";
import { memoryOf } from "./support/processes.ts";
import { fake, fixturePath, temporaryFolder } from "./support/program.ts";
import { patient, until } from "./support/until.ts";
import { serverOf } from "./support/world.ts";

const tokens = ["first-token-of-two", "second-token-of-two"] as const;
const newer = "2026-07-28";
const older = "2025-11-25";

const clientInfo = { name: "raw", version: "1" };
const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: older, capabilities: {}, clientInfo },
};

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const longest: string[] = [];
afterAll(() => void process.stdout.write(`${longest.join("\n")}\n`));

function call(name: string, args: object, id: unknown = 7): object {
  return { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } };
}

/** The same as a message that speaks for itself. */
function calling(name: string, args: object, more: object = {}, can: object = {}) {
  const prefix = "io.modelcontextprotocol/";
  const _meta = {
    [`${prefix}protocolVersion`]: newer,
    [`${prefix}clientCapabilities`]: can,
    [`${prefix}clientInfo`]: clientInfo,
  };
  const message = { jsonrpc: "2.0", id: 7, method: "tools/call", params: { name, arguments: args, ...more, _meta } };
  return { message, headers: { "mcp-protocol-version": newer, "mcp-method": "tools/call", "mcp-name": name } };
}

async function begin(served: Served, headers: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> {
  const response = await post(served.url, initialize, headers);
  await response.text();
  const session = response.headers.get("mcp-session-id");
  if (session === null) throw new Error(`no session: HTTP ${response.status}`);
  const all = { ...headers, "mcp-session-id": session, "mcp-protocol-version": older };
  await post(served.url, { jsonrpc: "2.0", method: "notifications/initialized" }, all);
  return all;
}

/** Somebody who calls all the time, and whether all was answered right; the longest that it took. */
function besides({ url }: Served, headers: Readonly<Record<string, string>> = {}) {
  let isOver = false;
  let [calls, longestMs] = [0, 0];
  const wrong: string[] = [];
  const over = (async () => {
    while (!isOver) {
      const text = `beside ${calls++}`;
      const { message, headers: own } = calling("one__echo", { text });
      const startedAt = performance.now();
      const said = await post(url, message, { ...own, ...headers }).then(
        (response) => response.text(),
        (cause: Error) => cause.message,
      );
      longestMs = Math.max(longestMs, performance.now() - startedAt);
      if (!said.includes(text)) wrong.push(said.slice(0, 300));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return async (what: string) => {
    isOver = true;
    await over;
    longest.push(`${what}: the one beside waited ${longestMs.toFixed(0)} ms at most in ${calls} calls`);
    return { wrong, hasCalled: calls > 0 };
  };
}

const fine = { wrong: [], hasCalled: true };

function portOf({ url }: Served): number {
  return Number(url.port);
}

function socketTo(served: Served): Socket {
  const socket = connect(portOf(served), "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

test("a flood of requests in one connection costs that connection alone", async () => {
  const served = await serveHttpReady({ one: fake() });
  const before = memoryOf(served.pid);
  const end = besides(served);
  const one = get(portOf(served), {}, "GET /healthz HTTP/1.1");
  const floods = Array.from({ length: 8 }, () => {
    const socket = socketTo(served);
    const write = (): void => {
      while (!socket.destroyed && socket.write(one.repeat(500))) {}
    };
    socket.on("drain", write);
    write();
    return socket;
  });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  for (const socket of floods) socket.destroy();
  expect(await end("pipelined floods")).toEqual(fine);
  expect(memoryOf(served.pid) - before).toBeLessThan(64);
});

test("requests that two readers would cut differently are answered once and end their connection", async () => {
  const served = await serveHttpReady({ one: fake() });
  const port = portOf(served);
  const hidden = postBytes(port, {}, JSON.stringify(call("one__echo", { text: "smuggled" })));
  const attacks = [
    postBytes(port, { "transfer-encoding": "chunked" }, `0\r\n\r\n${hidden}`),
    postBytes(port, { "content-length": ["4", String(hidden.length)] }, `{}  ${hidden}`),
    postBytes(port, { "content-length": undefined, "transfer-encoding": "chunked, identity" }, `0\r\n\r\n${hidden}`),
    postBytes(port, { "content-length": undefined, "transfer-encoding": "xchunked" }, `0\r\n\r\n${hidden}`),
    postBytes(port, { "content-length": undefined, "transfer-encoding ": "chunked" }, `0\r\n\r\n${hidden}`),
    postBytes(port, { "content-length": undefined, "transfer-encoding": "chunked" }, `2\n{}\r\n0\r\n\r\n${hidden}`),
    postBytes(port, { "content-length": "+2" }, `{}${hidden}`),
    postBytes(port, { "content-length": "2", "x-a": `b\nTransfer-Encoding: chunked` }, `{}${hidden}`),
    postBytes(port, { "content-length": "0x2" }, `{}${hidden}`),
    postBytes(port, { "content-length": "2, 2" }, `{}${hidden}`),
  ];
  for (const attack of attacks) {
    const client = new RawClient(port).send(attack);
    const { status } = await client.reply();
    expect([0, 400, 501]).toContain(status);
    await client.closed;
    expect(client.text).not.toContain("smuggled");
    expect(client.text).not.toContain("HTTP/1.1 200");
  }
});

test("a client that closes its half counts as gone: its call is taken back, and its connection ends", async () => {
  const served = await serveHttpReady({ new: serverOf("M", "new") });
  const { message, headers } = calling("new__hang", { label: "half" });
  const client = new RawClient(portOf(served)).send(postBytes(portOf(served), headers, JSON.stringify(message)));
  await new Promise((resolve) => setTimeout(resolve, 300));
  client.socket.end();
  await client.closed;
  const { message: asking, headers: own } = calling("new__cancelled", {});
  const said = async (): Promise<string> => await (await post(served.url, asking, own)).text();
  await expect.poll(said, patient).toContain("half");
});

test("a client that begins a thousand sessions keeps those of others alive, and its memory is bounded", async () => {
  const served = await serveHttpReady({ one: fake() });
  const other = await begin(served);
  const before = memoryOf(served.pid);
  const end = besides(served);
  const statuses = new Map<number, number>();
  for (let round = 0; round < 50; round++) {
    const all = await Promise.all(Array.from({ length: 20 }, () => post(served.url, initialize)));
    for (const response of all) {
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      await response.text();
    }
  }
  expect([...statuses.keys()].sort()).toEqual([200, 503]);
  const alive = await post(served.url, call("one__echo", { text: "still here" }), other);
  expect(await alive.text()).toContain("still here");
  expect(await end("1000 sessions")).toEqual(fine);
  expect(memoryOf(served.pid) - before).toBeLessThan(64);
});

test("nobody is served in the session of another, reads its streams, or ends it", async () => {
  const file = `${temporaryFolder()}/tokens`;
  writeFileSync(file, tokens.join("\n"), { mode: 0o600 });
  const served = await serveHttpReady({ one: fake() }, { args: ["--token-file", file] });
  const [mine, other] = tokens.map(bearer) as [Record<string, string>, Record<string, string>];
  const session = await begin(served, mine);
  const stolen = { ...session, ...other };
  const own = await begin(served, other);
  // A stream with ids from which it can be read on.
  const logged = await post(served.url, call("one__steps", { count: 2 }), { ...session });
  const id = /^id: (\S+)$/m.exec(await logged.text())?.[1] ?? "0-0-0";
  const stream = { accept: "text/event-stream" };
  const asks: readonly (readonly [what: string, expected: number, Promise<Response>])[] = [
    ["POST", 404, post(served.url, call("one__echo", { text: "x" }), stolen)],
    ["POST without a token", 401, post(served.url, call("one__echo", {}), { ...stolen, authorization: "" })],
    ["GET", 404, fetch(served.url, { headers: { ...stolen, ...stream } })],
    ["GET with an id", 404, fetch(served.url, { headers: { ...stolen, ...stream, "last-event-id": id } })],
    [
      "GET with the id in an own session",
      400,
      fetch(served.url, { headers: { ...own, ...stream, "last-event-id": id } }),
    ],
    ["GET without a session", 400, fetch(served.url, { headers: { ...mine, ...stream } })],
    ["GET with a guess", 400, fetch(served.url, { headers: { ...session, ...stream, "last-event-id": "1-1-1" } })],
    ["GET on another path", 404, fetch(new URL("/mcp/lazy", served.url), { headers: { ...session, ...stream } })],
    ["DELETE", 404, fetch(served.url, { method: "DELETE", headers: stolen })],
    ["DELETE without a session", 400, fetch(served.url, { method: "DELETE", headers: mine })],
    ["another Origin", 403, post(served.url, call("one__echo", {}), { ...session, origin: "https://evil.example" })],
  ];
  for (const [what, expected, answer] of asks) {
    const response = await answer;
    expect({ what, status: response.status }).toEqual({ what, status: expected });
    await response.body?.cancel();
  }
  expect(await (await post(served.url, call("one__echo", { text: "mine" }), session)).text()).toContain("mine");
});

test("calls that race the end of their session are answered or refused, each once, and leave nothing behind", async () => {
  const served = await serveHttpReady({ one: fake() });
  const end = besides(served);
  for (let round = 0; round < 20; round++) {
    const session = await begin(served);
    const calls = Array.from({ length: 5 }, (_, id) => post(served.url, call("one__echo", { text: "x" }, id), session));
    const leaves = [0, 1].map(() => fetch(served.url, { method: "DELETE", headers: session }));
    const more = Array.from({ length: 5 }, (_, id) => post(served.url, call("one__echo", { text: "x" }, id), session));
    for (const { status } of await Promise.all([...calls, ...more])) expect([200, 404, 503]).toContain(status);
    const ends = (await Promise.all(leaves)).map(({ status }) => status).sort();
    expect(ends).toEqual([204, 404]);
  }
  expect(await end("ended sessions")).toEqual(fine);
  expect(served.stderr).not.toMatch(/defect/);
});

test("what one caller was asked is not answered by another, nor twice, nor for another call", async () => {
  const file = `${temporaryFolder()}/tokens`;
  writeFileSync(file, tokens.join("\n"), { mode: 0o600 });
  const served = await serveHttpReady({ old: serverOf("L", "old") }, { args: ["--token-file", file] });
  const [mine, other] = tokens.map(bearer) as [Record<string, string>, Record<string, string>];
  const can = { elicitation: {} };
  const ask = async (who: Record<string, string>, label: string, more: object = {}) => {
    const { message, headers } = calling("old__ask_form", { label }, more, can);
    return JSON.parse(await (await post(served.url, message, { ...headers, ...who })).text());
  };
  const asked = (await ask(mine, "mine")).result;
  expect(asked.resultType).toBe("input_required");
  const [key] = Object.keys(asked.inputRequests);
  const answers = { [key as string]: { action: "accept", content: { name: "stolen" } } };
  const again = { requestState: asked.requestState, inputResponses: answers };
  const stolen = await ask(other, "mine", again);
  const changed = await ask(mine, "changed", again);
  const forged = await ask(mine, "mine", { ...again, requestState: `${asked.requestState.slice(0, -4)}AAAA` });
  for (const reply of [stolen, changed, forged]) expect(JSON.stringify(reply)).not.toContain("stolen");
  expect([stolen.error?.code, changed.error?.code, forged.error?.code]).toEqual([-32602, -32602, -32602]);
  expect(JSON.stringify(await ask(mine, "mine", again))).toContain("stolen");
  expect((await ask(mine, "mine", again)).error?.code).toBe(-32602);
});

test("clients that do not read long answers cost bounded memory, and others are served beside them", async () => {
  const hostile = { command: process.execPath, args: [fixturePath("http-big-answers.mjs")] };
  const served = await serveHttpReady({ one: fake(), big: hostile });
  const before = memoryOf(served.pid);
  const end = besides(served);
  const { message, headers } = calling("big__big", { bytes: 16 * 2 ** 20 });
  const bytes = postBytes(portOf(served), headers, JSON.stringify(message));
  for (let at = 0; at < 40; at++) socketTo(served).pause().write(bytes);
  let most = 0;
  const look = (): boolean => {
    most = Math.max(most, memoryOf(served.pid) - before);
    return most > 150;
  };
  await until("what they do not read", look, 50);
  for (let more = 0; more < 40; more++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    look();
  }
  expect(await end("40 clients that read nothing of 16 MiB")).toEqual(fine);
  longest.push(`40 clients that read nothing of 16 MiB: ${most.toFixed(0)} MiB more at most`);
  expect(most).toBeLessThan(256 + 64 + 32);
  expect((await tell(portOf(served), get(portOf(served), {}, "GET /healthz HTTP/1.1"))).status).toBe(200);
});
