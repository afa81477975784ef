import { join } from "node:path";
import { play, type Script, type Side } from "./pair.ts";
import { root } from "./program.ts";

const file = join(root, "node_modules", "@modelcontextprotocol", "server-everything", "dist", "index.js");

const capabilities = {
  roots: { listChanged: true },
  sampling: {},
  elicitation: { form: {}, url: {} },
  tasks: { list: {}, cancel: {}, requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } },
};

/**
 * Plays the script to the public server, after a handshake of a client that can do everything, and gives what differs.
 * The server asks for the roots a while after it; the script begins when it has told what it got.
 */
export async function playEverything(script: Script): Promise<string[]> {
  return await play(file, [], async (side) => {
    const { talk } = side;
    const clientInfo = { name: "raw-client", version: "1" };
    talk.answer("roots/list", () => `"result":${roots}`);
    await talk.request("initialize", "initialize", { protocolVersion: "2025-11-25", capabilities, clientInfo });
    talk.forget(); // The handshake is tutti's own.
    talk.notify("notifications/initialized");
    await talk.first("the log message about the roots", ({ line }) => line.includes("Roots updated: 2"));
    await script(side);
  });
}

const roots =
  '{"roots":[{"uri":"file:///folder/caf%C3%A9","name":"café"},{"uri":"file:///a","_meta":{"b":1}}],"x":[1.0]}';

/** Calls a tool as a step of its own; `args` may be raw JSON. */
export async function call({ talk, name }: Side, tool: string, args: object | string = {}, more = ""): Promise<void> {
  const raw = typeof args === "string" ? args : JSON.stringify(args);
  const params = `{"name":${JSON.stringify(name(tool))},"arguments":${raw}${more}}`;
  await talk.request(`${tool} ${raw.slice(0, 80)}`, "tools/call", params);
}
