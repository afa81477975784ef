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
    /** Says after how many seeds something was found, and what. */
    first: { type: "boolean", default: false },
    commit: { type: "string" },
  },
});
const from = Number(values.seed ?? values.from);
const seeds = values.seed === undefined ? Number(values.seeds) : 1;
const tally = new Tally(from);
const startedAt = performance.now();
const startedCpu = process.cpuUsage();
const say = (text: string): void => void process.stdout.write(`${text}\n`);

if (values.first) {
  say(await findFirst());
  process.exit();
}

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
    keep();
  }
}

const result = keep();
if (values.seed === undefined) say(JSON.stringify(result, undefined, 2));
process.exitCode = result.failed.length === 0 ? 0 : 1;

/** Writes what is known by now where it is to be kept. */
function keep(): Record<string, unknown> & { readonly failed: readonly number[] } {
  const { user, system } = process.cpuUsage(startedCpu);
  const { platform, arch } = process;
  const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, platform, arch };
  const date = new Date().toISOString().slice(0, 10);
  const about = { date, commit: values.commit ?? "unknown", node: process.versions.node, machine };
  const time = { seconds: Math.round(seconds()), cpuSeconds: Math.round((user + system) / 1e6) };
  const result = { ...about, ...time, ...tally.summary };
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(result, undefined, 2)}\n`);
  return result;
}

async function findFirst(): Promise<string> {
  for (let seed = from; seed < from + seeds; seed++) {
    const { violations } = await runSeed({ seed }).catch((cause: Error) => ({ violations: [cause.message] }));
    const [first] = violations;
    if (first !== undefined) return `${seed + 1 - from} (${first.slice(0, 160).split("\n")[0]})`;
  }
  return `not found within ${seeds} seeds`;
}

function seconds(): number {
  return (performance.now() - startedAt) / 1000;
}
