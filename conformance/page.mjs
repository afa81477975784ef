import { readFileSync } from "node:fs";
import { notRun } from "./cells.mjs";
import { isBad } from "./expected.mjs";

const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
const isGood = ({ status }) => status === "SUCCESS";
const isFailed = ({ status }) => status === "FAILURE";

function countsOf({ results }) {
  const passed = (some) => some.filter(({ checks }) => !checks.some(isFailed)).length;
  const scored = results.filter(({ isScored }) => isScored);
  const others = results.filter(({ isScored }) => !isScored);
  const checks = results.flatMap((result) => result.checks).filter((check) => isGood(check) || isBad(check));
  return {
    scored: `${passed(scored)} of ${scored.length}`,
    others: `${passed(others)} of ${others.length}`,
    checks: `${checks.filter(isGood).length} of ${checks.length}`,
  };
}

/** One line for people who wait. */
export function lineOf(outcome) {
  const { scored, others, checks } = countsOf(outcome);
  const word = outcome.faults.length === 0 ? "ok" : "FAULTS";
  const { name, revision } = outcome.cell;
  return `${word.padEnd(7)}${name.padEnd(32)}${revision}  scored ${scored}, others ${others}, checks ${checks}`;
}

/** The page docs/conformance.md. */
export function pageOf(outcomes) {
  const groups = [...new Set(outcomes.map(({ cell }) => cell.group))];
  const sections = groups.map((group) =>
    sectionOf(
      group,
      outcomes.filter(({ cell }) => cell.group === group),
    ),
  );
  return `# Conformance

<!-- Printed by \`npm run conformance -- --write\`. Do not edit. -->

The official suite, \`@modelcontextprotocol/conformance\` ${dependencies["@modelcontextprotocol/conformance"]}, at the requirements of both revisions: 2025-11-25 is its legacy client or server, 2026-07-28 its modern one. "Scored" are the scenarios that a revision requires; "others" the suite runs without counting them. A scenario passes, as in the suite, when none of its checks fails; a check that only warns does not count as passed among the checks, and is named below. tutti serves HTTP, and runs with \`"prefix": false\` for the server under test (and \`"shared": false\` over stdio, since each scenario is a client of its own), \`"errors": "protocol"\` and without tools of its own. The fixture (\`conformance/fixture/\`) is a server of this repository with what the scenarios ask for, written without an SDK.

${sections.join("\n\n")}

## What fails, and why

${exceptionsOf(outcomes)}

## What is not run

${notRun.map(([start, reason]) => `- \`${start}*\`: ${reason}`).join("\n")}
`;
}

function sectionOf(group, outcomes) {
  const rows = outcomes.map((outcome) => {
    const { scored, others, checks } = countsOf(outcome);
    return `| ${outcome.cell.title} | ${outcome.cell.revision} | ${scored} | ${others} | ${checks} |`;
  });
  return `## ${group}

| | requirements | scored | others | checks |
|---|---|---:|---:|---:|
${rows.join("\n")}`;
}

function exceptionsOf(outcomes) {
  const byReason = new Map();
  for (const { cell, exceptions } of outcomes) {
    for (const { scenario, checks, reason, isScored } of exceptions) {
      const what = `\`${scenario}\`${isScored ? "" : " (not scored)"}${checks === undefined ? "" : `: ${checks.map((id) => `\`${id}\``).join(", ")}`}`;
      const found = byReason.get(reason) ?? { whats: new Set(), wheres: new Set() };
      byReason.set(reason, { whats: found.whats.add(what), wheres: found.wheres.add(cell.title) });
    }
  }
  if (byReason.size === 0) return "Nothing.";
  const parts = [...byReason].map(([reason, { whats, wheres }]) => {
    const where = wheres.size > 4 ? `${wheres.size} rows` : [...wheres].join("; ");
    return `**${reason}** (${where})\n\n${[...whats].map((what) => `- ${what}`).join("\n")}`;
  });
  return parts.join("\n\n");
}
