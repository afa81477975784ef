/**
 * The bench: `npm run bench -- [--quick] [--only NAME]… [--rounds N] [--targets a,b] [--out FILE]`.
 *
 * Each measurement is run in rounds; in a round every contender has its turn, in the opposite order every other round.
 * A full run of everything writes `bench/results/latest.json` and prints `docs/benchmarks.md`; any other run only
 * shows what it measured, and with `--out` keeps what is tutti's own there, as rows of `docs/reliability.md`.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { contenders, EMPTY, missing } from "./contenders.mjs";
import { measures } from "./measures/index.mjs";
import { latest, printPage } from "./print.mjs";
import { circumstances, tableOf } from "./results.mjs";
import { measuredTable, ownRows, targetTable } from "./tables.mjs";
import { endAllTurns, takeTurn } from "./take-turn.mjs";
import { judge } from "./targets.mjs";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true },
    rounds: { type: "string" },
    targets: { type: "string" },
    out: { type: "string" },
  },
});
const isQuick = options.quick;
const chosen = measures.filter(({ name }) => options.only?.includes(name) ?? true);
if (chosen.length < (options.only?.length ?? 0)) {
  console.error(`--only knows ${measures.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
if (options.rounds !== undefined && !/^[1-9]\d*$/.test(options.rounds)) {
  console.error("--rounds takes a whole number from 1");
  process.exit(2);
}
const names = (options.targets?.split(",") ?? Object.keys(contenders)).filter((name) => {
  const reason = missing(name);
  if (reason !== undefined) console.error(`${name} is left out: ${reason}`);
  return reason === undefined;
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));
process.on("exit", endAllTurns);

const startedAt = performance.now();
const tables = [];
for (const measure of chosen) {
  const table = tableOf(measure, await takeTurns(measure));
  tables.push(table);
  console.log(`\n## ${table.title}\n\n${measuredTable(table)}\n`);
}
const targets = judge(tables);
const judged = targets.filter(({ passed }) => passed !== undefined);
if (judged.length > 0) console.log(`\n## What was asked\n\n${targetTable(judged)}\n`);
console.log(`${Math.round((performance.now() - startedAt) / 1000)} s`);

if (options.out !== undefined) {
  const rows = ownRows(tables, judged);
  writeFileSync(options.out, `${JSON.stringify({ ...circumstances(), rows }, undefined, 1)}\n`);
}
const isWhole = !isQuick && options.only === undefined && Object.keys(contenders).every((name) => names.includes(name));
if (isWhole) {
  const abouts = Object.fromEntries(names.map((name) => [name, contenders[name]?.about]));
  const results = { ...circumstances(), contenders: abouts, tables, targets };
  writeFileSync(latest, `${JSON.stringify(results, undefined, 2)}\n`);
  printPage();
  console.log("written: bench/results/latest.json, docs/benchmarks.md");
}

/**
 * All turns of one measurement, by contender. A contender whose turn fails is left out of the rest of it.
 * @param {import("./measures/index.mjs").Measure} measure
 */
async function takeTurns(measure) {
  const rounds = Number(options.rounds ?? (isQuick ? 1 : measure.rounds));
  let playing = measure.withEmpty ? [...names, EMPTY] : names;
  /** @type {Record<string, Record<string, import("./measures/index.mjs").Value>[]>} */
  const turns = Object.fromEntries(playing.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of round % 2 === 0 ? playing : playing.toReversed()) {
      progress(`${measure.name}: round ${round + 1} of ${rounds}, ${contender}`);
      const taken = await takeTurn(measure, { contender, isQuick });
      if ("values" in taken) {
        turns[contender]?.push(taken.values);
        continue;
      }
      playing = playing.filter((name) => name !== contender);
      console.error(`\n${contender} is left out of ${measure.name}: ${taken.failed}`);
    }
  }
  progress("");
  return turns;
}

/** One line that replaces itself on a terminal. @param {string} text */
function progress(text) {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`);
  else if (text !== "") console.log(text);
}
