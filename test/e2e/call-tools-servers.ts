import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Entry, temporaryFolder } from "./support/program.ts";

/** What `call_tools` gives for one call. */
export type Result = {
  readonly id: string;
  readonly ok: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
  readonly result?: any;
  readonly error?: { readonly code: string; readonly message: string; readonly sent?: unknown };
  readonly truncated?: { readonly shown: number; readonly of: number; readonly result_id: string };
};

/**
 * A server whose calls of `meet` end only together, when so many of them are there as each says: who calls one after the
 * other waits for ever. `met` says how many have ended, `gone` how many were cancelled while they waited.
 */
const meetingServer = `
import { createInterface } from "node:readline";
let waiting = [];
let [met, gone] = [0, 0];
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n");
const said = (value) => ({ content: [{ type: "text", text: JSON.stringify(value) }] });
const tools = ["meet", "met"].map((name) => ({ name, inputSchema: { type: "object" } }));
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") {
    const serverInfo = { name: "meeting", version: "1" };
    send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo } });
  } else if (method === "tools/list") send({ id, result: { tools } });
  else if (method === "notifications/cancelled") {
    const before = waiting.length;
    waiting = waiting.filter((one) => one !== params.requestId);
    gone += before - waiting.length;
  } else if (method !== "tools/call") {
    if (id !== undefined) send({ id, error: { code: -32601, message: "no" } });
  } else if (params.name === "met") send({ id, result: said({ met, gone, waiting: waiting.length }) });
  else {
    waiting.push(id);
    if (waiting.length < params.arguments.count) return;
    met += waiting.length;
    for (const one of waiting) send({ id: one, result: said({ together: waiting.length }) });
    waiting = [];
  }
});
process.stdin.on("end", () => process.exit(0));
`;

export function meeting(more: object = {}): Entry & { readonly command: string; readonly args: readonly string[] } {
  const path = join(temporaryFolder(), "meeting.mjs");
  writeFileSync(path, meetingServer);
  return { command: process.execPath, args: [path], ...more };
}
