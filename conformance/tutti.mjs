import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { end, startNode, whileListening } from "./processes.mjs";

const fixture = fileURLToPath(new URL("fixture/server.mjs", import.meta.url));
export const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** Names as the servers have them, errors to the letter, no tools of tutti's own; nothing kept from run to run. */
const settings = { errors: "protocol", callTools: { scope: "off" } };

/** Writes a configuration; gives what tutti is to be started with, and a function that removes it all. */
export function configure(servers) {
  const folder = mkdtempSync(join(tmpdir(), "tutti-conformance-"));
  const file = join(folder, "servers.json");
  writeFileSync(file, JSON.stringify({ ...settings, mcpServers: servers }));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { args: [main, "serve", "--config", file], env: { XDG_STATE_HOME: folder }, remove };
}

/** Calls `use` with the address of a fixture of one era. */
export async function withFixture(era, use) {
  const child = startNode([fixture, "--era", era, "--http", "0"], { stdio: ["ignore", "ignore", "pipe"] });
  try {
    return await whileListening(child, "The fixture", use);
  } finally {
    await end(child);
  }
}

/** Calls `use` with the address of a tutti in front of a fixture that it starts itself or reaches over HTTP. */
export async function withTutti({ era, carrier, beside = {} }, use) {
  if (carrier === "http")
    return await withFixture(era, (url) => withServers({ fixture: { url, prefix: false }, ...beside }, use));
  // Each scenario is a client of its own: what a process says of no call reaches one that has it to itself.
  return await withServers({ fixture: { ...commandOf(era), prefix: false, shared: false }, ...beside }, use);
}

/** How tutti starts a fixture itself. */
export function commandOf(era) {
  return { command: process.execPath, args: [fixture, "--era", era] };
}

async function withServers(servers, use) {
  const { args, env, remove } = configure(servers);
  const child = startNode([...args, "--http", "127.0.0.1:0"], { env, stdio: ["ignore", "ignore", "pipe"] });
  try {
    return await whileListening(child, "tutti", use);
  } finally {
    await end(child);
    remove();
  }
}
