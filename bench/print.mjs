/** Prints `docs/benchmarks.md` from `bench/results/latest.json`, and from nothing else: `node bench/print.mjs`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { measuredTable, targetTable } from "./tables.mjs";

export const latest = new URL("results/latest.json", import.meta.url);
const packages = new URL("results/packages.json", import.meta.url);
const page = new URL("../docs/benchmarks.md", import.meta.url);

/** Writes the page anew. */
export function printPage() {
  /** @type {import("./results.mjs").Results} */
  const results = JSON.parse(readFileSync(latest, "utf8"));
  writeFileSync(page, pageOf(results));
}

/** @param {import("./results.mjs").Results} results */
function pageOf({ date, node, machine, commit, contenders, tables, targets }) {
  const judged = targets.filter(({ passed }) => passed !== undefined);
  const met = judged.filter(({ passed }) => passed).length;
  const turns = tables.flatMap(({ rows }) =>
    rows.flatMap(({ cells }) => Object.values(cells).map((cell) => cell.turns)),
  );
  return `# Benchmarks

<!-- Printed by \`node bench/print.mjs\` from bench/results/latest.json. Do not edit. -->

Measured on ${date} with Node ${node} on ${machine.platform} ${machine.arch}, ${machine.cores} cores, ${machine.memoryGiB} GiB${commit === undefined ? "" : `, at commit ${commit}`}. \`npm run bench\` measures anew and prints this page; absolute numbers are this machine's, ratios carry further.

## What was asked, and what was measured

${met} of ${judged.length} targets are met. "lines" is the bare relay of raw lines under the same formula: what pipes and the event loop alone cost.

${targetTable(targets)}

## How it was measured

${Object.entries(contenders)
  .map(([name, about]) => `- **${name}**: ${about}`)
  .join("\n")}

All stand between the same client and the same servers, over stdio where nothing else is said, all read the same config file. Client and servers are written by hand without an SDK (\`bench/client/\`, \`bench/fixtures/\`), so that the relay is the dear part; like the SDKs they write each message by itself. The client checks every reply but does not parse big ones, which would take the time that the relay is measured in. Requests and replies have the member order of the TypeScript SDK. Client and servers are of the legacy era (2025-11-25) where nothing else is said; tutti has to find that out, the other relays are told.

Every number is the median of ${Math.min(...turns)} to ${Math.max(...turns)} turns. Each turn is a fresh process of client, relay and servers; the contenders take turns one after the other, in the opposite order every other round, so that a slow minute of the machine meets all of them. CPU and memory are those of the relay's process alone, read from Linux's \`/proc\` (CPU in nanoseconds, all threads); elsewhere these rows are left out. What runs on the same cores as the relay, servers and client included, is in the times and rates but not in the CPU.

${tables.map((table) => `## ${table.title}\n\n${table.about}\n\n${measuredTable(table)}`).join("\n\n")}
${existsSync(packages) ? packagesOf(JSON.parse(readFileSync(packages, "utf8"))) : ""}`;
}

/** What it costs to have tutti from npm, which is measured on its own. */
function packagesOf({ date, node, machine, commit, turns, rows }) {
  const lines = rows.map(
    ({ name, packedKiB, installedMiB, packages: count, handshakeMs }) =>
      `| ${name} | ${packedKiB} KiB | ${installedMiB} MiB | ${count} | ${handshakeMs} ms |`,
  );
  return `
## From npm

The package as npm packs it, what an install of it takes, how many packages that are (itself included), and the time from
\`npx\` with everything in its cache to the answer to \`initialize\`: median of ${turns}, in turn, all on Node 24, which one of
them needs. tutti and mcporter answer over stdio, mcp-hub over HTTP. tutti is taken from its packed file, which npm reads anew each
time; the others from the registry. Measured on ${date} (run by Node ${node}) on
${machine.platform} ${machine.arch}, ${machine.cores} cores${commit === undefined ? "" : `, at commit ${commit}`}; \`npm run bench:packages\` measures anew.

| | packed | installed | packages | npx to handshake |
|---|---:|---:|---:|---:|
${lines.join("\n")}
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) printPage();
