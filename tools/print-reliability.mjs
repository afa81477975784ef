// Prints docs/reliability.md and docs/soak.svg from what lies in bench/results/, and from nothing else. With --check it writes
// nothing, names those that are not current, and ends with exit code 1 where there are any.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { markdown } from "../bench/tables.mjs";
import { drawSoak } from "./reliability/chart.mjs";
import { sections } from "./reliability/sections.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const results = Object.fromEntries(sections.map(({ name }) => [name, resultsOf(name)]));
const printed = {
  "docs/reliability.md": page(),
  ...(results.soak && { "docs/soak.svg": drawSoak(results.soak) }),
};

for (const [name, text] of Object.entries(printed)) {
  const file = join(root, name);
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  if (process.argv.includes("--check")) {
    console.error(`${name} is not current. Run: npm run docs`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    console.log(`${name} written`);
  }
}

function resultsOf(name) {
  const file = join(root, "bench", "results", `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

function page() {
  const texts = sections.flatMap(({ name, title, about, rowsOf, more }) => {
    const measured = results[name];
    if (measured === undefined) return [];
    const rest = more === undefined ? "" : `\n\n${more(measured)}`;
    return [`## ${title}\n\n${about}\n\n${table(rowsOf(measured))}\n\n${whence(measured)}${rest}\n`];
  });
  return `# Reliability

<!-- Printed by \`node tools/print-reliability.mjs\` from bench/results. Do not edit. -->

What has been done to break tutti, and what came of it. Every number was measured by the command that stands with it, on the
machine and at the state that stand below it.

${texts.join("\n")}`;
}

/** Rows are what was looked at, what was seen, and what was asked for; `passed` undefined: nothing was. */
function table(rows) {
  const verdict = ({ passed }) => (passed === undefined ? "" : passed ? "met" : "**missed**");
  const lines = rows.map((row) => [row.what, String(row.measured), row.asked ?? "", verdict(row)]);
  return markdown([["", "seen", "asked", ""], ...lines]);
}

function whence({ date, node, machine, commit, seed }) {
  const where = machine && ` on ${machine.platform} ${machine.arch}, ${machine.cores} cores`;
  const parts = [`Measured on ${date} with Node ${node}${where ?? ""}`];
  if (commit !== undefined) parts.push(`at commit ${commit}`);
  if (seed !== undefined) parts.push(`seed ${seed}`);
  return `${parts.join(", ")}.`;
}
