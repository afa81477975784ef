// http-trouble.mjs: whoever calls the misbehaving servers over HTTP.
import { messagesOf } from "../swarm/http.mjs";

const version = "2026-07-28";
const key = (name) => `io.modelcontextprotocol/${name}`;

export function troubleOver(speaker, { ledger, random, token }) {
  const authorization = `Bearer ${token}`;
  const meta = {
    [key("protocolVersion")]: version,
    [key("clientCapabilities")]: {},
    [key("clientInfo")]: { name: "trouble", version: "1" },
  };
  const open = (name, args, signal) => {
    const headers = { authorization, "mcp-protocol-version": version, "mcp-method": "tools/call", "mcp-name": name };
    const params = { name, arguments: args, _meta: meta };
    ledger.count("calls");
    return speaker.send("POST", headers, { jsonrpc: "2.0", id: 1, method: "tools/call", params }, signal);
  };
  return {
    call: async (name, args = {}) => {
      for await (const { message } of messagesOf(await open(name, args))) {
        if (message?.method !== undefined || message === undefined) continue;
        ledger.count("replies");
        return message;
      }
      ledger.violation("unanswered", `${name} ${JSON.stringify(args).slice(0, 200)}`);
      return undefined;
    },
    cancelled: async (name) => {
      ledger.count("cancels");
      const left = AbortSignal.timeout(1 + Math.floor(random() * 50));
      try {
        for await (const { message } of messagesOf(await open(name, {}, left)))
          if (message !== undefined)
            ledger.violation("wrong", `a reply to ${name}: ${JSON.stringify(message).slice(0, 200)}`);
      } catch {
        // It has left.
      }
    },
    nonsense: async () => {
      const response = await speaker.send("POST", { authorization, "mcp-protocol-version": version }, "what?");
      response.resume();
      if (response.statusCode !== 400) ledger.violation("wrong", `nonsense got ${response.statusCode}`);
    },
    pick: (from) => from[Math.floor(random() * from.length)],
  };
}
