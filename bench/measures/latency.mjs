import { oneByOne } from "../client/load.mjs";
import { cpuMs } from "../client/process-cost.mjs";
import { Rig } from "../client/rig.mjs";
import { percentile } from "../statistics.mjs";
import { costPer, smallCall, WARM_UP_CALLS } from "./steady.mjs";

/** @type {import("./index.mjs").Measure} */
export const latency = {
  name: "latency",
  title: "One small call after the other",
  about: "Small `echo` calls to one server, each sent when the one before is answered, after a warm-up.",
  rows: {
    p50: { title: "p50", unit: "µs" },
    p99: { title: "p99", unit: "µs" },
    cpu: { title: "CPU of the relay per 10,000 calls", unit: "ms" },
  },
  rounds: 7,
  boundMs: 60_000,
  async run({ contender, isQuick }) {
    const count = isQuick ? 3000 : 5000;
    const rig = new Rig(contender, 1);
    await rig.initialize();
    await rig.listAll();
    const call = smallCall(rig, 0);
    await oneByOne(call, WARM_UP_CALLS);
    const before = cpuMs(rig.relayPid);
    const times = await oneByOne(call, count);
    const cpu = costPer(10_000, count, before, cpuMs(rig.relayPid));
    await rig.close();
    return { p50: percentile(times, 0.5) * 1000, p99: percentile(times, 0.99) * 1000, cpu };
  },
};
