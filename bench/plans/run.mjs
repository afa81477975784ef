/**
 * The bench of `call_tools` and of lazy mode: `npm run bench:plans -- [--data FOLDER] [--turn-seconds N]`.
 * With `--overhead`: what a plan costs tutti, alone, which is written and printed beside what was measured before.
 *
 * Our own set of tasks needs nothing. The public sets are read from FOLDER, which has a clone of each repository that
 * `sources.mjs` names; what is missing is said and left out. With all of them, and the built program offering what is
 * measured, `bench/results/plans.json` is written and `docs/benchmarks-plans.md` printed; any other run only shows.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { plan } from "../measures/plan.mjs";
import { circumstances, tableOf } from "../results.mjs";
import { median } from "../statistics.mjs";
import { takeTurn } from "../take-turn.mjs";
import { queryFor, wavesOf } from "./arms.mjs";
import { printPage, saved, sections } from "./page.mjs";
import { replayAll, sayAll, suppose } from "./replays.mjs";
import { catalogOf, qualityOf, searcher, searchTimes } from "./search-quality.mjs";
import { filesOf, sources } from "./sources.mjs";
import { supposed } from "./supposed.mjs";
import { bfclSet, nestfulSet, ownSet } from "./task-sets.mjs";
import { tokenizer, tokensOf } from "./tokens.mjs";
import { startTutti } from "./tutti.mjs";

/**
 * @typedef {ReturnType<typeof circumstances> & {
 *   tokenizer: string,
 *   turnSeconds: number,
 *   replayed: { name: string, tasks: number, isSupposed: boolean, arms: Record<string, import("./replays.mjs").Replayed> }[],
 *   supposed: { name: string, tasks: number, calls: number, steps: number, settings: import("./supposed.mjs").Setting[] }[],
 *   said: ({ name: string } & Awaited<ReturnType<typeof sayAll>>)[],
 *   overhead: ({ load: number, table: import("../results.mjs").Table } & ReturnType<typeof circumstances>) | undefined,
 *   search: ({ name: string } & import("./search-quality.mjs").Quality)[],
 *   catalogs: { name: string, tools: number, listTokens: number, lazyTokens: number, searchTokens: number, indexMs: number, queryMs: number }[],
 * }} PlanResults
 */

/** Of NESTFUL's tasks, every so many is replayed in all arms: with all of them it takes five minutes. */
const EVERY = 6;
const SEARCHED_SHARE = 10;

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    "turn-seconds": { type: "string", default: "3" },
    overhead: { type: "boolean", default: false },
  },
});
const turnSeconds = Number(options["turn-seconds"]);
if (!(turnSeconds >= 0)) {
  console.error("--turn-seconds takes a number from 0");
  process.exit(2);
}

if (options.overhead) {
  write({ ...JSON.parse(readFileSync(saved, "utf8")), overhead: await measuredOverhead() });
  process.exit();
}

const startedAt = performance.now();
let isWhole = true;
const own = ownSet();
const publicSets = [nestfulSet(options.data), bfclSet(options.data)].flatMap((found) => {
  if ("set" in found) return [found.set];
  leaveOut(found.missing);
  return [];
});
const definitions = await ownDefinitions();

/** @type {PlanResults} */
const results = {
  ...circumstances(),
  tokenizer,
  turnSeconds,
  replayed: definitions === undefined ? [] : await replays(),
  supposed:
    definitions === undefined
      ? []
      : publicSets.map((set) => ({ ...countsOf(set), settings: supposed(set, definitions) })),
  said: definitions === undefined ? [] : await saidOnes(),
  overhead: definitions === undefined ? undefined : await measuredOverhead(),
  search: [...goldenQuality(), ...publicSets.map((set) => ({ name: `${set.name}, whole tasks`, ...taskQuality(set) }))],
  catalogs: definitions === undefined ? [] : catalogs(definitions),
};
for (const { title, text } of sections(results)) console.log(`\n## ${title}\n\n${text}\n`);
for (const { name, arms } of results.replayed) {
  for (const [arm, { failed }] of Object.entries(arms))
    for (const text of failed) console.error(`${name}, ${arm}: ${text}`);
}
for (const { name, wrong } of results.said) for (const one of wrong) console.error(`${name}: ${JSON.stringify(one)}`);
console.log(`${Math.round((performance.now() - startedAt) / 1000)} s`);
if (isWhole) write(results);

/** @param {PlanResults} whole */
function write(whole) {
  writeFileSync(saved, `${JSON.stringify(whole, undefined, 2)}\n`);
  printPage();
  console.log("written: bench/results/plans.json, docs/benchmarks-plans.md");
}

/** The measure of `npm run bench -- --only plan`, with how many processes wanted to run meanwhile. */
async function measuredOverhead() {
  const turns = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    const taken = await takeTurn(plan, { contender: "tutti", isQuick: false });
    if ("failed" in taken) throw new Error(`what a plan costs cannot be measured: ${taken.failed}`);
    turns.push(taken.values);
  }
  return { ...circumstances(), load: Math.round(loadavg()[1] ?? 0), table: tableOf(plan, { tutti: turns }) };
}

/** @param {string} why */
function leaveOut(why) {
  isWhole = false;
  console.error(why);
}

/** tutti's own tools as it lists them. @returns {Promise<import("./supposed.mjs").Definitions | undefined>} */
async function ownDefinitions() {
  try {
    const [direct, lazy] = await Promise.all([listOf(false), listOf(true)]);
    const callTools = direct.find(({ name }) => name === "call_tools");
    const names = lazy.map(({ name }) => name);
    if (callTools !== undefined && names.includes("search_tools") && names.includes("call_tools"))
      return { callTools, lazy };
    leaveOut("tutti is left out: it does not list call_tools, or not search_tools with --lazy");
  } catch (error) {
    leaveOut(`tutti is left out: ${error.message}`);
  }
  return undefined;
}

/** @param {boolean} isLazy */
async function listOf(isLazy) {
  const tutti = await startTutti(own.servers, { isLazy });
  await tutti.close();
  return tutti.tools;
}

async function replays() {
  const done = [
    {
      name: own.set.name,
      tasks: own.set.tasks.length,
      isSupposed: false,
      arms: await replayAll(own.servers, own.set.tasks),
    },
  ];
  const nestful = publicSets.find(({ key }) => key === "nestful");
  if (nestful !== undefined) {
    const { servers, tasks } = suppose(nestful.tasks.filter((_, index) => index % EVERY === 0));
    const name = `${nestful.name}, every ${EVERY}th task`;
    done.push({ name, tasks: tasks.length, isSupposed: true, arms: await replayAll(servers, tasks) });
  }
  return done;
}

async function saidOnes() {
  const said = [];
  for (const set of publicSets) {
    // A label that is given twice may mean either call: such a task says nothing of plans.
    said.push({ name: set.name, ...(await sayAll(set.tasks.filter(({ repeatsLabel }) => repeatsLabel !== true))) });
  }
  return said;
}

/** @param {import("./task-sets.mjs").TaskSet} set */
function countsOf({ name, tasks }) {
  const steps = tasks.reduce((sum, task) => sum + wavesOf(task).length, 0);
  return { name, tasks: tasks.length, calls: tasks.flatMap(({ calls }) => calls).length, steps };
}

function goldenQuality() {
  const found = filesOf(sources.golden, options.data);
  if ("missing" in found) {
    leaveOut(found.missing);
    return [];
  }
  const [tools, golden, baseline] = ["tools", "queries", "baseline"].map((key) => readJson(found.files[key]));
  const queries = golden.queries.map(({ query, labels }) => ({
    query,
    wanted: labels.filter(({ relevance }) => relevance > 0).map(({ tool_id }) => tool_id),
  }));
  const quality = qualityOf(catalogOf(byServer(tools.tools)), queries);
  const theirs = {
    name: "the same in mcpproxy, as it says",
    ...quality,
    recall: baseline.recall_at,
    mrr: baseline.mrr,
  };
  return [{ name: sources.golden.name, ...quality }, theirs];
}

/** @param {import("./task-sets.mjs").TaskSet} set */
function taskQuality({ tasks, tools }) {
  const queries = tasks.map(({ prompt, calls }) => ({
    query: prompt,
    wanted: [...new Set(calls.map(({ name }) => `set:${name}`))],
  }));
  return qualityOf(catalogOf({ set: tools }), queries);
}

/** @param {import("./supposed.mjs").Definitions} own */
function catalogs({ lazy }) {
  const found = filesOf(sources.liveMcp, options.data);
  if ("missing" in found) {
    leaveOut(found.missing);
    return [];
  }
  const { tools } = readJson(found.files.tools);
  const catalog = catalogOf(byServer(tools));
  const search = searcher(catalog);
  const queries = tools.filter((_, index) => index % SEARCHED_SHARE === 0).map(({ tool }) => queryFor(tool));
  const listed = tools.map(({ tool, description, inputSchema }) => ({ name: tool, description, inputSchema }));
  return [
    {
      name: `LiveMCPTool, ${new Set(tools.map(({ server }) => server)).size} servers`,
      tools: tools.length,
      listTokens: listed.reduce((sum, tool) => sum + tokensOf(tool), 0),
      lazyTokens: tokensOf(lazy),
      searchTokens: median(queries.map((query) => tokensOf(search(query)))),
      ...searchTimes(catalog, queries),
    },
  ];
}

/** @param {{ server: string, tool: string, description: string, inputSchema?: object }[]} tools */
function byServer(tools) {
  const servers = {};
  for (const { server, tool, description, inputSchema = { type: "object" } } of tools) {
    servers[server] = [...(servers[server] ?? []), { name: tool, description, inputSchema }];
  }
  return servers;
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}
