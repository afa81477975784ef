// kills.mjs: starts the built tutti with random trees of processes below it, kills it, its launcher, its client or all that
// is in its terminal at a random moment, and counts what lives 2 s later, its reaper included. Needs Linux. Exit code 1:
// something did. Usage: node tools/kills.mjs [--times 100] [--at-once 4] [--seed N] [--out FILE]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { circumstances } from "../bench/results.mjs";
import { median } from "../bench/statistics.mjs";
import { commandOf, kill, marked, markedWith } from "./kills/marked.mjs";
import { randomServers, ways } from "./kills/trees.mjs";
import { randomFrom } from "./swarm/ledger.mjs";

/** Half of all kills come while tutti starts, which takes about so long. */
const startMs = 500;
const longestMs = 3000;
const promiseMs = 2000;
/** Whatever lives on longer is not coming to its end. */
const giveUpMs = 10_000;

const { values } = parseArgs({
  options: {
    times: { type: "string", default: "100" },
    "at-once": { type: "string", default: "4" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    out: { type: "string" },
  },
});
const [times, atOnce, seed] = [values.times, values["at-once"], values.seed].map(Number);
const folder = mkdtempSync(join(tmpdir(), "tutti-kills-"));
process.exitCode = await kills().finally(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

async function kills() {
  process.stderr.write(`seed ${seed}, ${times} kills, ${atOnce} at once\n`);
  const startedAt = performance.now();
  const seen = [];
  const wanting = [];
  let next = 0;
  const work = async () => {
    while (next < times) {
      const at = next;
      next += 1;
      seen.push(await once(at));
      wanting.push(loadavg()[0]);
      if (seen.length % 100 === 0) process.stderr.write(`${seen.length} kills\n`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const results = summary(seen, wanting, Math.round((performance.now() - startedAt) / 1000));
  console.log(JSON.stringify(results, undefined, 2));
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(results, undefined, 2)}\n`);
  return results.left === 0 ? 0 : 1;
}

/** One kill; what happens hangs on the seed and its number alone, as far as the machine lets it. */
async function once(at) {
  const random = randomFrom(seed + at);
  const names = Object.keys(ways);
  const way = names[Math.floor(random() * names.length)];
  const afterMs = random() * (random() < 0.5 ? startMs : longestMs);
  const config = join(folder, `${at}.json`);
  writeFileSync(config, JSON.stringify({ mcpServers: randomServers(random) }));
  const mark = `${process.pid}-${seed}-${at}.`;
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, XDG_STATE_HOME: join(folder, `state-${at}`), ...markedWith(mark) };
  const tutti = ways[way]({ config, env });
  await later(afterMs);
  const living = marked(mark).length;
  tutti.kill();
  const killedAt = performance.now();
  await later(promiseMs);
  const left = marked(mark);
  if (left.length > 0)
    console.error(`${at}, ${way}, after ${Math.round(afterMs)} ms:\n${left.map(commandOf).join("\n")}`);
  const last = await end(mark, killedAt);
  tutti.end();
  return { way, afterMs, living, left: left.length, lastMs: left.length === 0 ? undefined : last };
}

/** Waits until nothing is left and gives the ms since the kill; what does not end is killed. */
async function end(mark, killedAt) {
  while (performance.now() - killedAt < giveUpMs) {
    if (marked(mark).length === 0) return Math.round(performance.now() - killedAt);
    await later(100);
  }
  for (const pid of marked(mark)) {
    console.error(`stayed: ${pid} ${commandOf(pid)}`);
    kill(pid);
  }
  return undefined;
}

function summary(seen, wanting, seconds) {
  const sum = (of) => seen.reduce((total, one) => total + of(one), 0);
  const left = sum((one) => one.left);
  const late = seen.filter((one) => one.left > 0);
  const endless = late.filter(({ lastMs }) => lastMs === undefined).length;
  const perWay = Object.keys(ways).map((way) => {
    const kills = seen.filter((one) => one.way === way);
    const measured = `${kills.length}, ${kills.filter((one) => one.left > 0).length} with something alive 2 s later`;
    return { what: `kills of ${way}`, measured };
  });
  const most = Math.max(...seen.map(({ living }) => living));
  return {
    ...circumstances(),
    seed,
    seconds,
    left,
    rows: [
      { what: "processes that wanted a core meanwhile, median", measured: median(wanting).toFixed(1) },
      { what: "kills (SIGKILL), half of them within the first half second", measured: seen.length },
      ...perWay,
      { what: "processes alive when the kill came, all together", measured: sum((one) => one.living) },
      { what: "the most below one tutti", measured: most },
      { what: "processes alive 2 s later", measured: left, asked: "0", passed: left === 0 },
      { what: "kills after which there were any", measured: late.length },
      { what: "of these, kills after which they stayed", measured: endless, asked: "0", passed: endless === 0 },
      {
        what: "the longest that anything lived",
        measured: `${Math.max(promiseMs, ...late.map(({ lastMs }) => lastMs ?? giveUpMs))} ms at most`,
      },
    ],
  };
}

async function later(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
