import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { atOnce } from "../client/load.mjs";
import { Rig } from "../client/rig.mjs";
import { percentile } from "../statistics.mjs";

const PLACES = 8;
const SLEEP_MS = 5;
const WAITING = 32;
const TIMES = 10;
const TICK_MS = 5;
const PEAK_CALLS = 2000;

/** @type {import("./index.mjs").Measure} */
export const overload = {
  name: "overload",
  title: "Ten times as many calls as a server can answer",
  about: `A server has ${PLACES} places (\`maxConcurrentCalls\`), of which each call takes one for ${SLEEP_MS} ms, and ${WAITING} calls may wait. First as many callers as there are places, each with one call after the other; then ten times as many calls a second as were answered then, whatever becomes of them.`,
  rows: {
    peak: { title: "answered calls, one for each place", unit: "calls/s" },
    goodput: { title: "answered calls at ten times that, against it", unit: "×" },
    refusedP50: { title: "time to the error of a refused call, p50", unit: "ms" },
    refusedP99: { title: "the same, p99", unit: "ms" },
    grown: { title: "memory of the relay, more than before", unit: "MiB" },
  },
  rounds: 3,
  boundMs: 60_000,
  async run({ contender, isQuick }) {
    if (contender !== "tutti") return {};
    const settings = [{ maxConcurrentCalls: PLACES, maxQueuedCalls: WAITING }];
    const rig = new Rig(contender, 1, { settings });
    await rig.initialize();
    await rig.listAll();
    const call = rig.call(0, "sleep", { ms: SLEEP_MS });
    const places = Array.from({ length: PLACES }, () => call);
    await atOnce(places, PEAK_CALLS / 2);
    const peak = PEAK_CALLS / ((await atOnce(places, PEAK_CALLS)) / 1000);
    const before = memoryMiB(rig.relayPid);
    /** @type {number[]} */
    const refused = [];
    let [answered, open, sent] = [0, 0, 0];
    const startedAt = performance.now();
    const ms = isQuick ? 1500 : 5000;
    while (performance.now() - startedAt < ms) {
      const due = ((performance.now() - startedAt) / 1000) * peak * TIMES;
      for (; sent < due; sent += 1) {
        const sentAt = performance.now();
        open += 1;
        call.link.request(call.opening, (_, line) => {
          open -= 1;
          if (line?.includes('"queue_full"')) refused.push(performance.now() - sentAt);
          else answered += 1;
        });
      }
      await sleep(TICK_MS);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const goodput = answered / seconds / peak;
    const grown = memoryMiB(rig.relayPid) - before;
    while (open > 0) await sleep(TICK_MS);
    await rig.close();
    return { peak, goodput, refusedP50: percentile(refused, 0.5), refusedP99: percentile(refused, 0.99), grown };
  },
};

/** @param {number | undefined} pid */
function memoryMiB(pid) {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}
