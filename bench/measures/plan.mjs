import { burst, probe } from "../client/load.mjs";
import { cpuMs } from "../client/process-cost.mjs";
import { Rig } from "../client/rig.mjs";
import { median } from "../statistics.mjs";
import { costPer } from "./steady.mjs";

const CALLS = 32;
/** What runs once in a plan is compiled after some thousands of plans only, what runs once in a call after as many calls. */
const WARM_UPS = 2500;
const ROUNDS = 9;

/** @type {import("./index.mjs").Measure} */
export const plan = {
  name: "plan",
  title: "32 quick calls as a plan",
  about:
    "32 small `echo` calls to one server in one `call_tools` request, against the same calls sent together: rounds of each in one process of tutti, in the opposite order every other round, after a warm-up; the median of the rounds.",
  rows: {
    direct: { title: "32 calls sent together, CPU of the relay", unit: "ms" },
    plan: { title: "a plan of these calls, CPU of the relay", unit: "ms" },
    ratio: { title: "the plan against the calls", unit: "×" },
  },
  rounds: 3,
  boundMs: 120_000,
  async run({ contender, isQuick }) {
    if (contender !== "tutti") return {};
    const rig = new Rig(contender, 1);
    await rig.initialize();
    await rig.listAll();
    const inputs = Array.from({ length: CALLS }, (_, index) => ({
      text: `call number ${index}, as quick as the others`,
    }));
    const calls = inputs.map((input) => rig.call(0, "echo", input));
    const written = inputs.map((input, index) => ({ id: `c${index}`, name: "s0__echo", arguments: input }));
    const whole = rig.ownCall("call_tools", { calls: written });
    const ways = { direct: () => burst(calls), plan: () => probe(whole) };
    const repeats = isQuick ? 100 : 250;
    /** @type {{ direct: number[], plan: number[] }} */
    const costs = { direct: [], plan: [] };
    /** @param {"direct" | "plan"} way @param {number} count */
    const cost = async (way, count) => {
      const before = cpuMs(rig.relayPid);
      for (let done = 0; done < count; done += 1) await ways[way]();
      return costPer(1, count, before, cpuMs(rig.relayPid));
    };
    await cost("direct", WARM_UPS);
    await cost("plan", WARM_UPS);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const way of /** @type {const} */ (round % 2 === 0 ? ["direct", "plan"] : ["plan", "direct"])) {
        const spent = await cost(way, repeats);
        if (spent !== undefined) costs[way].push(spent);
      }
    }
    await rig.close();
    if (costs.direct.length === 0) return {};
    const [direct, together] = [median(costs.direct), median(costs.plan)];
    return { direct, plan: together, ratio: together / direct };
  },
};
