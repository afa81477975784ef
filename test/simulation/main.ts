import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { describe, Tally } from "./report.ts";
import { runSeed } from "./run.ts";
import { shrink } from "./shrink.ts";

// What `npm run simulate` runs, once it is compiled.

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    trace: { type: "boolean", default: false },
    out: { type: "string" },
    commit: { type: "string" },
  },
});
const from = Number(values.seed ?? values.from);
const seeds = values.seed === undefined ? Number(values.seeds) : 1;
const tally = new Tally(from);
const startedAt = performance.now();
const startedCpu = process.cpuUsage();
const say = (text: string): void => void process.stdout.write(`${text}\n`);

for (let seed = from; seed < from + seeds; seed++) {
  const outcome = await runSeed({ seed, tail: values.trace ? Number.POSITIVE_INFINITY : 0 });
  tally.add(outcome);
  if (values.trace) for (const line of outcome.tail) say(line);
  if (values.seed !== undefined) say(`seed ${seed}: ${outcome.steps} steps, trace ${outcome.traceHash}`);
  if (outcome.violations.length > 0) {
    const smallest = await shrink(await runSeed({ seed, tail: 30 }));
    say(describe(smallest, smallest.faults));
  }
  if ((seed + 1 - from) % 1000 === 0) {
    const { failed } = tally.summary;
    say(`${seed + 1 - from} seeds in ${seconds().toFixed(0)} s, ${failed.length} failed`);
  }
}

const { user, system } = process.cpuUsage(startedCpu);
const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, platform: process.platform };
const about = { commit: values.commit ?? "unknown", node: process.version, machine };
const time = { seconds: Math.round(seconds()), cpuSeconds: Math.round((user + system) / 1e6) };
const result = { ...about, ...time, ...tally.summary };
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, undefined, 2)}\n`);
if (values.seed === undefined) say(JSON.stringify(result, undefined, 2));
process.exitCode = result.failed.length === 0 ? 0 : 1;

function seconds(): number {
  return (performance.now() - startedAt) / 1000;
}
