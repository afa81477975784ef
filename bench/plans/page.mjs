/** Prints `docs/benchmarks-plans.md` from `bench/results/plans.json`, and from nothing else: `node bench/plans/page.mjs`. */
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { measuredTable } from "../tables.mjs";
import { arms } from "./arms.mjs";
import { ANSWER_TOKENS, depths, MEDIAN_MS, prefixes, price, resultSizes, SYSTEM_TOKENS } from "./assumptions.mjs";
import { sources } from "./sources.mjs";

export const saved = new URL("../results/plans.json", import.meta.url);
const page = new URL("../../docs/benchmarks-plans.md", import.meta.url);

/** Writes the page anew. */
export function printPage() {
  writeFileSync(page, pageOf(JSON.parse(readFileSync(saved, "utf8"))));
}

/** @typedef {import("./run.mjs").PlanResults} PlanResults @param {PlanResults} results */
function pageOf(results) {
  const { date, node, machine, commit, tokenizer } = results;
  return `# Benchmarks of \`call_tools\` and of lazy mode

<!-- Printed by \`node bench/plans/page.mjs\` from bench/results/plans.json. Do not edit. -->

Measured on ${date} with Node ${node} on ${machine.platform} ${machine.arch}, ${machine.cores} cores, ${machine.memoryGiB} GiB${commit === undefined ? "" : `, at commit ${commit}`}. \`npm run bench:plans -- --data FOLDER\` measures anew; without the data it measures our own set alone, and writes nothing. No model takes part: the turns are those of one that makes no mistake, so all of this is what can be had at best. Tokens are those of ${tokenizer}.

Five ways of doing the same task:

${Object.entries(arms)
  .map(([arm, about]) => `- **${arm}**: ${about}`)
  .join("\n")}

${sections(results)
  .map(({ title, text }) => `## ${title}\n\n${text}`)
  .join("\n\n")}

## Where the data is from

${Object.values(sources)
  .map(
    ({ name, repository, commit: at, licence, paths }) =>
      `- ${name}: ${repository} at ${at} (${licence}): ${Object.values(paths)
        .map((path) => `\`${path}\``)
        .join(", ")}`,
  )
  .join("\n")}
`;
}

/** What was measured, part by part, as Markdown that is also readable in a terminal. @param {PlanResults} results */
export function sections({ supposed, replayed, said, overhead, search, catalogs, turnSeconds }) {
  return [
    ...replayed.map((one) => ({ title: `${one.name}, through real servers`, text: replayedText(one, turnSeconds) })),
    ...supposed.map((one) => ({ title: `Tokens: ${one.name}`, text: supposedText(one) })),
    ...(said.length === 0 ? [] : [{ title: "What can be said", text: saidText(said) }]),
    ...(overhead === undefined ? [] : [{ title: "What a plan costs tutti", text: overheadText(overhead) }]),
    ...(search.length === 0 ? [] : [{ title: "What search finds", text: searchText(search) }]),
    ...(catalogs.length === 0 ? [] : [{ title: "What lists cost", text: catalogText(catalogs) }]),
  ];
}

function replayedText({ tasks, arms: done, isSupposed }, turnSeconds) {
  const base = done.sequential;
  const rows = Object.entries(done).map(([arm, { turns, toolMs, total }]) => [
    arm,
    `${turns}`,
    thousands(total.input),
    share(total.input, base.total.input, arm),
    thousands(total.output),
    share(total.cost, base.total.cost, arm),
    (toolMs / 1000).toFixed(1),
    (toolMs / 1000 + turns * turnSeconds).toFixed(0),
    share(toolMs + turns * turnSeconds * 1000, base.toolMs + base.turns * turnSeconds * 1000, arm),
  ]);
  const header = [
    "",
    "turns",
    "input",
    "against sequential",
    "output",
    "cost",
    "tools (s)",
    `with the model (s)`,
    "against sequential",
  ];
  const { found, searches } = done["lazy + plan"] ?? { found: 0, searches: 0 };
  const failed = Object.values(done).flatMap((one) => one.failed);
  const results = isSupposed ? " Results are small, with just what later calls need." : "";
  return `${tasks} tasks. tutti runs in front of stdio servers; a call takes ${MEDIAN_MS} ms in the middle (a third to three times that, by a seed). "With the model" adds ${turnSeconds} s for each turn of it (\`--turn-seconds\`).${results} Tokens are those of what was really written and given; the prefix is ${thousands(SYSTEM_TOKENS)} tokens and the tools as tutti lists them. ${found} of ${searches} searches, of a tool's name in words, found the tool among five. Calls that failed: ${failed.length}.

${markdown([header, ...rows])}`;
}

function supposedText({ tasks, calls, steps, settings }) {
  const rows = Object.keys(arms).flatMap((arm) => {
    const totals = settings.map((setting) => ({ own: setting.totals[arm], base: setting.totals.sequential }));
    const [first] = totals;
    if (first?.own === undefined) return [];
    return [
      [
        arm,
        thousands(first.own.turns),
        share(first.own.turns, first.base.turns, arm),
        range(
          totals.map(({ own, base }) => own.input / base.input),
          arm,
        ),
        share(first.own.output, first.base.output, arm),
        range(
          totals.map(({ own, base }) => own.cost / base.cost),
          arm,
        ),
      ],
    ];
  });
  return `${tasks} tasks, ${thousands(calls)} calls, ${thousands(steps)} steps where calls wait only for what they need. Ranges are over prefixes of ${prefixes.map(thousands).join(" and ")} tokens and results of ${resultSizes.map(thousands).join(", ")}. Nothing is counted that frames calls and results in a conversation, though plans have less of it. Turns include the final answer (${ANSWER_TOKENS} tokens); cost: cached input ${price.read}, new input ${price.write}, output ${price.output}; the definition of \`call_tools\` is counted. In lazy mode ${thousands(SYSTEM_TOKENS)} tokens of the prefix stay and the rest, the tools, goes; each tool of a task is searched for, five tools with their schemas a search. Plans give back the results that the answer needs, where the set tells which these are (NESTFUL); the others have \`"pick": []\`.

${markdown([["", "turns", "against sequential", "input", "output", "cost"], ...rows])}`;
}

function saidText(said) {
  const rows = said.map(({ name, plans, calls, references, wrong }) => [
    name,
    `${plans - wrong.length} of ${plans}`,
    thousands(calls),
    thousands(references),
  ]);
  return `Each task written as one plan, run through tutti. A plan counts where every call succeeded and the servers were called with exactly the values that its references mean.

${markdown([["", "plans", "calls", "references"], ...rows])}`;
}

function overheadText({ table, load, date, commit }) {
  return `${table.about} What is asked of a plan, at most 1.5 times the calls, is asked of the steady state, as all that the benchmarks measure comes after a warm-up. Measured on ${date}${commit === undefined ? "" : `, at commit ${commit}`}, with ${load} processes that wanted to run: \`npm run bench:plans -- --overhead\`.

${measuredTable(table)}`;
}

function searchText(search) {
  const rows = search.map(({ name, queries, tools, recall, mrr }) => [
    name,
    thousands(queries),
    thousands(tools),
    ...depths.map((depth) => recall[depth].toFixed(2)),
    mrr.toFixed(2),
  ]);
  return `Recall among the first 1, 3, 5 and 10 tools and mean reciprocal rank. The index was not fitted to any of these sets. The queries of the task sets are whole tasks, which need several tools.

${markdown([["", "queries", "tools", ...depths.map((depth) => `@${depth}`), "MRR"], ...rows])}`;
}

function catalogText(catalogs) {
  const rows = catalogs.map(({ name, tools, listTokens, lazyTokens, searchTokens, indexMs, queryMs }) => [
    name,
    thousands(tools),
    thousands(listTokens),
    thousands(lazyTokens),
    thousands(searchTokens),
    indexMs.toFixed(0),
    queryMs.toFixed(2),
  ]);
  const header = ["", "tools", "list (tokens)", "lazy list (tokens)", "a search (tokens)", "index (ms)", "query (ms)"];
  return `What a client that defers no tools by itself reads before the first word. A search gives five tools with their schemas; its size is the median over a tenth of the tools, looked for by their names in words.

${markdown([header, ...rows])}`;
}

/** Of the arm that the others are held against, a dash. */
function share(value, base, arm) {
  return arm === "sequential" ? "–" : percent(value / base);
}

function range(ratios, arm) {
  if (arm === "sequential") return "–";
  const [least, most] = [percent(Math.min(...ratios)), percent(Math.max(...ratios))];
  return least === most ? least : `${least} … ${most}`;
}

function percent(ratio) {
  const change = Math.round((ratio - 1) * 100);
  const sign = change < 0 ? "−" : "+";
  return `${change === 0 ? "" : sign}${Math.abs(change)} %`;
}

function thousands(value) {
  return Math.round(value).toLocaleString("en-US");
}

/** @param {string[][]} rows the header first */
function markdown([header = [], ...body]) {
  const widths = header.map((_, column) => Math.max(3, ...[header, ...body].map((row) => (row[column] ?? "").length)));
  const line = (row) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(header), rule, ...body.map(line)].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) printPage();
