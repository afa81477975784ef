// soak.mjs: the built tutti, once over HTTP and once over stdio, with real servers, at a steady rate of traffic with faults,
// while what it holds is sampled in rests. What grows is a leak. Exit code 1: something grows, went astray or was not answered.
// SIGINT and SIGTERM end it early: what it has by then is judged and kept.
// Usage: node tools/soak.mjs [--minutes 10] [--rate 200] [--seed N] [--out FILE]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { circumstances } from "../bench/results.mjs";
import { judge } from "./soak/judge.mjs";
import { overHttp, overStdio } from "./soak/sides.mjs";
import { fixture } from "./soak/tutti.mjs";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    /** Calls in a second, of both sides together. */
    rate: { type: "string", default: "200" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    out: { type: "string", default: "bench/results/soak.json" },
  },
});
const [minutes, rate, seed] = [values.minutes, values.rate, values.seed].map(Number);
const totalMs = minutes * 60_000;
const windowMs = Math.min(60_000, Math.max(3000, totalMs / 15));
/**
 * Before it is sampled at all, much is done, so that whatever is ever compiled or cached mostly is: after a tenth of the time
 * V8 still compiled 2 bytes a call for half an hour, and then hardly anything.
 */
const warmUp = { ms: totalMs / 3, times: 5, changeMs: 2000 };
/** Calls under way may take as long as their deadlines. */
const restMs = 45_000;

/** As it was when it began: the results that are kept on the way would count as a change. */
const begun = circumstances();
const cut = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => cut.abort());
const folder = mkdtempSync(join(tmpdir(), "tutti-soak-"));
const web = spawn(process.execPath, [fixture("http-hostile.mjs")], { stdio: ["pipe", "pipe", "inherit"] });
process.exitCode = await soak().finally(() => {
  web.kill();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function soak() {
  const port = Number(String((await once(web.stdout, "data"))[0]));
  const told = { folder, port, rate: rate / 2 };
  const sides = [await overHttp({ ...told, seed }), await overStdio({ ...told, seed: seed + 1 })];
  process.stderr.write(`seed ${seed}, ${minutes} min, a sample every ${windowMs / 1000} s\n`);
  const stops = sides.map((side) => side.begin());
  const warm = await getWarm(sides);
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  while (elapsed() * 1000 < totalMs && !cut.signal.aborted) {
    await pass(windowMs);
    await Promise.all(sides.map((side) => side.rest(restMs)));
    for (const side of sides) await take(side, elapsed());
    write(sides, warm, false);
    for (const side of sides) side.goOn();
  }
  for (const [at, side] of sides.entries()) for (const text of await stops[at]()) side.ledger.violation("wrong", text);
  const results = write(sides, warm, !cut.signal.aborted);
  for (const { name, ledger } of sides) for (const text of ledger.violations) console.error(`${name}: ${text}`);
  console.log(
    JSON.stringify({ seed, passed: results.passed, sides: results.sides.map(({ samples, ...more }) => more) }),
  );
  return results.passed ? 0 : 1;
}

/** Resolves to how long it took, and how many calls were made. */
async function getWarm(sides) {
  const startedAt = performance.now();
  for (const side of sides) side.hurry(warmUp.times);
  while (performance.now() - startedAt < warmUp.ms && !cut.signal.aborted) {
    await pass(warmUp.changeMs);
    for (const side of sides) side.change();
  }
  for (const side of sides) side.hurry(1);
  const calls = sides.reduce((sum, { ledger }) => sum + ledger.counts.calls, 0);
  const seconds = (performance.now() - startedAt) / 1000;
  process.stderr.write(`${seconds.toFixed(0)} s to warm up: ${calls} calls\n`);
  return { seconds, calls };
}

/** Resolves after so long, or when it is cut short. */
async function pass(ms) {
  await setTimeout(ms, undefined, { signal: cut.signal }).catch(() => {});
}

async function take(side, seconds) {
  const sample = { seconds: Math.round(seconds), calls: side.ledger.counts.calls, ...(await side.tutti.sample()) };
  side.samples.push(sample);
  const { heapUsed, rss, fds, timers, handles, children } = sample;
  const mib = (bytes) => (bytes / 2 ** 20).toFixed(1);
  process.stderr.write(
    `${sample.seconds} s ${side.name}: ${sample.calls} calls, heap ${mib(heapUsed)}, RSS ${mib(rss)} MiB, ${fds} fds, ${timers} timers, ${handles} handles, ${children} children\n`,
  );
}

/** Keeps what is known so far, so that a run that is broken off tells something. */
function write(sides, warmUp, isComplete) {
  const reports = sides.map(({ name, about, ledger, faults, samples, tutti }) => {
    const { astray, unanswered, wrong, ...counts } = ledger.counts;
    const verdicts = samples.length < 5 ? [] : judge(samples);
    const passed =
      astray + unanswered + wrong + tutti.oddities.length === 0 && verdicts.every((verdict) => verdict.passed);
    const violations = { astray, unanswered, wrong, defects: tutti.oddities.length };
    return { name, about, passed, violations, counts, faults, verdicts, samples };
  });
  const passed = reports.every((report) => report.passed);
  const results = { ...begun, seed, minutes, rate, warmUp, isComplete, passed, sides: reports };
  writeFileSync(`${values.out}.new`, `${JSON.stringify(results, undefined, 1)}\n`);
  renameSync(`${values.out}.new`, values.out);
  return results;
}
