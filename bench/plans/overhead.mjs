/** What the program itself does for a plan of quick calls, against the same calls on their own. */
import { cpuMs } from "../client/process-cost.mjs";
import { median } from "../statistics.mjs";
import { startTutti } from "./tutti.mjs";

const CALLS = 32;
const ROUNDS = 9;
const REPEATS = { plan: 250, together: 250, inTurn: 40 };
/** What runs once in a plan is compiled after some thousands of plans only, what runs once in a call after as many calls. */
const WARM_UPS = { plan: 2500, together: 2500, inTurn: 100 };

const tool = {
  name: "echo",
  description: "Answers at once.",
  inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  annotations: { readOnlyHint: true },
  result: { id: 7, text: "Somewhat more than nothing, as quick tools answer." },
};

/** CPU of the program for all calls, in milliseconds. @typedef {{ calls: number, plan: number, together: number, inTurn: number }} Overhead */

/**
 * Rounds of each way in one process of the program, in the opposite order every other round: medians. Undefined where
 * CPU cannot be read.
 * @returns {Promise<Overhead | undefined>}
 */
export async function overhead() {
  const tutti = await startTutti({ quick: [tool] });
  const texts = Array.from({ length: CALLS }, (_, index) => ({ text: `call number ${index}` }));
  const calls = texts.map((input, index) => ({ id: `c${index}`, name: "quick__echo", arguments: input }));
  const ways = {
    plan: () => tutti.call("call_tools", { calls }),
    together: () => Promise.all(texts.map((input) => tutti.call("quick__echo", input))),
    inTurn: async () => {
      for (const input of texts) await tutti.call("quick__echo", input);
    },
  };
  const cost = async (run, repeats) => {
    const before = cpuMs(tutti.pid) ?? Number.NaN;
    for (let count = 0; count < repeats; count += 1) await run();
    return ((cpuMs(tutti.pid) ?? Number.NaN) - before) / repeats;
  };
  try {
    for (const [name, run] of Object.entries(ways)) await cost(run, WARM_UPS[name]);
    const costs = { plan: [], together: [], inTurn: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      const names = Object.keys(ways);
      for (const name of round % 2 === 0 ? names : names.toReversed())
        costs[name].push(await cost(ways[name], REPEATS[name]));
    }
    const [plan, together, inTurn] = [median(costs.plan), median(costs.together), median(costs.inTurn)];
    return Number.isNaN(plan) ? undefined : { calls: CALLS, plan, together, inTurn };
  } finally {
    await tutti.close();
  }
}
