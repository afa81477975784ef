// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what people write
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configFile, type Entry, fixture, run, start, temporaryFolder } from "../e2e/support/program.ts";

const env = {
  CANARY_TOKEN: "canary-in-variable",
  CANARY_QUOTED: 'canary "quoted" \\ and é',
  CANARY_PATH_TOKEN: "/canary/path",
};

/** What no output may hold: a canary as it is, and in base64 wherever in what was encoded it began. */
const canary = new RegExp(
  [
    "canary",
    Buffer.from("canary").toString("base64"),
    Buffer.from(".canary").toString("base64").slice(2, 9),
    Buffer.from("..canary").toString("base64").slice(3, 10),
  ].join("|"),
);

const tells = (where: string) => ({
  ...fixture("tells-secrets.mjs", where, "--token=${CANARY_TOKEN}", "${CANARY_QUOTED}", "${CANARY_PATH_TOKEN}"),
  env: { TOKEN: "canary-in-env" },
});

/** A server on the network that says back all that it is told, in what it is wrong about. */
const mirror = createServer((request, response) => {
  const said = `bad request ${request.url} with ${request.headers.authorization}`;
  const headers = { "content-type": "application/json", "x-said": said };
  const error = { code: -32001, message: said };
  response.writeHead(request.url?.includes("login") ? 401 : 500, { ...headers, "www-authenticate": `Bearer ${said}` });
  response.end(JSON.stringify({ jsonrpc: "2.0", id: null, error }));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => mirror.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`;
  const headers = { Authorization: "Bearer canary-in-header" };
  servers["mirror"] = { url: `${url}/\${CANARY_TOKEN}`, headers };
  servers["login"] = { url: `${url}/login?key=\${CANARY_TOKEN}`, headers };
});

afterAll(() => {
  mirror.closeAllConnections();
  mirror.close();
});

const servers: Record<string, Entry> = {
  refusal: tells("refusal"),
  list: tells("list"),
  works: tells("text"),
  json: tells("json"),
  forms: tells("forms"),
  dead: fixture("exit-at-once.mjs", 1, "bad token ${CANARY_TOKEN}", "really: ${CANARY_QUOTED}"),
  absent: { command: "/no/such/${CANARY_TOKEN}/program" },
  lost: { ...fixture("never-starts.mjs"), cwd: "/no/such/${CANARY_TOKEN}" },
  web: { url: "http://127.0.0.1:9/?key=${CANARY_TOKEN}", headers: { Authorization: "Bearer canary-in-header" } },
};

test("F60: canaries in env, headers, arguments and addresses, told on stderr and in errors in every form, are in no log", async () => {
  const client = start(["serve", "--log", "debug", "--config", configFile(servers)], { env });
  await client.handshake();
  await client.request("tools/list");
  await Promise.all(Object.keys(servers).map((name) => client.call(`${name}__go`)));
  client.child.stdin.end();
  await client.exit();
  expect(client.stderr).toContain("last words: [redacted] and --token=[redacted] and [redacted] and [redacted]");
  expect(client.stderr).not.toMatch(canary);
});

test("F60: canaries in what servers refuse and fail with are in no error that a client gets, nor in instructions", async () => {
  const client = start(["serve", "--config", configFile(servers, { instructions: "servers" })], { env });
  await client.handshake();
  const { result } = await client.request("tools/list");
  // A definition is the server's own word to the client, and goes on as it is.
  expect(JSON.stringify(result)).toContain("canary");
  const names = Object.keys(servers).filter((name) => name !== "refusal" && name !== "list");
  const replies = await Promise.all(names.map((name) => client.call(`${name}__go`)));
  expect(replies.map((reply) => reply.result?.isError)).toEqual(replies.map(() => true));
  expect(JSON.stringify(replies)).not.toMatch(canary);
});

test("F60: canaries in all that servers say are in nothing that a command prints", async () => {
  const config = configFile(servers);
  const commands = [
    ["check"],
    ["list"],
    ["list", "--json"],
    ["call", "works__go"],
    ["call", "forms__go", "--json"],
    ["call", "dead__go"],
  ];
  const options = ["--config", config, "--log", "debug"];
  for (const { stdout, stderr } of await Promise.all(commands.map((args) => run([...args, ...options], { env })))) {
    expect(stdout + stderr).toContain("[redacted]");
    expect(stdout + stderr).not.toMatch(canary);
  }
});

test("F60: canaries in a configuration that cannot be used are in no complaint", async () => {
  const config = configFile({
    url: { url: "${CANARY_TOKEN}" },
    header: { url: "https://example.com", headers: { Authorization: "canary\nin two lines", "bad name": "canary" } },
    number: { command: "x", env: { TOKEN: "${CANARY_TOKEN} ${UNSET_VARIABLE}" }, maxConcurrentCalls: "canary" },
    nul: { command: "x", args: ["canary \u0000"] },
  });
  const { code, stdout, stderr } = await run(["check", "--config", config], { env });
  expect(code).toBe(1);
  expect(stdout + stderr).not.toMatch(canary);
});

test("F60: no line of a canary that has several is in the log", async () => {
  const key = "-----BEGIN KEY-----\ncanary-first-line\ncanary-second-line\n-----END KEY-----\n";
  const config = configFile({ works: { ...fixture("tells-secrets.mjs", "text"), env: { TOKEN: key } } });
  const client = start(["serve", "--log", "debug", "--config", config]);
  await client.handshake();
  await client.call("works__go");
  client.child.stdin.end();
  await client.exit();
  expect(client.stderr).toContain("last words");
  expect(client.stderr).not.toMatch(canary);
});

test("F60: canaries are in no file that tutti keeps", async () => {
  const state = temporaryFolder();
  const config = configFile(servers);
  await run(["check", "--config", config], { env: { ...env, XDG_STATE_HOME: state } });
  const paths = readdirSync(state, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = paths.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));
  expect(texts.length).toBeGreaterThan(0);
  expect(texts.join("\n")).toContain("[redacted]");
  expect(texts.join("\n")).not.toMatch(canary);
});

test("F60: canaries in a token file are in no log, whatever clients send", async () => {
  const tokens = join(temporaryFolder(), "tokens");
  writeFileSync(tokens, "canary-token-of-a-client\n", { mode: 0o600 });
  const config = configFile({ works: fixture("tells-secrets.mjs", "text", "canary-token-of-a-client") });
  const args = ["serve", "--http", "0", "--stdio", "--token-file", tokens, "--log", "debug", "--config", config];
  const client = start(args, { env });
  await client.handshake();
  await client.call("works__go");
  client.child.stdin.end();
  await client.exit();
  expect(client.stderr).toContain("last words:  and [redacted]");
  expect(client.stderr).not.toMatch(canary);
});
