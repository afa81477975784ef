/** The built program in front of task servers, and a client of it. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const taskServer = fileURLToPath(new URL("task-server.mjs", import.meta.url));
const KEPT_STDERR = 2000;

/**
 * Starts it and waits until all servers' tools can be called. `ask` gives a request's result or throws its error.
 * @param {Record<string, object[]>} servers the tools of each, with their results
 * @param {{ isLazy?: boolean, medianMs?: number, seed?: number, isLogged?: boolean }} options
 */
export async function startTutti(servers, { isLazy = false, medianMs = 0, seed = 1, isLogged = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "tutti-plans-"));
  const log = join(folder, "calls.jsonl");
  writeFileSync(log, "");
  const entries = Object.entries(servers).map(([name, tools]) => {
    const path = join(folder, `${name}.json`);
    writeFileSync(path, JSON.stringify({ tools, seed, medianMs, log: isLogged ? log : undefined }));
    return [name, { command: process.execPath, args: [taskServer, path] }];
  });
  const config = join(folder, "servers.json");
  writeFileSync(config, JSON.stringify({ mcpServers: Object.fromEntries(entries), log: { level: "silent" } }));
  const args = [main, "serve", ...(isLazy ? ["--lazy"] : []), "--config", config];
  const child = spawn(process.execPath, args, { env: { ...process.env, XDG_STATE_HOME: folder }, stdio: "pipe" });
  const client = clientOf(child);
  const close = async () => {
    child.stdin.end();
    await client.ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await client.ask("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "plans", version: "1.0.0" },
    });
    client.tell("notifications/initialized");
    const { tools } = await client.ask("tools/list", {});
    const call = (name, input) => client.ask("tools/call", { name, arguments: input });
    /** What the servers were called with so far, where that is logged. */
    const called = () =>
      readFileSync(log, "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    return { tools, call, called, close, pid: child.pid };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param {import("node:child_process").ChildProcessWithoutNullStreams} child */
function clientOf(child) {
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  let lastId = 0;
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr = (stderr + chunk).slice(-KEPT_STDERR);
  });
  child.stdin.on("error", () => {});
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { id, result, error } = JSON.parse(line);
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new Error(`${error.message} (${error.code})`));
  });
  const ended = new Promise((resolve) => {
    child.on("close", (code, signal) => {
      for (const { reject } of waiting.values()) reject(new Error(`tutti ended (${code ?? signal}): ${stderr}`));
      resolve(undefined);
    });
  });
  const write = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  return {
    ended,
    tell: (method) => write({ method }),
    ask: (method, params) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        write({ id: lastId, method, params });
      }),
  };
}
