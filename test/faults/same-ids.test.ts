import { Agent, request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { listening } from "../e2e/support/http-program.ts";
import { configFile, fake, start } from "../e2e/support/program.ts";
import { textOf } from "../e2e/support/raw-client.ts";

const overHttp = 20_000;
const overStdio = 60_000;
const atOnce = 32;

type Call = (id: number, tool: string, text: string) => Promise<unknown>;

/** A client with a session over HTTP; its answers as they come. */
async function session(url: URL): Promise<Call> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  onTestFinished(() => agent.destroy());
  let session: string | undefined;
  const send = (message: object): Promise<string> =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ jsonrpc: "2.0", ...message });
      const headers = {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        accept: "application/json, text/event-stream",
        ...(session && { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" }),
      };
      const outgoing = request(url, { method: "POST", agent, headers }, (response) => {
        session ??= response.headers["mcp-session-id"] as string | undefined;
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => {
          text += piece;
        });
        response.on("end", () => resolve(text));
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  const clientInfo = { name: "same", version: "1" };
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
  await send({ id: 1, method: "initialize", params });
  await send({ method: "notifications/initialized" });
  return async (id, name, text) =>
    JSON.parse(await send({ id, method: "tools/call", params: { name, arguments: { text } } }));
}

/** Calls so often, some at once, under ids from 0 on; what was answered otherwise than it should be. */
async function callAll(who: string, times: number, call: Call): Promise<readonly string[]> {
  const wrong: string[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    for (let id = next++; id < times; id = next++) {
      const text = `${who} ${id}`;
      const reply = (await call(id, id % 2 === 0 ? "one__echo" : "two__echo", text)) as {
        id: unknown;
        result: unknown;
      };
      if (reply.id !== id || textOf(reply) !== text) wrong.push(`${text}: ${JSON.stringify(reply)}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
  return wrong;
}

test("F70: three clients call the same tools a hundred thousand times under the same ids, over HTTP and stdio: each answer is its own", async () => {
  const config = configFile({ one: fake(), two: fake() });
  const tutti = start(["serve", "--http", "0", "--stdio", "--config", config]);
  const { url } = await listening(tutti);
  await tutti.handshake();
  await tutti.request("tools/list");
  // The ids of its handshake are beyond those that it uses now.
  const waiting = new Map<unknown, (reply: unknown) => void>();
  tutti.child.stdout.removeAllListeners("data");
  let rest = "";
  tutti.child.stdout.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const reply = JSON.parse(line) as { id?: unknown };
      const resolve = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (resolve === undefined) throw new Error(`nobody waits for ${line}`);
      resolve(reply);
    }
  });
  const overLines: Call = (id, name, text) =>
    new Promise((resolve) => {
      waiting.set(id, resolve);
      tutti.send({ jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: { text } } });
    });
  const [a, b] = await Promise.all([session(url), session(url)]);
  const startedAt = performance.now();
  const wrong = await Promise.all([
    callAll("a", overHttp, a),
    callAll("b", overHttp, b),
    callAll("c", overStdio, overLines),
  ]);
  process.stdout.write(
    `F70: ${2 * overHttp + overStdio} calls in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`,
  );
  expect(wrong.map((all) => all.slice(0, 3))).toEqual([[], [], []]);
}, 300_000);
