import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

const mostMs = 60_000;

const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "bench", version: "1" } },
};

/** From the start of `npm` with these words to the answer to `initialize` on its stdout, in ms. */
export async function handshakeOverStdio(words, env) {
  const startedAt = performance.now();
  const child = start(words, env);
  child.stdin.write(`${JSON.stringify(initialize)}\n`);
  let heard = "";
  for await (const text of child.stdout.setEncoding("utf8")) {
    heard += text;
    if (/"id":1\b/.test(heard) && heard.includes('"serverInfo"')) break;
  }
  const ms = performance.now() - startedAt;
  await end(child);
  if (!heard.includes('"serverInfo"')) throw new Error(`npm ${words.join(" ")} ended without an answer: ${heard}`);
  return ms;
}

/** The same over HTTP+SSE at the port that stands for PORT in the words. */
export async function handshakeOverSse(words, env) {
  const port = await freePort();
  const startedAt = performance.now();
  const child = start(
    words.map((word) => (word === "PORT" ? String(port) : word)),
    env,
  );
  child.stdout.resume();
  const origin = `http://127.0.0.1:${port}`;
  const ending = new AbortController();
  while (performance.now() - startedAt < mostMs) {
    try {
      const stream = await fetch(`${origin}/mcp`, { headers: { accept: "text/event-stream" }, signal: ending.signal });
      if (!stream.ok) throw new Error(String(stream.status));
      await answered(stream, origin);
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10)); // Not there yet.
    }
  }
  const ms = performance.now() - startedAt;
  ending.abort();
  await end(child);
  if (ms >= mostMs) throw new Error(`npm ${words.join(" ")} did not answer`);
  return ms;
}

/** Posts `initialize` to the address that the stream names, and reads until it is answered. */
async function answered(stream, origin) {
  let heard = "";
  let isAsked = false;
  for await (const bytes of stream.body) {
    heard += Buffer.from(bytes).toString();
    const endpoint = /^event: endpoint\r?\ndata: (.*)$/m.exec(heard)?.[1];
    if (endpoint !== undefined && !isAsked) {
      isAsked = true;
      const headers = { "content-type": "application/json" };
      await fetch(new URL(endpoint.trim(), origin), { method: "POST", headers, body: JSON.stringify(initialize) });
    }
    if (heard.includes('"serverInfo"')) return;
  }
  throw new Error("the stream ended");
}

function start(words, env) {
  return spawn("npm", words, { env, stdio: ["pipe", "pipe", "ignore"], detached: true });
}

async function end(child) {
  const closed = once(child, "exit");
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    return; // It has ended by itself.
  }
  await closed;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
