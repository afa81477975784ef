// mutate.mjs: changes one thing of the code at a time, in a copy of the project, and runs the tests that belong to the file, and
// where those notice nothing all of its room: a change that none of them notices survives. Prints the survivors, and writes the
// score to bench/results/mutation.json. What does the same after the change is left out: see mutate/harmless.mjs.
// Usage: node tools/mutate.mjs [--files wire|relay|gate] [--minutes 15] [--sample N] [--seed N] [--out FILE]
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { circumstances } from "../bench/results.mjs";
import { groups } from "./mutate/groups.mjs";
import { isHarmless } from "./mutate/harmless.mjs";
import { mutantsOf } from "./mutate/mutants.mjs";
import { randomFrom } from "./swarm/ledger.mjs";

const { values } = parseArgs({
  options: {
    files: { type: "string", default: Object.keys(groups).join(",") },
    minutes: { type: "string", default: "15" },
    sample: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    out: { type: "string", default: "bench/results/mutation.json" },
  },
});
const root = fileURLToPath(new URL("..", import.meta.url));
/** A change may make a loop endless: what takes longer counts as noticed. */
const limitMs = 90_000;
const roomLimitMs = 10 * 60_000;
const mostRuns = 100;
const [minutes, sample, seed] = [values.minutes, values.sample, values.seed].map(Number);
const names = values.files.split(",");
/** As it was when the copy was made. */
const about = circumstances();
const copy = mkdtempSync(join(tmpdir(), "tutti-mutate-"));
/** The process that leads the tests under way. */
let running;
// A change may make a loop endless: nobody else would end that.
process.on("exit", () => {
  if (running?.exitCode === null && running.signalCode === null) process.kill(-running.pid, "SIGKILL");
  rmSync(copy, { recursive: true, force: true, maxRetries: 5 });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));
await run();

async function run() {
  for (const part of ["src", "test", "bench", "docs", "package.json", "tsconfig.json", "vitest.config.ts"])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  lessRandom(join(copy, "test"));
  const results = [];
  for (const name of names) {
    const others = results.slice();
    const keep = (result) => write([...others, result]);
    results.push(await judge(name, (minutes * 60_000) / names.length, keep));
  }
  console.log(JSON.stringify(write(results), undefined, 1));
}

/** Keeps what is known so far, so that a run that is broken off tells something. Gives a row for each group. */
function write(results) {
  const rows = results.map(({ name, all, tried, noticed, harmless, asked }) => {
    const share = Math.round((1000 * noticed) / Math.max(tried, 1)) / 10;
    const range = ` (${noticed} of a sample of ${tried}; ${all} are possible, and ${harmless} more that change nothing)`;
    const goal = asked === undefined ? {} : { asked: `≥ ${asked} %`, passed: share >= asked };
    return { what: `${name}: changes that tests notice`, measured: `${share} %${range}`, ...goal };
  });
  const text = JSON.stringify({ ...about, seed, rows, results }, undefined, 1);
  writeFileSync(resolve(values.out), `${text}\n`);
  return rows;
}

/** A sample of the mutants of a group, as many as the time allows; `keep` gets what there is so far. */
async function judge(name, budgetMs, keep) {
  const { files, tests, room, asked } = groups[name](root);
  const possible = files.flatMap((file) => mutantsOf(file, readFileSync(join(root, file), "utf8")));
  const all = possible.filter((mutant) => !isHarmless(mutant));
  const chosen = shuffled(all, randomFrom(seed)).slice(0, sample);
  const until = Date.now() + budgetMs;
  const survivors = [];
  let tried = 0;
  // Tests that fail by themselves would notice everything.
  const soundRoom = [];
  for (const part of room) {
    if ((await runTests(part, roomLimitMs)) === "passed") soundRoom.push(part);
    else process.stderr.write(`${name}: some of ${part.length} tests of the room fail by themselves: left out\n`);
  }
  const known = new Set(soundRoom.flat());
  const sound = new Map();
  for (const { file, text, line, what } of chosen) {
    if (Date.now() > until) break;
    if (!sound.has(file)) {
      const areKnown = tests(file).every((test) => known.has(test));
      sound.set(file, areKnown || (await runTests(tests(file))) === "passed");
      if (!sound.get(file)) process.stderr.write(`${name}: the tests of ${file} fail by themselves: left out\n`);
    }
    if (!sound.get(file)) continue;
    const path = join(copy, file);
    const before = readFileSync(path, "utf8");
    writeFileSync(path, text);
    let verdict = await runTests(tests(file));
    for (const part of soundRoom) if (verdict === "passed") verdict = await runTests(part, roomLimitMs);
    writeFileSync(path, before);
    tried++;
    if (verdict === "passed") survivors.push(`${file}:${line} ${what}`);
    process.stderr.write(`${name} ${tried}: ${verdict === "passed" ? "SURVIVED" : verdict} ${file}:${line} ${what}\n`);
    keep(resultOf());
  }
  return resultOf();

  function resultOf() {
    const unsound = [...sound].flatMap(([file, isSound]) => (isSound ? [] : [file]));
    const harmless = possible.length - all.length;
    return { name, asked, unsound, all: all.length, harmless, tried, noticed: tried - survivors.length, survivors };
  }
}

/** Random tests run as often as it takes to notice what they are there for, not as often as in CI. */
function lessRandom(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith(".test.ts")) continue;
    const text = readFileSync(join(folder, name), "utf8");
    const less = text.replace(/numRuns: (\d+)/g, (_, runs) => `numRuns: ${Math.min(Number(runs), mostRuns)}`);
    if (less !== text) writeFileSync(join(folder, name), less);
  }
}

/** `passed`, `failed` or `too long`. */
async function runTests(tests, mostMs = limitMs) {
  const present = tests.filter((test) => existsSync(join(copy, test)));
  const args = [
    join(copy, "node_modules/vitest/vitest.mjs"),
    "run",
    "--project",
    "tests",
    "--bail",
    "1",
    "--testTimeout",
    "60000",
    ...present,
  ];
  const child = spawn(process.execPath, args, { cwd: copy, stdio: "ignore", detached: true });
  running = child;
  return await new Promise((resolve) => {
    const timer = setTimeout(() => {
      process.kill(-child.pid, "SIGKILL");
      resolve("too long");
    }, mostMs);
    child.once("exit", (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? "passed" : "failed");
    });
  });
}

function shuffled(all, random) {
  return all
    .map((one) => [random(), one])
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);
}
