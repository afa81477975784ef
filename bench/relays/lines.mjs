/**
 * The floor: a relay of raw lines that checks nothing. It finds id and name by string search, replaces them and sends
 * the rest on. No JSON is parsed but for the handshake and lists; a wrong, hostile or odd message goes wrong. Nobody
 * should use it: it shows what the pipes and the event loop alone cost.
 */
import { spawn } from "node:child_process";
import { configuredServers, isModern } from "./config.mjs";

const NEWLINE = 10;
const SMALL_BYTES = 8192;
const REVISION = "2026-07-28";
const own = { name: "relay-lines", version: "1.0.0" };
/** What a modern request brings, and what a modern list needs. */
const envelope = {
  "io.modelcontextprotocol/protocolVersion": REVISION,
  "io.modelcontextprotocol/clientInfo": own,
  "io.modelcontextprotocol/clientCapabilities": {},
};
const complete = { resultType: "complete", ttlMs: 0, cacheScope: "private" };

/** @typedef {{ name: string, out: ReturnType<typeof batched>, ready: Promise<void> }} Downstream */

/** What a reply with our id goes to: the client's own id, or a function for requests of ours. @type {Map<string, string | ((line: string) => void)>} */
const waiting = new Map();
let lastId = 0;

const client = batched(process.stdout);
const servers = new Map(configuredServers().map(([name, entry]) => [name, start(name, entry)]));

readLines(process.stdin, fromClient, () => {
  for (const { out } of servers.values()) out.flush();
});
process.stdin.on("end", () => process.exit(0));

/** @param {Buffer} line */
function fromClient(line) {
  const isSmall = line.length <= SMALL_BYTES;
  const head = line.toString("latin1", 0, isSmall ? line.length : 256);
  if (!head.includes('"method":"tools/call"')) return answer(line.toString());
  const nameAt = head.indexOf('"name":"') + 8;
  const nameEnd = head.indexOf("__", nameAt);
  const server = servers.get(head.slice(nameAt, nameEnd));
  if (server === undefined) throw new Error(`no server for ${head}`);
  const idAt = line.lastIndexOf('"id":') + 5;
  const id = String(++lastId);
  waiting.set(id, line.toString("latin1", idAt, line.length - 1));
  if (!isSmall) return server.out.write(line.subarray(0, nameAt), line.subarray(nameEnd + 2, idAt), `${id}}\n`);
  server.out.add(`${head.slice(0, nameAt)}${head.slice(nameEnd + 2, idAt)}${id}}\n`);
}

/** @param {Buffer} line */
function fromServer(line) {
  const idAt = line.lastIndexOf('"id":') + 5;
  const id = line.toString("latin1", idAt, line.length - 1);
  const goesTo = waiting.get(id);
  waiting.delete(id);
  if (typeof goesTo === "function") return goesTo(line.toString());
  if (goesTo === undefined) return;
  if (line.length > SMALL_BYTES) return client.write(line.subarray(0, idAt), `${goesTo}}\n`);
  client.add(`${line.toString("latin1", 0, idAt)}${goesTo}}\n`);
}

/**
 * Everything but calls: the handshake is answered here, a list is put together from all servers.
 * @param {string} line
 */
function answer(line) {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") {
    send(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: own });
  }
  if (method === "server/discover") {
    send(id, { supportedVersions: [REVISION], capabilities: { tools: {} }, ...complete });
  }
  if (method === "tools/list") void list(id);
}

/** @param {number} id */
async function list(id) {
  const lists = await Promise.all([...servers.values()].map(listOne));
  send(id, { tools: lists.flat(), ...(isModern && complete) });
}

/**
 * @param {number} id
 * @param {object} result
 */
function send(id, result) {
  client.add(`${JSON.stringify({ result, jsonrpc: "2.0", id })}\n`);
  client.flush();
}

/** @param {Downstream} server */
async function listOne(server) {
  await server.ready;
  const { tools } = (await request(server, "tools/list", isModern ? { _meta: envelope } : {})).result;
  return tools.map((/** @type {{ name: string }} */ tool) => ({ ...tool, name: `${server.name}__${tool.name}` }));
}

/**
 * @param {string} name
 * @param {{ command: string, args: string[], env?: Record<string, string> }} entry
 * @returns {Downstream}
 */
function start(name, entry) {
  const env = { ...process.env, ...entry.env };
  const child = spawn(entry.command, entry.args, { env, stdio: ["pipe", "pipe", "ignore"] });
  readLines(child.stdout, fromServer, client.flush);
  const server = { name, out: batched(child.stdin), ready: Promise.resolve() };
  if (!isModern) server.ready = shake(server);
  return server;
}

/** @param {Downstream} server */
async function shake(server) {
  await request(server, "initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: own });
  server.out.add('{"method":"notifications/initialized","jsonrpc":"2.0"}\n');
  server.out.flush();
}

/**
 * @param {Downstream} server
 * @param {string} method
 * @param {object} params
 * @returns {Promise<any>}
 */
function request(server, method, params) {
  const id = ++lastId;
  server.out.add(`${JSON.stringify({ method, params, jsonrpc: "2.0", id })}\n`);
  server.out.flush();
  return new Promise((resolve) => waiting.set(String(id), (line) => resolve(JSON.parse(line))));
}

/**
 * Small messages are gathered and written once per chunk that was read; parts of a big one go out in one `writev`.
 * @param {import("node:stream").Writable} stream
 */
function batched(stream) {
  let gathered = "";
  const flush = () => {
    if (gathered === "") return;
    stream.write(gathered, "latin1");
    gathered = "";
  };
  return {
    flush,
    add: (/** @type {string} */ message) => {
      gathered += message;
    },
    write: (/** @type {(Buffer | string)[]} */ ...parts) => {
      flush();
      stream.cork();
      for (const part of parts) stream.write(part, "latin1");
      stream.uncork();
    },
  };
}

/**
 * @param {import("node:stream").Readable} stream
 * @param {(line: Buffer) => void} onLine
 * @param {() => void} onChunkEnd
 */
function readLines(stream, onLine, onChunkEnd) {
  /** @type {Buffer[]} */
  let unfinished = [];
  stream.on("data", (/** @type {Buffer} */ chunk) => {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const last = chunk.subarray(from, end);
      const line = unfinished.length === 0 ? last : Buffer.concat([...unfinished, last]);
      from = end + 1;
      unfinished = [];
      onLine(line);
    }
    if (from < chunk.length) unfinished.push(chunk.subarray(from));
    onChunkEnd();
  });
}
