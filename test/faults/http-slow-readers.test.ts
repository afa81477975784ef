import { type IncomingMessage, request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { post, type Served, serveHttpReady } from "../e2e/support/http-program.ts";
import { memoryOf } from "../e2e/support/processes.ts";
import { fake } from "../e2e/support/program.ts";
import { markOf, type Reply, textOf } from "../e2e/support/raw-client.ts";
import { until } from "../e2e/support/until.ts";

const revision = "2025-11-25";
const kib = 1024;

/** A client with a session, which reads nothing of the answers to its calls until it is told to. */
async function sleepyClient({ url }: Served) {
  const clientInfo = { name: "sleepy", version: "1" };
  const params = { protocolVersion: revision, capabilities: {}, clientInfo };
  const greeting = await post(url, { jsonrpc: "2.0", id: 0, method: "initialize", params });
  await greeting.text();
  const session = { "mcp-session-id": greeting.headers.get("mcp-session-id") ?? "", "mcp-protocol-version": revision };
  await post(url, { jsonrpc: "2.0", method: "notifications/initialized" }, session);
  const calls = async (id: number, name: string, args: object): Promise<IncomingMessage> => {
    const headers = {
      ...{ "content-type": "application/json", accept: "application/json, text/event-stream" },
      ...session,
    };
    const sent = request(url, { method: "POST", headers, agent: false });
    onTestFinished(() => void sent.destroy());
    sent.on("error", () => {});
    sent.end(JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } }));
    return await new Promise((resolve) => void sent.on("response", (response) => resolve(response.pause())));
  };
  return { calls };
}

/** The messages of a stream of events, read to its end. */
async function messagesOf(response: IncomingMessage): Promise<Reply[]> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  const lines = Buffer.concat(pieces).toString().split("\n");
  return lines.filter((line) => line.startsWith("data: {")).map((line) => JSON.parse(line.slice(6)) as Reply);
}

/** Calls a tool as a client that is another one. */
async function call({ url }: Served, name: string, args: object): Promise<string> {
  const prefix = "io.modelcontextprotocol/";
  const _meta = {
    [`${prefix}protocolVersion`]: "2026-07-28",
    [`${prefix}clientCapabilities`]: {},
    [`${prefix}clientInfo`]: { name: "good", version: "1" },
  };
  const message = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args, _meta } };
  const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": name };
  return await (await post(url, message, headers)).text();
}

test("a client over HTTP that reads nothing of what a server says about its call holds up no other call there, and its call fails with its own error where it is too much", async () => {
  const served = await serveHttpReady({ one: fake() });
  const sleepy = await sleepyClient(served);
  const before = memoryOf(served.pid);
  const flooded = await sleepy.calls(1, "one__log_flood", { count: 200, bytes: 256 * kib });
  let most = 0;
  const look = setInterval(() => {
    most = Math.max(most, memoryOf(served.pid) - before);
  }, 20);
  onTestFinished(() => clearInterval(look));
  await until("the server to be rid of it", () => served.stderr.includes("the flood is over"));
  for (let n = 0; n < 5; n++) expect(await call(served, "one__echo", { text: `beside ${n}` })).toContain(`beside ${n}`);
  clearInterval(look);
  process.stdout.write(`slow reader: at most ${most} MiB more\n`);
  expect(most).toBeLessThan(96);
  const messages = await messagesOf(flooded);
  const reply = messages.at(-1) as Reply;
  expect(markOf(reply)).toMatchObject({ origin: "tutti", server: "one", code: "queue_full", mayHaveRun: true });
  expect(textOf(reply)).toContain("not read");
  expect(await call(served, "one__cancelled", {})).toMatch(/\[\d+\]/);
});
