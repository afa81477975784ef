import { atOnce } from "../client/load.mjs";
import { cpuMs } from "../client/process-cost.mjs";
import { Rig } from "../client/rig.mjs";
import { costPer, smallCalls, WARM_UP_CALLS } from "./steady.mjs";

const CALLERS = 64;

/** @type {import("./index.mjs").Measure} */
export const throughput = {
  name: "throughput",
  title: "64 small calls in flight",
  about:
    "64 callers at once, each with one small `echo` call after the other, spread over the servers, after a warm-up. The CPU is that of the relay's process alone, without the servers.",
  rows: {
    rate1: { title: "calls, 1 server", unit: "/s" },
    rate8: { title: "calls, 8 servers", unit: "/s" },
    cpu1: { title: "CPU of the relay per 10,000 calls, 1 server", unit: "ms" },
    cpu8: { title: "CPU of the relay per 10,000 calls, 8 servers", unit: "ms" },
  },
  rounds: 5,
  boundMs: 60_000,
  async run({ contender, isQuick }) {
    const count = isQuick ? 10_000 : 20_000;
    const one = await steady(contender, 1, count);
    const eight = await steady(contender, 8, count);
    return { rate1: one.rate, rate8: eight.rate, cpu1: one.cpu, cpu8: eight.cpu };
  },
};

/**
 * @param {string} contender
 * @param {number} servers
 * @param {number} count
 */
async function steady(contender, servers, count) {
  const rig = new Rig(contender, servers);
  await rig.initialize();
  await rig.listAll();
  const calls = smallCalls(rig, CALLERS, servers);
  await atOnce(calls, WARM_UP_CALLS);
  const before = cpuMs(rig.relayPid);
  const ms = await atOnce(calls, count);
  const cpu = costPer(10_000, count, before, cpuMs(rig.relayPid));
  await rig.close();
  return { rate: (count / ms) * 1000, cpu };
}
