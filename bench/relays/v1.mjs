/**
 * A relay as one writes it on `@modelcontextprotocol/sdk` (v1): a `Client` per server, one low-level `Server`, every
 * call passed on and its result handed back. It answers `initialize` at once, starts all servers together, runs calls
 * at once and passes cancellation on, so what it costs is the SDK and not clumsiness.
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import {
  CallToolRequestSchema,
  CallToolResultSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
} from "@modelcontextprotocol/sdk/types.js";
import { configuredServers } from "./config.mjs";

const SEPARATOR = "__";
const server = new Server({ name: "relay-v1", version: "1.0.0" }, { capabilities: { tools: {} } });

/** @type {Map<string, Promise<Client>>} */
const clients = new Map(configuredServers().map(([name, entry]) => [name, connect(name, entry)]));

server.setRequestHandler(ListToolsRequestSchema, async () => {
  const lists = await Promise.all([...clients].map(([name, client]) => listTools(name, client)));
  return { tools: lists.flat() };
});

server.setRequestHandler(CallToolRequestSchema, async (request, extra) => {
  const exposed = request.params.name;
  const at = exposed.indexOf(SEPARATOR);
  const client = clients.get(exposed.slice(0, at));
  if (client === undefined) throw new McpError(ErrorCode.InvalidParams, `unknown tool ${exposed}`);
  const params = { ...request.params, name: exposed.slice(at + SEPARATOR.length) };
  // Not callTool: a relay must not judge results by a schema it was not asked to hold.
  return (await client).request({ method: "tools/call", params }, CallToolResultSchema, { signal: extra.signal });
});

process.stdin.on("end", async () => {
  await Promise.allSettled([...clients.values()].map(async (client) => (await client).close()));
  process.exit(0);
});
await server.connect(new StdioServerTransport());

/**
 * @param {string} name
 * @param {{ command: string, args: string[], env?: Record<string, string> }} entry
 */
async function connect(name, entry) {
  const client = new Client({ name: `relay-v1-${name}`, version: "1.0.0" });
  await client.connect(new StdioClientTransport(entry));
  return client;
}

/**
 * All pages of one server's tools under their exposed names; none when the server did not start.
 * @param {string} name
 * @param {Promise<Client>} connecting
 */
async function listTools(name, connecting) {
  const tools = [];
  try {
    const client = await connecting;
    let cursor;
    do {
      const page = await client.listTools({ cursor });
      tools.push(...page.tools.map((tool) => ({ ...tool, name: `${name}${SEPARATOR}${tool.name}` })));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  } catch (error) {
    console.error(`${name}: ${error}`);
  }
  return tools;
}
