import { atOnce, burst } from "../client/load.mjs";
import { Rig } from "../client/rig.mjs";
import { smallCalls, WARM_UP_CALLS } from "./steady.mjs";

export const SLEEP_MS = 200;
export const SIZES = [2, 8, 32, 128, 512];
export const SERVERS = [1, 8];

/** @type {import("./index.mjs").Measure} */
export const bursts = {
  name: "bursts",
  title: `Bursts of calls of ${SLEEP_MS} ms`,
  about: `Calls that each take ${SLEEP_MS} ms, all sent together: the time until the last is answered.`,
  rows: Object.fromEntries(
    SERVERS.flatMap((servers) =>
      SIZES.map((size) => [
        burstKey(size, servers),
        { title: `${size} calls, ${servers} server${servers > 1 ? "s" : ""}`, unit: "ms" },
      ]),
    ),
  ),
  rounds: 3,
  boundMs: 60_000,
  async run({ contender }) {
    const most = Math.max(...SERVERS);
    const rig = new Rig(contender, most);
    await rig.initialize();
    await rig.listAll();
    await atOnce(smallCalls(rig, 64, most), WARM_UP_CALLS);
    /** @type {Record<string, number>} */
    const times = {};
    for (const servers of SERVERS) {
      for (const size of SIZES) {
        const calls = Array.from({ length: size }, (_, index) => rig.call(index % servers, "sleep", { ms: SLEEP_MS }));
        times[burstKey(size, servers)] = await burst(calls);
      }
    }
    await rig.close();
    return times;
  },
};

/**
 * @param {number} size
 * @param {number} servers
 */
export function burstKey(size, servers) {
  return `calls${size}servers${servers}`;
}
