/**
 * The relay of `v2.mjs` over HTTP on both sides: `createMcpHandler` towards the client, the SDK's HTTP client towards the
 * servers. Between `node:http` and the handler there is no more than has to be: bodies are handed over whole.
 */
import { createServer } from "node:http";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { createMcpHandler, ProtocolError, ProtocolErrorCode, Server } from "@modelcontextprotocol/server";
import { configuredServers, isModern } from "./config.mjs";

const SEPARATOR = "__";
const clients = new Map(
  await Promise.all(configuredServers().map(async ([name, entry]) => [name, await connect(name, entry)])),
);
const handler = createMcpHandler(relayed, { legacy: isModern ? "reject" : "stateless" });

createServer(async (incoming, outgoing) => {
  const pieces = [];
  for await (const piece of incoming) pieces.push(piece);
  const body = Buffer.concat(pieces);
  const request = new Request(`http://${incoming.headers.host}${incoming.url}`, {
    method: incoming.method,
    headers: Object.entries(incoming.headers),
    ...(incoming.method === "POST" && { body }),
  });
  const parsedBody = body.length === 0 ? undefined : JSON.parse(body.toString());
  const answer = await handler.fetch(request, { parsedBody });
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
  outgoing.end(Buffer.from(await answer.arrayBuffer()));
}).listen(Number(process.argv[4]), "127.0.0.1");
process.stdin.on("end", () => process.exit(0));
process.stdin.resume();

function relayed() {
  const server = new Server({ name: "relay-v2", version: "1.0.0" }, { capabilities: { tools: {} } });
  server.setRequestHandler("tools/list", async () => {
    const lists = await Promise.all([...clients].map(([name, client]) => listTools(name, client)));
    return { tools: lists.flat() };
  });
  server.setRequestHandler("tools/call", async (request, context) => {
    const exposed = request.params.name;
    const at = exposed.indexOf(SEPARATOR);
    const client = clients.get(exposed.slice(0, at));
    if (client === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `unknown tool ${exposed}`);
    const params = { ...request.params, name: exposed.slice(at + SEPARATOR.length) };
    // Not callTool: a relay must not judge results by a schema it was not asked to hold.
    return client.request({ method: "tools/call", params }, { signal: context.mcpReq.signal });
  });
  return server;
}

/**
 * @param {string} name
 * @param {{ url: string }} entry
 */
async function connect(name, { url }) {
  const mode = isModern ? { pin: "2026-07-28" } : /** @type {const} */ ("legacy");
  const client = new Client({ name: `relay-v2-${name}`, version: "1.0.0" }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

/**
 * @param {string} name
 * @param {Client} client
 */
async function listTools(name, client) {
  const { tools } = await client.listTools();
  return tools.map((tool) => ({ ...tool, name: `${name}${SEPARATOR}${tool.name}` }));
}
