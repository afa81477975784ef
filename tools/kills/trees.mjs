// trees.mjs: what is killed: random trees of processes below random servers, and the ways in which tutti loses its life.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kill } from "./marked.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const node = process.execPath;
const fixture = (file) => join(root, "test", "fixtures", file);

const mostServers = 4;
const mostProcesses = 50;
/** tutti with its reaper, a launcher, a client. */
const besideServers = 4;

/** Servers that leave at most 50 processes in all: polite and stubborn ones, alone, below `npx` and `sh`, with children of their own. */
export function randomServers(random) {
  const below = (most) => Math.floor(random() * (most + 1));
  const servers = {};
  let room = mostProcesses - besideServers;
  for (let count = 1 + below(mostServers - 1); count > 0 && room > 4; count -= 1) {
    const isStubborn = random() < 0.6;
    const isNpx = random() < 0.4;
    const children = below(Math.min(random() < 0.2 ? 40 : 4, room - 4));
    const sessions = random() < 0.3 ? below(Math.min(2, room - 4 - children)) : 0;
    room -= children + sessions + (isNpx ? 3 : 1);
    const program = fixture(isStubborn ? "stubborn-server.mjs" : "fake-server.mjs");
    // A server under Node costs 50 ms of CPU, one in a shell nearly none.
    const command = isNpx
      ? ["/bin/sh", fixture("npx-like-tree.sh"), program]
      : isStubborn
        ? ["/bin/sh", fixture("stubborn-server.sh")]
        : [node, program];
    const args = [fixture("tree-of-processes.sh"), isStubborn ? 1 : 0, children, sessions, ...command];
    servers[`s${count}`] = { command: "/bin/sh", args: args.map(String) };
  }
  return servers;
}

const clientInfo = { name: "kills", version: "1" };
const greeting = [
  { id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo } },
  { method: "notifications/initialized" },
];

/** Starts `tutti serve` through these programs and greets it; our ends of its pipes stay open. */
function started(through, { config, env }) {
  const [command, ...args] = [
    ...through,
    join(root, "dist", "main.js"),
    "serve",
    "--log",
    "silent",
    "--config",
    config,
  ];
  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.on("error", () => {});
  child.stdout.resume();
  for (const message of greeting) child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  return child;
}

/** Each starts tutti and gives what kills it, and what then takes away what was only there to hold pipes. */
export const ways = {
  "tutti itself": (setting) => {
    const child = started([node], setting);
    return { kill: () => kill(child.pid), end: () => {} };
  },
  "the program that started it, its pipes held open": (setting) => {
    const child = started([node, fixture("starts-tutti.mjs"), node], setting);
    return { kill: () => kill(child.pid), end: () => child.stdin.destroy() };
  },
  "all processes of its terminal": (setting) => {
    const child = started(["/usr/bin/setsid", node, fixture("starts-tutti.mjs"), node], setting);
    return { kill: () => kill(-child.pid), end: () => {} };
  },
  "the client, its pipes held open": ({ config, env }) => {
    const args = [fixture("leaves-pipes-open.mjs"), node, join(root, "dist", "main.js"), "serve", "--config", config];
    const client = spawn(node, args, { env, stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    client.stdout.on("data", (chunk) => {
      text += chunk;
    });
    const end = () => {
      const holder = /"holder":(\d+)/.exec(text)?.[1];
      if (holder !== undefined) kill(Number(holder));
    };
    return { kill: () => kill(client.pid), end };
  },
};
