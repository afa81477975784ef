import { setTimeout as sleep } from "node:timers/promises";
import { probe } from "../client/load.mjs";
import { Rig } from "../client/rig.mjs";
import { median } from "../statistics.mjs";
import { smallCall } from "./steady.mjs";

const GOOD_SERVERS = 8;
/** How often the calls are measured in one turn; they take half a second, the list many. */
const CALL_TIMES = 3;
const LATE_MS = 10_000;
const LIST_WITHIN_MS = 12_000;
const LIST_WITHIN_QUICK_MS = 2500;
const good = Array.from({ length: GOOD_SERVERS }, () => ({}));

/** @type {import("./index.mjs").Measure} */
export const stragglers = {
  name: "stragglers",
  title: "Ten servers of which one takes 10 s to start and one never starts",
  about: `Right after \`initialize\` the client calls each of the eight good servers, in another start it asks for the list: the time from the spawn until the last of the eight has answered and until the list comes, against the same without the other two. Waiting for the list ends after ${LIST_WITHIN_MS / 1000} s.`,
  rows: {
    callsWithout: { title: "the eight have answered, without the two", unit: "ms" },
    callsWith: { title: "the eight have answered, with the two", unit: "ms" },
    listWithout: { title: "list, without the two", unit: "ms" },
    listWith: { title: "list, with the two", unit: "ms" },
    toolsWith: { title: "tools in that list (40 of the eight)", unit: "" },
  },
  rounds: 2,
  boundMs: 60_000,
  async run({ contender, isQuick }) {
    const withinMs = isQuick ? LIST_WITHIN_QUICK_MS : LIST_WITHIN_MS;
    const two = [{ START_DELAY_MS: String(LATE_MS) }, { NEVER_START: "1" }];
    const without = [];
    const withTwo = [];
    for (let time = 0; time < (isQuick ? 1 : CALL_TIMES); time += 1) {
      without.push(await callTheGood(contender, []));
      withTwo.push(await callTheGood(contender, two));
    }
    const listWithout = await listThem(contender, [], withinMs);
    const listWith = await listThem(contender, two, withinMs);
    return {
      callsWithout: median(without),
      callsWith: median(withTwo),
      listWithout: listWithout.ms,
      listWith: listWith.ms,
      toolsWith: listWith.tools,
    };
  },
};

/**
 * Time from the spawn until each of the eight has answered a call that was sent right after the handshake.
 * @param {string} contender
 * @param {Record<string, string>[]} others environments of the servers beside the eight
 */
async function callTheGood(contender, others) {
  const startedAt = performance.now();
  const rig = new Rig(contender, GOOD_SERVERS + others.length, { envs: [...good, ...others] });
  await Promise.all(
    good.map(async (_, server) => {
      await rig.handshake(server);
      await probe(smallCall(rig, server));
    }),
  );
  const ms = performance.now() - startedAt;
  await rig.close("at once");
  return ms;
}

/**
 * Time from the spawn until the first list is answered, and what is in it.
 * @param {string} contender
 * @param {Record<string, string>[]} others
 * @param {number} withinMs
 * @returns {Promise<{ ms: number | "timeout", tools: number | "timeout" }>}
 */
async function listThem(contender, others, withinMs) {
  const startedAt = performance.now();
  const rig = new Rig(contender, GOOD_SERVERS + others.length, { envs: [...good, ...others] });
  const late = new AbortController();
  const tools = await Promise.race([
    rig.listOnce(),
    sleep(withinMs, /** @type {const} */ ("timeout"), { signal: late.signal }),
  ]);
  const ms = tools === "timeout" ? tools : performance.now() - startedAt;
  late.abort();
  await rig.close("at once");
  return { ms, tools };
}
