import { spawn, spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { post, serveHttpReady } from "../e2e/support/http-program.ts";
import { configFile, fixturePath, main } from "../e2e/support/program.ts";
import { type Hostile, hostile, origin, token } from "../transport/hostile-requests.ts";
import { type Changes, get, post as postBytes, tell } from "../transport/http-raw.ts";
import { raw } from "./support/watched.ts";

/** What stands for the server's own port in bytes that are made before it has one. */
const anyPort = "{port}" as unknown as number;

async function serving() {
  const env = { TUTTI_HTTP_TOKEN: token };
  return await serveHttpReady({ one: raw() }, { env, settings: { http: { origins: [origin] } } });
}

/** Sends each, and gives those that were not answered with their status, and what tells of an answer that was given. */
async function wrongAnswers(rows: readonly Hostile[]): Promise<readonly string[]> {
  const served = await serving();
  const port = Number(served.url.port);
  const wrong: string[] = [];
  for (const { name, bytes, status } of rows) {
    const reply = await tell(port, bytes.replaceAll("{port}", String(port)));
    if (![status].flat().includes(reply.status)) wrong.push(`${name}: ${reply.status}`);
    if (/jsonrpc.*result|serverInfo|one__/.test(reply.body)) wrong.push(`${name}: ${reply.body}`);
    if (reply.headers.get("access-control-allow-origin") === "*") wrong.push(`${name}: shared with everybody`);
  }
  // It is up, and serves who asks rightly.
  const headers = { authorization: `Bearer ${token}` };
  const list = { jsonrpc: "2.0", id: 1, method: "initialize", params: initialize };
  expect((await post(served.url, list, headers)).status).toBe(200);
  expect(served.stderr).not.toMatch(/defect/);
  return wrong;
}

const initialize = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } };
const withStatus = (...wanted: readonly number[]) =>
  hostile.filter(({ status }) => [status].flat().some((one) => wanted.includes(one)));

test("F65: Hosts and Origins elsewhere, null, twice, in forms of IPv6, and absolute targets: 403, in every form", async () => {
  const rows = withStatus(403);
  expect(rows.length).toBeGreaterThan(40);
  expect(await wrongAnswers(rows)).toEqual([]);
});

/** Each of these by a page elsewhere, or at an address that is not ours, is one case; no route is served without these guards. */
const routes = ["POST /mcp", "GET /mcp", "DELETE /mcp", "POST /mcp/lazy", "GET /healthz", "GET /readyz"];
const elsewhere: readonly Changes[] = [
  ...["evil.example", "evil.example:{port}", "127.0.0.1:1", "[::]:{port}", "localhost.evil.example:{port}", ""].map(
    (host) => ({ host }),
  ),
  ...["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost:{port}.evil.example", "file://", ""].map(
    (one) => ({ origin: one }),
  ),
  { origin: [origin, "https://evil.example"] },
  { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
];

test("F65, G17: every route by every foreign Host, Origin and site of a page: 403, also with the right token", async () => {
  const cases: Hostile[] = routes.flatMap((route) =>
    elsewhere.map((changes) => {
      const all = { authorization: `Bearer ${token}`, ...changes };
      const bytes = route.startsWith("POST")
        ? postBytes(anyPort, all, "{}", `${route} HTTP/1.1`)
        : get(anyPort, all, `${route} HTTP/1.1`);
      return { name: `${route} ${JSON.stringify(changes)}`, bytes, status: 403, source: "" };
    }),
  );
  expect(cases.length).toBeGreaterThanOrEqual(60);
  expect(await wrongAnswers(cases)).toEqual([]);
});

test("F68: every path and method without the token, with a wrong one, or with the token in a wrong place: 401", async () => {
  const rows = withStatus(401);
  expect(rows.length).toBeGreaterThan(10);
  const paths = ["/mcp", "/mcp/lazy", "/mcp?x=1"].flatMap((path) =>
    ["POST", "GET", "DELETE", "PUT"].map((method) => ({
      name: `${method} ${path}`,
      bytes: postBytes(anyPort, {}, "{}", `${method} ${path} HTTP/1.1`),
      status: 401,
      source: "",
    })),
  );
  expect(await wrongAnswers([...rows, ...paths])).toEqual([]);
});

test("F69: a form of another page, JSON as text, and every other type: 415 or 403, and nothing runs", async () => {
  const page: Hostile = {
    name: "a form of another page",
    bytes: postBytes(
      anyPort,
      { origin: "https://evil.example", "content-type": "text/plain", authorization: `Bearer ${token}` },
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"one__echo","arguments":{"text":"x"}}}',
    ),
    status: 403,
    source: "",
  };
  expect(await wrongAnswers([page, ...withStatus(415)])).toEqual([]);
});

test("F65: whatever else is no request to be served: its own status, never an answer, and the server stays up", async () => {
  expect(await wrongAnswers(hostile.filter((row) => !withStatus(401, 403, 415).includes(row)))).toEqual([]);
});

// The network has to be taken away from under both, which takes a network of one's own.
const canVanish = spawnSync("unshare", ["-Urn", "ip", "link"]).status === 0;

test.skipIf(!canVanish)(
  "F67: a client that vanishes without a word: its call is taken back within 60 s",
  {
    timeout: 90_000,
  },
  async () => {
    const args = ["-Urn", process.execPath, fixturePath("vanishing-client.mjs"), main, configFile({ one: raw() })];
    const child = spawn("unshare", args, { stdio: ["ignore", "pipe", "inherit"] });
    let seconds = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      seconds += text;
    });
    const timer = setTimeout(() => child.kill(), 75_000);
    await new Promise((resolve) => child.once("exit", resolve));
    clearTimeout(timer);
    expect(seconds).not.toBe("");
    expect(Number(seconds)).toBeLessThan(60);
  },
);
