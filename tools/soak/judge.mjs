// judge.mjs: whether what was sampled grows.
import { theilSen } from "../../bench/statistics.mjs";

/** In bytes a call. What is compiled and cached in the beginning is more than that, so that short runs show nothing. */
const byteBounds = { heapUsed: 2, rss: 16 };
const counts = ["fds", "timers", "handles", "listeners", "children"];
/** The first share of the samples is the warm-up. */
const warmUp = 0.2;
const leastCalls = 20_000;

/** Slopes over the calls, of what was sampled after the warm-up, and what they should be. `samples`: with `calls` each. */
export function judge(samples) {
  const judged = samples.slice(Math.ceil(samples.length * warmUp));
  const span = judged.at(-1).calls - judged[0].calls;
  const slopeOf = (name) => theilSen(judged.map((sample) => [sample.calls, sample[name]]));
  const bytes = Object.entries(byteBounds).map(([name, bound]) => {
    const slope = slopeOf(name);
    return { name, unit: "bytes a call", slope: short(slope), bound, passed: slope < bound || span < leastCalls };
  });
  const grown = counts.map((name) => {
    const values = judged.map((sample) => sample[name]);
    // The growth of a whole run, where it should be none at all.
    const slope = slopeOf(name) * span;
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return { name, unit: "more at the end", slope: short(slope), bound: 1, least, most, passed: slope < 1 };
  });
  return [...bytes, ...grown];
}

function short(value) {
  return Number(value.toPrecision(3));
}
