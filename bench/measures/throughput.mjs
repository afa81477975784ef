import { Rig } from "../client/rig.mjs";
import { manyAtOnce } from "./steady.mjs";

/** @type {import("./index.mjs").Measure} */
export const throughput = {
  name: "throughput",
  title: "64 small calls in flight",
  about:
    "64 callers at once, each with one small `echo` call after the other, spread over the servers, after a warm-up of 15,000 calls. The CPU is that of the relay's process alone, without the servers.",
  rows: {
    rate1: { title: "calls, 1 server", unit: "/s" },
    rate8: { title: "calls, 8 servers", unit: "/s" },
    cpu1: { title: "CPU of the relay per 10,000 calls, 1 server", unit: "ms" },
    cpu8: { title: "CPU of the relay per 10,000 calls, 8 servers", unit: "ms" },
  },
  rounds: 5,
  boundMs: 60_000,
  async run({ contender, isQuick }) {
    const count = isQuick ? 10_000 : 40_000;
    const one = await manyAtOnce(new Rig(contender, 1), count);
    const eight = await manyAtOnce(new Rig(contender, 8), count);
    return { rate1: one.rate, rate8: eight.rate, cpu1: one.cpu, cpu8: eight.cpu };
  },
};
