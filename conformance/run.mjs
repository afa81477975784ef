/**
 * The official conformance suite against tutti: `npm run conformance -- [--only NAME]… [--write]`.
 *
 * Every check that does not pass must stand in `expected/`, with its reason; what stands there and passes is a fault too.
 * A whole run without faults holds docs/conformance.md against what it found, or with --write prints the page anew.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import pLimit from "p-limit";
import { cells } from "./cells.mjs";
import { judge } from "./expected.mjs";
import { install } from "./install.mjs";
import { lineOf, pageOf } from "./page.mjs";
import { endAll } from "./processes.mjs";

const page = new URL("../docs/conformance.md", import.meta.url);
const { values: options } = parseArgs({
  options: { only: { type: "string", multiple: true }, write: { type: "boolean", default: false } },
});
/** Where this many scenarios of a cell get no answer, the others would not either, and each of them takes long. */
const mostTimeouts = 10;
/** Cells that run at the same time: mostly they wait for one another's processes. */
const atOnce = 2;
const isWhole = options.only === undefined;
const chosen = cells.filter(({ name }) => isWhole || options.only.some((part) => name.includes(part)));
if (chosen.length === 0) {
  console.error(`--only takes a part of a name: ${cells.map(({ name }) => name).join("; ")}`);
  process.exit(2);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));
process.on("exit", endAll);

install();
const outcomes = [];
const limit = pLimit(atOnce);
for (const running of chosen.map((cell) => limit(() => outcomeOf(cell)))) {
  const outcome = await running;
  outcomes.push(outcome);
  console.log(lineOf(outcome));
  for (const fault of outcome.faults) console.log(`    ${fault}`);
  if (outcome.faults.filter((fault) => fault.includes("scenario-timeout")).length < mostTimeouts) continue;
  console.error("Too many scenarios got no answer; the rest is not run.");
  process.exit(1);
}

if (outcomes.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
else if (isWhole) updatePage(pageOf(outcomes));

/** Runs one cell. What only should be so, and is measured in time, has a second try. */
async function outcomeOf(cell) {
  const results = await cell.run();
  const { faults } = judge(cell, results);
  const again = results.filter(
    ({ scenario, checks }) => isSlow(checks) && faults.some((it) => it.startsWith(scenario)),
  );
  if (again.length > 0) {
    const second = await cell.run(again.map(({ scenario }) => scenario));
    for (const result of second) results[results.findIndex(({ scenario }) => scenario === result.scenario)] = result;
    console.log(`    a second try: ${again.map(({ scenario }) => scenario).join(", ")}`);
  }
  return { cell, results, ...judge(cell, results) };
}

function isSlow(checks) {
  const isBad = ({ status }) => status === "FAILURE" || status === "WARNING";
  return checks.length > 0 && checks.filter(isBad).every(({ status }) => status === "WARNING");
}

function updatePage(text) {
  if (existsSync(page) && readFileSync(page, "utf8") === text) return;
  if (options.write) {
    writeFileSync(page, text);
    console.log("docs/conformance.md written");
  } else {
    console.error("docs/conformance.md is not current. Run: npm run conformance -- --write");
    process.exitCode = 1;
  }
}
