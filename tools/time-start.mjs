// Times the first answer: from the spawn of tutti to its reply to the client's handshake, beside an empty Node program.
// Usage: node tools/time-start.mjs [ROUNDS] [MAIN.js …]; without files dist/main.js, with several each in turn, so that
// two builds can be compared on one machine at one time.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [rounds = "25", ...mains] = process.argv.slice(2);
if (mains.length === 0) mains.push(join(root, "dist", "main.js"));

const folder = mkdtempSync(join(tmpdir(), "tutti-start-"));
const config = join(folder, "servers.json");
const idle = { command: process.execPath, args: ["-e", "process.stdin.resume()"] };
const names = ["github", "files", "memory", "browser", "search"];
writeFileSync(config, JSON.stringify({ mcpServers: Object.fromEntries(names.map((name) => [name, idle])) }));

const version = "2026-07-28";
const meta = {
  "io.modelcontextprotocol/protocolVersion": version,
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "timer", version: "1" },
};
const initialize = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "timer", version: "1" } };
const contenders = new Map([["an empty Node program", { args: [join(root, "bench/fixtures/empty.mjs")], line: "" }]]);
for (const main of mains) {
  for (const [method, params] of Object.entries({ initialize, "server/discover": { _meta: meta } })) {
    const line = `${JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })}\n`;
    contenders.set(`${main}: ${method}`, { args: [main, "serve", "--config", config], line });
  }
}

const times = new Map([...contenders.keys()].map((name) => [name, []]));
for (let round = 0; round < Number(rounds); round++) {
  // The order is reversed each round, so that none is always the one after a slow neighbour.
  const order = round % 2 === 0 ? [...contenders] : [...contenders].reverse();
  for (const [name, contender] of order) times.get(name).push(await firstAnswerMs(contender));
}
rmSync(folder, { recursive: true });
for (const [name, all] of times) {
  all.sort((a, b) => a - b);
  const [least, median] = [all[0], all[all.length >> 1]];
  console.log(`${median.toFixed(1)} ms median, ${least.toFixed(1)} ms least: ${name}`);
}

async function firstAnswerMs({ args, line }) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.write(line);
  await once(child.stdout, "data");
  const ms = performance.now() - startedAt;
  child.stdin.end();
  await once(child, "exit");
  return ms;
}
