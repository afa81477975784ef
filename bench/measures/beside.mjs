import { oneByOne, stream } from "../client/load.mjs";
import { Rig } from "../client/rig.mjs";
import { percentile } from "../statistics.mjs";
import { smallCall, WARM_UP_CALLS } from "./steady.mjs";

const STREAMS = 4;
/** So that a server always has its next call waiting when it has answered one. */
const CALLS_PER_STREAM = 2;
const MAX_SMALL_CALLS = 20_000;
const MIB = 1024 * 1024;

/** @type {import("./index.mjs").Measure} */
export const beside = {
  name: "beside",
  title: "Small calls beside four streams of 1 MiB results",
  about:
    "Four servers answer with 1 MiB of text back to back (two calls in flight each), a fifth answers small `echo` calls one after the other. What the streams carry meanwhile stands beside it: a relay could serve small calls well by starving large ones.",
  rows: {
    p50: { title: "small calls, p50", unit: "ms" },
    p99: { title: "small calls, p99", unit: "ms" },
    streams: { title: "the four streams together", unit: "MiB/s" },
  },
  rounds: 5,
  boundMs: 60_000,
  async run({ contender, isQuick }) {
    const rig = new Rig(contender, STREAMS + 1);
    await rig.initialize();
    await rig.listAll();
    const small = smallCall(rig, STREAMS);
    await oneByOne(small, WARM_UP_CALLS);
    const big = Array.from({ length: STREAMS * CALLS_PER_STREAM }, (_, index) =>
      rig.call(index % STREAMS, "blob", { bytes: MIB }),
    );
    const warmUp = await stream(big);
    await oneByOne(small, MAX_SMALL_CALLS, 1000);
    warmUp();
    const stop = await stream(big);
    const startedAt = performance.now();
    const times = await oneByOne(small, MAX_SMALL_CALLS, isQuick ? 1500 : 3000);
    const seconds = (performance.now() - startedAt) / 1000;
    const streams = stop() / MIB / seconds;
    await rig.close();
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), streams };
  },
};
