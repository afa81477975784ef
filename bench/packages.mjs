/**
 * What it costs to have tutti from npm, beside two programs that do the same work: `npm run bench:packages`. Size and number
 * of packages of an install, and the time from npx's cache to an answered handshake. Prints docs/benchmarks.md anew.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { handshakeOverSse, handshakeOverStdio } from "./packages/handshakes.mjs";
import { printPage } from "./print.mjs";
import { circumstances } from "./results.mjs";
import { median } from "./statistics.mjs";

const turns = 7;
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tutti-packages-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const [{ filename }] = JSON.parse(npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root));
const config = join(folder, "servers.json");
const server = { command: process.execPath, args: [join(root, "bench", "fixtures", "fast-server.mjs")] };
writeFileSync(config, JSON.stringify({ mcpServers: { one: server } }));
// mcporter serves only what it keeps running.
const kept = join(folder, "kept.json");
writeFileSync(kept, JSON.stringify({ mcpServers: { one: { ...server, lifecycle: "keep-alive" } } }));
// mcporter needs Node 24, so all run on it.
const node24 = join(install(["node@24"], "node24"), "node_modules", "node", "bin");

const contenders = [
  {
    name: "tutti",
    spec: join(folder, filename),
    words: ["tutti", "serve", "--log", "silent", "--config", config],
    handshake: handshakeOverStdio,
  },
  {
    name: "mcp-hub 4.2.1",
    spec: "mcp-hub@4.2.1",
    words: ["mcp-hub", "--port", "PORT", "--config", config],
    handshake: handshakeOverSse,
  },
  {
    name: "mcporter 0.12.3",
    spec: "mcporter@0.12.3",
    words: ["mcporter", "--config", kept, "serve", "--stdio"],
    handshake: handshakeOverStdio,
  },
];

const rows = contenders.map(({ name, spec }) => {
  const at = install([spec], name.replaceAll(/\W+/g, "-"));
  const packages = npm(["ls", "--all", "--parseable"], at).trim().split("\n").length - 1;
  const [{ size }] = JSON.parse(npm(["pack", "--dry-run", "--json", "--ignore-scripts", spec], folder));
  const [kib = "0"] = execFileSync("du", ["-sk", join(at, "node_modules")], { encoding: "utf8" }).split("\t");
  return { name, packedKiB: Math.round(size / 1024), installedMiB: Math.round(Number(kib) / 102.4) / 10, packages };
});

const taken = new Map(contenders.map(({ name }) => [name, []]));
// The first time fills the cache.
for (let turn = 0; turn <= turns; turn++) {
  for (const { name, spec, words, handshake } of turn % 2 === 0 ? contenders : contenders.toReversed()) {
    const args = ["exec", "--yes", "--prefer-offline", `--package=${spec}`, "--", ...words];
    const ms = await handshake(args, {
      ...process.env,
      PATH: `${node24}:${process.env["PATH"]}`,
      XDG_STATE_HOME: folder,
    });
    if (turn > 0) taken.get(name)?.push(ms);
  }
}
const results = {
  ...circumstances(),
  turns,
  rows: rows.map((row) => ({ ...row, handshakeMs: Math.round(median(taken.get(row.name) ?? [])) })),
};
writeFileSync(new URL("results/packages.json", import.meta.url), `${JSON.stringify(results, undefined, 2)}\n`);
printPage();
console.table(results.rows);

/** Installs packages into a folder of their own. */
function install(specs, name) {
  const at = join(folder, name);
  execFileSync(process.execPath, ["-e", `require("node:fs").mkdirSync(${JSON.stringify(at)})`]);
  writeFileSync(join(at, "package.json"), '{"private":true}');
  npm(["install", "--no-audit", "--no-fund", "--silent", ...specs], at);
  return at;
}

function npm(args, cwd) {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}
