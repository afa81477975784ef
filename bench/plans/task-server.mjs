/**
 * An MCP server over stdio with the tools of a file, which answer what the file says after a time that follows from a
 * seed, the tool and its arguments: `node task-server.mjs FILE`, with `{"tools": […], "seed", "medianMs", "log"}`. What it
 * was called with goes into the file `log`, a line each.
 */
import { createHash } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const { tools, seed, medianMs, log } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const results = new Map(tools.map(({ name, result }) => [name, result]));
const definitions = tools.map(({ result: _, ...definition }) => definition);

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  if (method === "initialize") {
    const serverInfo = { name: "task-server", version: "1.0.0" };
    return reply(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo });
  }
  if (method === "ping") return reply(id, {});
  if (method === "tools/list") return reply(id, { tools: definitions });
  if (method !== "tools/call") return write({ id, error: { code: -32601, message: `no method ${method}` } });
  const { name, arguments: args } = params;
  if (log !== undefined) appendFileSync(log, `${JSON.stringify({ name, arguments: args })}\n`);
  const value = results.get(name);
  const result = { content: [{ type: "text", text: JSON.stringify(value) }], structuredContent: value };
  setTimeout(reply, latencyMs(name, args), id, result);
});

/** Between a third and three times the median, evenly on a logarithmic scale. */
function latencyMs(name, args) {
  const hash = createHash("sha256")
    .update(JSON.stringify([seed, name, args]))
    .digest();
  return medianMs * 3 ** (2 * (hash.readUInt32BE() / 2 ** 32) - 1);
}

function reply(id, result) {
  write({ id, result });
}

function write(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}
