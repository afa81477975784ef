// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what people write
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { httpServer, proxyServer, rawServer } from "../support/http-servers.ts";
import {
  configFile,
  fake,
  fixturePath,
  run,
  type Servers,
  type Started,
  start,
  temporaryFolder,
} from "./support/program.ts";
import { markOf, textOf } from "./support/raw-client.ts";
import { until } from "./support/until.ts";

const pem = readFileSync(fixturePath("self-signed.pem"));
const json = { "content-type": "application/json" };
const info = { name: "far", version: "1" };
const tools = [{ name: "echo", inputSchema: { type: "object" } }];

/** What a server understands. */
type Manner = "newer" | "older" | "both" | "oldest" | "page" | "hangs";

type Said = { readonly url: string; readonly headers: IncomingMessage["headers"] };

/** A server of that manner, and what was said to it: the method of HTTP where it is GET, else that of JSON-RPC. */
function mannered(manner: () => Manner) {
  const heard: string[] = [];
  const said: Said[] = [];
  let stream: ServerResponse | undefined;
  const listener: RequestListener = (request, response) => {
    said.push({ url: request.url ?? "", headers: request.headers });
    if (request.method === "GET") {
      heard.push("GET");
      if (manner() !== "oldest") response.writeHead(405).end();
      else {
        stream = response.writeHead(200, { "content-type": "text/event-stream" });
        stream.write("event: endpoint\ndata: /posted\n\n");
      }
      return;
    }
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const { id, method, params } = JSON.parse(Buffer.concat(pieces).toString() || "{}");
      heard.push(method ?? request.method);
      const answer = (members: object): void => {
        const text = JSON.stringify({ jsonrpc: "2.0", id, ...members });
        if (manner() !== "oldest") response.writeHead(200, json).end(text);
        else {
          response.writeHead(202).end();
          stream?.write(`data: ${text}\n\n`);
        }
      };
      const isNewer = manner() === "newer" || manner() === "both";
      const isOlder = manner() !== "newer";
      if (manner() === "hangs") return;
      if (manner() === "page") response.writeHead(200, { "content-type": "text/html" }).end("<html>Hello</html>");
      else if (manner() === "oldest" && request.url !== "/posted") response.writeHead(404).end("Not Found");
      else if (id === undefined) response.writeHead(202).end();
      else if (method === "server/discover" && isNewer) {
        const about = { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: { tools: {} } };
        answer({ result: { ...about, ttlMs: 0, cacheScope: "private" } });
      } else if (method === "initialize" && isOlder) {
        answer({ result: { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: info } });
      } else if (method === "tools/list") {
        answer({ result: { resultType: "complete", tools, ttlMs: 0, cacheScope: "private" } });
      } else if (method === "tools/call") {
        answer({ result: { resultType: "complete", content: [{ type: "text", text: params.arguments.text }] } });
      } else answer({ error: { code: -32601, message: "Method not found" } });
    });
  };
  return { heard, said, listener };
}

async function secure(listener: RequestListener): Promise<number> {
  const server = createSecureServer({ key: pem, cert: pem }, listener);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function serving(servers: Servers, settings: object = {}, env: Readonly<Record<string, string>> = {}) {
  const client = start(["serve", "--log", "debug", "--config", configFile(servers, settings)], { env });
  await client.handshake();
  return client;
}

async function echo(client: Started, name: string): Promise<string> {
  return textOf(await client.call(`${name}__echo`, { text: "hello" }));
}

const greetings: Readonly<Record<string, readonly string[]>> = {
  newer: ["server/discover", "tools/list"],
  both: ["server/discover", "tools/list"],
  older: ["server/discover", "initialize", "notifications/initialized", "GET", "tools/list"],
  oldest: ["server/discover", "initialize", "GET", "initialize", "notifications/initialized", "tools/list"],
};
const shorter: Readonly<Record<string, readonly string[]>> = {
  ...greetings,
  older: ["initialize", "notifications/initialized", "GET", "tools/list"],
  oldest: ["initialize", "GET", "initialize", "notifications/initialized", "tools/list"],
};

describe.each(Object.keys(greetings) as Manner[])("a server at an address that is %s", (manner) => {
  test("is found out in the order of the specification; the next tutti knows, and finds out anew where it has changed", async () => {
    let now = manner;
    const { heard, listener } = mannered(() => now);
    const { url } = await httpServer(listener);
    const env = { XDG_STATE_HOME: temporaryFolder() };
    const greeting = (): string[] => heard.filter((what) => what !== "tools/call" && what !== "DELETE");
    const path = join(env.XDG_STATE_HOME, "tutti", "eras.json");
    const asked = async (era: string, most = 0): Promise<readonly [said: string, greeting: string[]]> => {
      heard.length = 0;
      const client = await serving({ far: { url: url.href } }, {}, env);
      const said = await echo(client, "far");
      await until("all that the server is asked", () => greeting().length >= most);
      await until("what is remembered", () => existsSync(path) && readFileSync(path, "utf8").includes(`"${era}"`));
      client.child.stdin.end();
      await client.exit();
      // The stream may be asked for before or after the list.
      return [said, greeting().toSorted()];
    };
    const [era, other] = manner === "newer" || manner === "both" ? ["modern", "legacy"] : ["legacy", "modern"];
    expect(await asked(era, greetings[manner]?.length)).toEqual(["hello", greetings[manner]?.toSorted()]);
    const kept = JSON.parse(readFileSync(path, "utf8"));
    expect(Object.values(kept)).toMatchObject([{ era }]);
    expect(JSON.stringify(kept)).not.toContain(url.host);
    expect(await asked(era, shorter[manner]?.length)).toEqual(["hello", shorter[manner]?.toSorted()]);
    now = era === "modern" ? "older" : "newer";
    expect((await asked(other))[0]).toBe("hello");
    expect(Object.values(JSON.parse(readFileSync(path, "utf8")))).toMatchObject([{ era: other }]);
  });
});

test("servers that hang, refuse or are none delay no other, and each says for itself what is wrong", async () => {
  const hangs = await httpServer(mannered(() => "hangs").listener);
  const page = await httpServer(mannered(() => "page").listener);
  const mute = await rawServer(() => {});
  const locked = await httpServer((_, response) => response.writeHead(401, { "www-authenticate": "Bearer" }).end());
  const far = await httpServer(mannered(() => "newer").listener);
  const connectTimeoutMs = 6000;
  const servers = {
    hangs: { url: hangs.url.href, connectTimeoutMs },
    mute: { url: mute.url.href, connectTimeoutMs },
    page: { url: page.url.href },
    locked: { url: locked.url.href },
    gone: { url: "http://127.0.0.1:9/mcp" },
    far: { url: far.url.href },
    one: fake(),
  };
  const startedAt = performance.now();
  const client = await serving(servers);
  expect(await Promise.all(["far", "one"].map((name) => echo(client, name)))).toEqual(["hello", "hello"]);
  expect(performance.now() - startedAt).toBeLessThan(connectTimeoutMs);
  const failed = await Promise.all(
    ["hangs", "mute", "page", "locked", "gone"].map((name) => client.call(`${name}__x`)),
  );
  const texts = failed.map(textOf);
  expect(texts[0]).toMatch(/^hangs: .*within \d+ s.*connectTimeoutMs/);
  expect(texts[1]).toMatch(/^mute: .*within \d+ s.*connectTimeoutMs/);
  expect(texts[2]).toMatch(/^page: .*text\/html/);
  expect(texts[3]).toMatch(/^locked: needs you to sign in: run "tutti login locked"/);
  expect(texts[4]).toMatch(/^gone: .*127\.0\.0\.1:9 .*ECONNREFUSED/);
  for (const text of texts) expect(text).not.toMatch(/\n/);
  const { stdout } = await run(["check", "--config", configFile(servers)]);
  expect(stdout).toMatch(/✗ locked +failed +needs you to sign in: run "tutti login locked"/);
  expect(stdout).toMatch(/✓ far +ready/);
});

describe("a proxy", () => {
  const proxied = async (listener: RequestListener, extra: Readonly<Record<string, string>> = {}) => {
    const port = await secure(listener);
    const proxy = await proxyServer(port);
    const address = `http://proxy-user:proxy-password@127.0.0.1:${proxy.port}`;
    const env = { HTTPS_PROXY: address, https_proxy: "", no_proxy: "", NO_PROXY: "", ...extra };
    const servers = { far: { url: `https://server.test:${port}/mcp`, connectTimeoutMs: 8000 } };
    const client = await serving(servers, { caFiles: [fixturePath("self-signed.pem")] }, env);
    return { client, proxy, port, servers, env };
  };

  test("is gone through to servers elsewhere, and sees neither what is said nor by whom", async () => {
    const { said, listener } = mannered(() => "newer");
    const { client, proxy, port } = await proxied(listener);
    expect(await echo(client, "far")).toBe("hello");
    expect(new Set(proxy.tunnels)).toEqual(new Set([`server.test:${port}`]));
    expect(proxy.requests[0]?.headers["proxy-authorization"]).toMatch(/^Basic /);
    expect(said.every(({ headers }) => headers["proxy-authorization"] === undefined)).toBe(true);
    expect(client.stderr).not.toMatch(/proxy-password/);
  });

  test("is not asked for what NO_PROXY names, nor for this machine", async () => {
    const { client, proxy } = await proxied(mannered(() => "newer").listener, { NO_PROXY: "server.test" });
    expect(markOf(await client.call("far__echo", { text: "x" }))?.code).toBe("unavailable");
    expect(proxy.requests).toEqual([]);
    const here = await httpServer(mannered(() => "newer").listener);
    const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, http_proxy: "" };
    expect(await echo(await serving({ far: { url: here.url.href } }, {}, env), "far")).toBe("hello");
    expect(proxy.requests).toEqual([]);
  });

  test("that refuses is named in the error, without its password", async () => {
    const refusal = Buffer.from("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n");
    const proxy = await proxyServer(1, refusal);
    const env = { HTTPS_PROXY: `http://proxy-user:proxy-password@127.0.0.1:${proxy.port}`, https_proxy: "" };
    const client = await serving({ far: { url: "https://server.test/mcp" } }, {}, env);
    const text = textOf(await client.call("far__echo", {}));
    expect(text).toMatch(/^far: .*wants another user and password: HTTP 407 \(through the proxy of HTTPS_PROXY\)/);
    expect(client.stderr + text).not.toMatch(/proxy-password|cHJveHkt/);
  });
});

describe("a certificate authority of one's own", () => {
  test("is trusted where caFiles names it, and its absence is told with the cure", async () => {
    const port = await secure(mannered(() => "newer").listener);
    const servers = { far: { url: `https://127.0.0.1:${port}/mcp` } };
    expect(await echo(await serving(servers, { caFiles: [fixturePath("self-signed.pem")] }), "far")).toBe("hello");
    const without = await serving(servers, {}, { NODE_TLS_REJECT_UNAUTHORIZED: "0" });
    expect(textOf(await without.call("far__echo", {}))).toMatch(/^far: .*is not trusted .*authority's PEM file/);
  });

  test("in a bad file costs the https servers one clear line each, and no other server anything", async () => {
    const folder = temporaryFolder();
    const far = { url: `https://127.0.0.1:${await secure(mannered(() => "newer").listener)}/mcp` };
    const [absent, empty, broken] = ["absent", "empty", "broken"].map((name) => join(folder, `${name}.pem`)) as [
      string,
      string,
      string,
    ];
    writeFileSync(empty, "nothing\n");
    writeFileSync(broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    for (const [file, problem] of [
      [absent, /cannot be read \(ENOENT\)/],
      [empty, /holds no certificate; it must be in PEM form/],
      [broken, /certificate 1 in the CA file .* cannot be read/],
    ] as const) {
      const client = await serving({ far, one: fake() }, { caFiles: [file] });
      expect(await echo(client, "one")).toBe("hello");
      const text = textOf(await client.call("far__echo", {}));
      expect(text).toMatch(problem);
      expect(text).toContain(file);
    }
  });
});

test("what is secret in an address or a header is in nothing that is said, though the server says it back", async () => {
  const echoes = await httpServer((request, response) => {
    const { authorization = "" } = request.headers;
    const plain = Buffer.from(authorization.replace("Basic ", ""), "base64").toString();
    const said = `no: ${request.url} ${authorization} ${plain} ${request.headers["x-key"]}`;
    const status = request.url?.includes("login") ? 401 : request.url?.includes("moved") ? 307 : 500;
    response.writeHead(status, {
      "content-type": "text/plain",
      location: `http://elsewhere.test/${said.replaceAll(" ", "_")}`,
    });
    response.end(said);
  });
  const at = (path: string, more: object = {}) => {
    const url = echoes.url.href.replace("http://", "http://some-user:canary-password@").replace("/mcp", path);
    return { url, ...more };
  };
  const servers = {
    plain: at("/mcp?api_key=canary-in-query"),
    login: at("/login?api_key=canary-in-query", { headers: { "X-Key": "canary-in-header" } }),
    moved: at("/moved?token=${CANARY}", { headers: { "X-Key": "${CANARY}" } }),
    oldest: at("/sse?token=canary-in-query", { type: "sse" }),
  };
  const env = { CANARY: "canary/in+variable" };
  const client = await serving(servers, {}, env);
  await client.request("tools/list");
  const replies = await Promise.all(Object.keys(servers).map((name) => client.call(`${name}__x`)));
  const printed = await Promise.all(
    [["check"], ["list"]].map((args) => run([...args, "--log", "debug", "--config", configFile(servers)], { env })),
  );
  const all = [client.stderr, JSON.stringify(replies), ...printed.flatMap(({ stdout, stderr }) => [stdout, stderr])];
  const forms = ["canary", Buffer.from("some-user:canary-password").toString("base64")];
  for (const text of all) for (const form of forms) expect(text).not.toContain(form);
});
