/**
 * The relay of `v1.mjs` once more, as one writes it on `@modelcontextprotocol/client` and `/server` (v2); for either era.
 */
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { ProtocolError, ProtocolErrorCode, Server } from "@modelcontextprotocol/server";
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import { configuredServers, isModern } from "./config.mjs";

const SEPARATOR = "__";
/** @type {Map<string, Promise<Client>>} */
const clients = new Map(configuredServers().map(([name, entry]) => [name, connect(name, entry)]));

process.stdin.on("end", async () => {
  await Promise.allSettled([...clients.values()].map(async (client) => (await client).close()));
  process.exit(0);
});
if (isModern) serveStdio(createServer);
else await createServer().connect(new StdioServerTransport());

function createServer() {
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
    return (await client).request({ method: "tools/call", params }, { signal: context.mcpReq.signal });
  });
  return server;
}

/**
 * @param {string} name
 * @param {{ command: string, args: string[], env?: Record<string, string> }} entry
 */
async function connect(name, entry) {
  const mode = isModern ? { pin: "2026-07-28" } : /** @type {const} */ ("legacy");
  const client = new Client({ name: `relay-v2-${name}`, version: "1.0.0" }, { versionNegotiation: { mode } });
  await client.connect(new StdioClientTransport(entry));
  return client;
}

/**
 * All pages of one server's tools under their exposed names; none when the server did not start.
 * @param {string} name
 * @param {Promise<Client>} connecting
 */
async function listTools(name, connecting) {
  try {
    const { tools } = await (await connecting).listTools();
    return tools.map((tool) => ({ ...tool, name: `${name}${SEPARATOR}${tool.name}` }));
  } catch (error) {
    console.error(`${name}: ${error}`);
    return [];
  }
}
