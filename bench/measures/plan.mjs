import { burst, probe } from "../client/load.mjs";
import { cpuMs } from "../client/process-cost.mjs";
import { Rig } from "../client/rig.mjs";
import { median } from "../statistics.mjs";
import { costPer } from "./steady.mjs";

const CALLS = 32;
const FIRST = 100;
/** V8 compiles what runs once in a plan after some thousands of plans only, what runs once in a call after as many calls. */
const WARM_UPS = 2500;
const WARM_UP_REPEATS = 100;
const ROUNDS = 15;

/** @typedef {"direct" | "plan"} Way @type {readonly Way[]} */
const ways = ["direct", "plan"];

/** @type {import("./index.mjs").Measure} */
export const plan = {
  name: "plan",
  title: "32 quick calls as a plan",
  about: `${CALLS} small \`echo\` calls to one server in one \`call_tools\` request, against the same calls sent together. In steady state: rounds of both in one process of tutti, in the opposite order every other round, the median of those after the first ${WARM_UPS} of each. The first ${FIRST}: of two fresh processes, one for each, where V8 has compiled little yet.`,
  rows: {
    direct: { title: "32 calls sent together, CPU of the relay", unit: "ms" },
    plan: { title: "a plan of these calls, CPU of the relay", unit: "ms" },
    ratio: { title: "the plan against the calls", unit: "×" },
    firstDirect: { title: `the first ${FIRST} times in a process: calls sent together`, unit: "ms" },
    firstPlan: { title: `the first ${FIRST} times in a process: plans`, unit: "ms" },
    firstRatio: { title: `the first ${FIRST} times in a process: plans against calls`, unit: "×" },
  },
  rounds: 3,
  boundMs: 180_000,
  async run({ contender, isQuick }) {
    if (contender !== "tutti") return {};
    const steady = await inSteadyState(isQuick ? 40 : 100);
    const [firstDirect, firstPlan] = [await first("direct"), await first("plan")];
    if (steady === undefined || firstDirect === undefined || firstPlan === undefined) return {};
    const { direct, plan: together } = steady;
    return {
      direct,
      plan: together,
      ratio: together / direct,
      firstDirect,
      firstPlan,
      firstRatio: firstPlan / firstDirect,
    };
  },
};

/** Medians of interleaved rounds of `repeats` each. @param {number} repeats */
async function inSteadyState(repeats) {
  const { cost, close } = await started();
  /** @type {Record<Way, number[]>} */
  const costs = { direct: [], plan: [] };
  for (let round = -WARM_UPS / WARM_UP_REPEATS; round < ROUNDS; round += 1) {
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
      const spent = await cost(way, round < 0 ? WARM_UP_REPEATS : repeats);
      if (round >= 0 && spent !== undefined) costs[way].push(spent);
    }
  }
  await close();
  return costs.direct.length === 0 ? undefined : { direct: median(costs.direct), plan: median(costs.plan) };
}

/** @param {Way} way */
async function first(way) {
  const { cost, close } = await started();
  const spent = await cost(way, FIRST);
  await close();
  return spent;
}

/** A process of tutti that has started, and what the calls cost it. */
async function started() {
  const rig = new Rig("tutti", 1);
  await rig.initialize();
  await rig.listAll();
  const inputs = Array.from({ length: CALLS }, (_, index) => ({
    text: `call number ${index}, as quick as the others`,
  }));
  const calls = inputs.map((input) => rig.call(0, "echo", input));
  const written = inputs.map((input, index) => ({ id: `c${index}`, name: "s0__echo", arguments: input }));
  const whole = rig.ownCall("call_tools", { calls: written });
  const run = { direct: () => burst(calls), plan: () => probe(whole) };
  /** CPU for all calls once, in milliseconds. @param {Way} way @param {number} count */
  const cost = async (way, count) => {
    const before = cpuMs(rig.relayPid);
    for (let done = 0; done < count; done += 1) await run[way]();
    return costPer(1, count, before, cpuMs(rig.relayPid));
  };
  return { cost, close: () => rig.close() };
}
