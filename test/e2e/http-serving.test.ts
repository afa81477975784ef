import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { expectWithin } from "../support/promise.ts";
import { connectHttp, listening, post, serveHttp, serveHttpReady, startHttp } from "./support/http-program.ts";
import { configFile, fake, fixture, heldServer, run, start, temporaryFolder } from "./support/program.ts";
import { textOf } from "./support/raw-client.ts";
import { until } from "./support/until.ts";

const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "post", version: "1" } },
};

test("says that it lives at once, and that it is ready when the servers are", async () => {
  const slow = heldServer();
  const served = await serveHttp({ slow: slow.entry });
  expect(await served.get("/healthz")).toMatchObject({ status: 200 });
  expect(await served.get("/readyz")).toMatchObject({ status: 503 });
  slow.release();
  let status = 503;
  void (async () => {
    while (status !== 200) ({ status } = await served.get("/readyz"));
  })();
  await until("readiness", () => status === 200);
  expect(await served.get("/elsewhere")).toMatchObject({ status: 404 });
});

test("at /mcp/lazy tools are found by searching, at /mcp they are listed, for both eras, at once", async () => {
  const served = await serveHttpReady({ one: fake() }, { settings: { callTools: { scope: "all" } } });
  const lazy = new URL("/mcp/lazy", served.url);
  for (const kind of ["SDK v1", "SDK v2"] as const) {
    const few = await connectHttp(served, kind, { url: lazy });
    const all = await connectHttp(served, kind);
    const names = (await few.tools()).map(({ name }) => name);
    expect(names).toEqual(["search_tools", "call_tools", "call_tool", "read_result"]);
    expect((await all.tools()).map(({ name }) => name)).toEqual(expect.arrayContaining(["one__echo", "call_tools"]));
    const called = await few.call("call_tool", { name: "one__echo", arguments: { text: "found" } });
    expect(called).toBe("found");
    const calls = [
      { id: "a", name: "one__echo", arguments: { text: "first" } },
      { id: "b", name: "one__echo", arguments: { text: { $from: "a" } } },
    ];
    expect(JSON.stringify(await all.call("call_tools", { calls }))).toMatch(/first.*first/s);
  }
});

test("a port that is taken is said in one line, and the exit code is 1", async () => {
  const other = createServer();
  onTestFinished(() => void other.close());
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as { port: number };
  const { code, stderr, stdout, left } = await run([
    "serve",
    "--http",
    `127.0.0.1:${port}`,
    "--config",
    configFile({ a: fake() }),
  ]);
  expect(stderr).toMatch(new RegExp(`^tutti: .*127\\.0\\.0\\.1:${port}.*\\n$`));
  expect({ code, stdout, left }).toEqual({ code: 1, stdout: "", left: [] });
});

test("an address that others can reach needs a token, which is said in one line, and the exit code is 1", async () => {
  for (const address of ["0.0.0.0:0", "[::]:0"]) {
    const { code, stderr, left } = await run(["serve", "--http", address, "--config", configFile({ a: fake() })]);
    expect(stderr).toMatch(/^tutti: .*(--token-file|TUTTI_HTTP_TOKEN).*\n$/);
    expect({ code, left }).toEqual({ code: 1, left: [] });
  }
});

test("a configuration that cannot be used ends it with the problem and exit code 1", async () => {
  const folder = temporaryFolder();
  const broken = join(folder, "servers.json");
  writeFileSync(broken, '{"mcpServers":{"one":{"comand":"x"}}}');
  for (const args of [
    ["--http", "0", "--config", broken],
    ["--http", "0", "--config", join(folder, "none.json")],
    ["--http", "99999", "--config", configFile({ a: fake() })],
    ["--http", "0", "--token-file", join(folder, "none"), "--config", configFile({ a: fake() })],
  ]) {
    const { code, stderr, stdout, left } = await run(["serve", ...args]);
    expect(stderr).toMatch(/^tutti: .+/);
    expect(stderr).not.toMatch(/\n +at |defect/);
    expect({ code, stdout, left }).toEqual({ code: 1, stdout: "", left: [] });
  }
});

for (const source of ["file", "environment"] as const) {
  test(`with a token from the ${source} only those who bring it are served, and it is never shown`, async () => {
    const token = "t0ken-of-32-characters-abcdefghij";
    const path = join(temporaryFolder(), "token");
    writeFileSync(path, `${token}\n`);
    chmodSync(path, 0o600);
    // The server tells what it gets: the token must not be among it, nor in what is logged of it.
    const served = await serveHttpReady(
      { one: fake() },
      source === "file" ? { args: ["--token-file", path] } : { env: { TUTTI_HTTP_TOKEN: token } },
    );
    const refused = { none: {}, wrong: { authorization: "Bearer wrong-wrong-wrong-wrong" }, basic: basic(token) };
    for (const headers of Object.values(refused)) {
      const { status, body } = await answerOf(post(served.url, ping, headers));
      expect(status).toBe(401);
      expect(body).not.toContain(token);
    }
    const almost = await post(served.url, ping, { authorization: `Bearer ${token.slice(0, -1)}` });
    expect(almost.status).toBe(401);
    const headers = { authorization: `Bearer ${token}` };
    for (const kind of ["SDK v1", "SDK v2"] as const) {
      const client = await connectHttp(served, kind, { headers });
      expect(await client.call("one__echo", { text: "let in" })).toBe("let in");
      expect(await client.call("one__environment", { name: "TUTTI_HTTP_TOKEN" })).toBe("");
      await client.call("one__say", { text: `the server says ${token}` });
      await expect(connectHttp(served, kind)).rejects.toThrow();
    }
    expect((await served.get("/healthz")).status).toBe(200);
    await until("its log", () => served.stderr.includes("the server says"));
    expect(served.stderr).not.toContain(token);
  });
}

test("a client over stdio and others over HTTP are served by one program, which ends with the one over stdio", async () => {
  const started = start(["serve", "--http", "0", "--stdio", "--config", configFile({ one: fake(), two: fake() })]);
  const served = await listening(started);
  await started.handshake();
  const [v1, v2] = await Promise.all([connectHttp(served, "SDK v1"), connectHttp(served, "SDK v2")]);
  const [own, first, second] = await Promise.all([
    started.call("one__echo", { text: "over stdio" }),
    v1.call("one__echo", { text: "to v1" }),
    v2.call("two__echo", { text: "to v2" }),
  ]);
  expect([textOf(own), first, second]).toEqual(["over stdio", "to v1", "to v2"]);
  expect(started.strayLines).toEqual([]);
  started.child.stdin.end();
  const { code } = await started.exit();
  expect({ code, left: started.servers() }).toEqual({ code: 0, left: [] });
});

test("a signal ends what is served over stdio and over HTTP together, and leaves no process", async () => {
  const servers = { one: fake(), stubborn: fixture("stubborn-server.mjs") };
  const started = start(["serve", "--http", "0", "--stdio", "--config", configFile(servers)]);
  const served = await listening(started);
  await started.handshake();
  const client = await connectHttp(served, "SDK v1");
  await client.call("one__echo", { text: "both have sets" });
  await started.untilServers(6);
  const startedAt = performance.now();
  process.kill(started.pid, "SIGTERM");
  const { code, at } = await started.exit();
  expect({ code, left: started.servers() }).toEqual({ code: 0, left: [] });
  await expectWithin(2000, at - startedAt);
});

test("where stdio is served too, a port that is taken is told to the client over stdio", async () => {
  const other = createServer();
  onTestFinished(() => void other.close());
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as { port: number };
  const http = `127.0.0.1:${port}`;
  const started = start(["serve", "--http", http, "--stdio", "--config", configFile({ one: fake() })]);
  await started.handshake();
  expect((await started.request("tools/list")).error?.message).toContain(http);
  started.child.stdin.end();
  expect((await started.exit()).code).toBe(1);
  expect(started.servers()).toEqual([]);
});

test("a session that is ended is gone, and so is one that says nothing for long; a new one begins", async () => {
  const served = await serveHttpReady({ one: fake() }, { settings: { http: { idleMs: 1000 } } });
  const begin = async (): Promise<Record<string, string>> => {
    const id = (await post(served.url, initialize)).headers.get("mcp-session-id");
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    return { "mcp-session-id": id as string, "mcp-protocol-version": "2025-11-25" };
  };
  const ended = await begin();
  expect((await post(served.url, ping, ended)).status).toBe(200);
  expect((await fetch(served.url, { method: "DELETE", headers: ended })).status).toBeLessThan(300);
  expect((await post(served.url, ping, ended)).status).toBe(404);
  const idle = await begin();
  const listening = await fetch(served.url, { headers: { ...(await begin()), accept: "text/event-stream" } });
  expect(listening.status).toBe(200);
  // Idle clients are looked for every five seconds; whoever asks for one keeps it.
  await new Promise((resolve) => setTimeout(resolve, 7000));
  expect((await post(served.url, ping, idle)).status).toBe(404);
  const stillThere = { "mcp-session-id": "0".repeat(32), "mcp-protocol-version": "2025-11-25" };
  expect((await post(served.url, ping, stillThere)).status).toBe(404);
  await listening.body?.cancel();
  expect((await post(served.url, ping, await begin())).status).toBe(200);
});

const endings = ["SIGTERM", "SIGINT"] as const;
test.each(endings)("%s ends everything within 2 s, whatever is under way, and leaves no process", async (signal) => {
  const served = await serveHttpReady({
    polite: fake(),
    stubborn: fixture("stubborn-server.mjs"),
    tree: fixture("npx-like-tree.sh", "test/fixtures/stubborn-server.mjs"),
  });
  const clients = await Promise.all([
    connectHttp(served, "SDK v1", { can: {} }),
    connectHttp(served, "SDK v1"),
    connectHttp(served, "SDK v2", { can: {}, name: "plain" }),
    connectHttp(served, "SDK v2", { name: "askable" }),
  ]);
  await clients[2]?.watch();
  const open = clients.map((client) => client.call("polite__hang").catch(({ message }: Error) => message));
  for (const client of clients) await client.call("polite__echo", { text: "the calls above have come" });
  const startedAt = performance.now();
  process.kill(served.pid, signal);
  const { code, at } = await served.exit();
  expect({ code, left: served.servers() }).toEqual({ code: 0, left: [] });
  await expectWithin(2000, at - startedAt);
  for (const outcome of await Promise.all(open)) expect(outcome).not.toBe("too late");
  expect(served.stderr).not.toMatch(/defect|EPIPE|\n +at /);
});

test("nothing is left when a signal comes at any moment of the start", async () => {
  const servers = { stubborn: fixture("stubborn-server.sh"), slow: fixture("slow-start.mjs", 5000) };
  const moments = [0, 80, 160, 240, 320, 500];
  const lefts = moments.map(async (ms) => {
    const started = startHttp(servers);
    await new Promise((resolve) => setTimeout(resolve, ms));
    process.kill(started.pid, "SIGTERM");
    await started.exit();
    await started.untilServers(0);
  });
  await Promise.all(lefts);
});

function basic(token: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`x:${token}`).toString("base64")}` };
}

async function answerOf(response: Promise<Response>): Promise<{ readonly status: number; readonly body: string }> {
  const { status, ...rest } = await response.then(async (one) => ({ status: one.status, body: await one.text() }));
  return { status, ...rest };
}
