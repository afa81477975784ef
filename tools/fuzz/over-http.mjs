// over-http.mjs: the built program, sent requests that are none, and given answers that are none.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixture, startTutti } from "../soak/tutti.mjs";

const batch = 20;
const patienceMs = 3000;

/** Requests as raw bytes; all that is answered has to be HTTP, and the program has to live and serve others. */
export async function server() {
  const { tutti, folder } = start(["serve", "--http", "127.0.0.1:0"], { one: fake });
  const url = new URL(await seen(tutti, /listening on (http:\S+\/mcp)/));
  const check = async (input) => {
    const bytes = Buffer.from(input.toString("latin1").replaceAll("PORT", url.port), "latin1");
    const answer = await exchange(Number(url.port), bytes);
    const isHttp = answer === "" || /^HTTP\/1\.1 \d{3} /.test(answer);
    if (!isHttp) return `this is no answer: ${JSON.stringify(answer.slice(0, 200))}`;
    return await troubles(tutti, async () => (await fetch(new URL("/healthz", url))).status === 200);
  };
  return { check, end: ending(tutti, folder, () => tutti.child.kill("SIGTERM")) };
}

/** Answers as raw bytes; each call has to get exactly one reply, and calls to another server its own. */
export async function client() {
  let answers = [];
  const hostile = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (request) => {
      const text = request.toString("latin1");
      const id = /"id":(\d+)/.exec(text)?.[1];
      const found = results(text, id);
      if (found !== undefined) socket.write(found);
      else
        socket.end(
          Buffer.from((answers.shift() ?? Buffer.alloc(0)).toString("latin1").replaceAll("ID", id ?? "0"), "latin1"),
        );
    });
  });
  await new Promise((resolve) => hostile.listen(0, "127.0.0.1", resolve));
  const far = { url: `http://127.0.0.1:${hostile.address().port}/mcp`, callTimeoutMs: 1000 };
  const { tutti, folder } = start(["serve"], { far, one: fake });
  const open = new Map();
  const extra = [];
  let rest = "";
  tutti.child.stdout.setEncoding("utf8").on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) take(line, open, extra);
  });
  let lastId = 0;
  const request = (method, params) => {
    const id = ++lastId;
    tutti.child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return new Promise((resolve) => open.set(id, resolve));
  };
  const call = (name, args) => request("tools/call", { name, arguments: args });
  await request("initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "f", version: "1" },
  });
  tutti.child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
  await request("tools/list", {});
  const check = async (input) => {
    answers = [input];
    const [bad, good] = await Promise.all([within(call("far__x", {})), call("one__echo", { text: "mine" })]);
    if (bad === undefined) return "a call has no reply";
    if (good.result.content[0].text !== "mine") return `another server's call got ${JSON.stringify(good)}`;
    if (extra.length > 0) return `this was not asked for: ${extra[0]}`;
    return await troubles(tutti);
  };
  const end = ending(tutti, folder, () => tutti.child.stdin.end());
  return {
    check,
    end: async () => {
      const wrong = await end();
      hostile.close();
      return wrong;
    },
  };
}

/** What the server says to all but calls. */
function results(text, id) {
  const about = { name: "far", version: "1" };
  const tools = [{ name: "x", inputSchema: { type: "object" } }];
  const common = { resultType: "complete", ttlMs: 0, cacheScope: "private" };
  if (text.startsWith("DELETE") || (text.startsWith("POST") && id === undefined))
    return "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
  if (text.startsWith("GET")) return "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n";
  const all = {
    "server/discover": { ...common, supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, serverInfo: about },
    "tools/list": { ...common, tools },
  };
  const method = /"method":"([^"]+)"/.exec(text)?.[1];
  if (all[method] === undefined) return undefined;
  const body = JSON.stringify({ jsonrpc: "2.0", id: Number(id), result: all[method] });
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function take(line, open, extra) {
  const { id, method } = JSON.parse(line);
  if (method !== undefined) return;
  const resolve = open.get(id);
  open.delete(id);
  if (resolve === undefined) extra.push(line);
  else resolve(JSON.parse(line));
}

const fake = { command: process.execPath, args: [fixture("fake-server.mjs")] };

function start(args, mcpServers) {
  const folder = mkdtempSync(join(tmpdir(), "tutti-fuzz-"));
  const config = join(folder, "servers.json");
  writeFileSync(config, JSON.stringify({ mcpServers }));
  return { folder, tutti: startTutti([...args, "--config", config], { XDG_STATE_HOME: folder }) };
}

function ending(tutti, folder, how) {
  return async () => {
    const [wrong] = await tutti.end(how);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    return wrong ?? tutti.oddities[0];
  };
}

let looks = 0;

/** What is wrong with the program now and then; every so often also whether it serves. */
async function troubles(tutti, serves) {
  if (tutti.child.exitCode !== null) return `it has ended: ${tutti.log().slice(-1000)}`;
  if (tutti.oddities.length > 0) return tutti.oddities[0];
  if (serves !== undefined && ++looks % batch === 0 && !(await serves())) return "it does not serve others any more";
  return undefined;
}

/** All that comes for these bytes until the connection ends, or for a moment. */
function exchange(port, bytes) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
    let answer = "";
    const timer = setTimeout(() => socket.destroy(), 200);
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

async function within(promise) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, patienceMs + 1000);
  });
  const first = await Promise.race([promise, late]);
  clearTimeout(timer);
  return first;
}

async function seen(tutti, pattern) {
  for (let look = 0; look < 400; look++) {
    const found = pattern.exec(tutti.log())?.[1];
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it does not get ready: ${tutti.log()}`);
}
