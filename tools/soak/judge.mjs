// judge.mjs: whether what was sampled grows.
import { median, theilSen } from "../../bench/statistics.mjs";

/** Of a soak, in bytes a call. What is compiled and cached in the beginning is more than that, so that short runs show nothing. */
const soakBounds = { heapUsed: 2, rss: 16 };
const leastCalls = 20_000;
const counts = ["fds", "timers", "handles", "listeners", "children"];
/** The first share of the samples is the warm-up. */
const warmUp = 0.2;
/** Of the resident memory, in %. */
const mostDrift = 5;

/**
 * Slopes of what was sampled after the warm-up, and what they should be. `samples`: each with `calls`, how many there have
 * been of what is counted (`of`); fewer than `least` of them show nothing of bytes.
 */
export function judge(samples, { bounds = soakBounds, of = "call", least = leastCalls } = {}) {
  const judged = samples.slice(Math.ceil(samples.length * warmUp));
  const span = judged.at(-1).calls - judged[0].calls;
  const slopeOf = (name) => theilSen(judged.map((sample) => [sample.calls, sample[name]]));
  const bytes = Object.entries(bounds).map(([name, bound]) => {
    const slope = slopeOf(name);
    return { name, unit: `bytes a ${of}`, slope: short(slope), bound, passed: slope < bound || span < least };
  });
  // V8 compiles what is used often, for hours: its own, and no more than there are functions.
  const code = { name: "code", unit: `bytes a ${of}`, slope: short(slopeOf("code")), passed: true };
  const drifted = drift(judged);
  const isSteady = drifted < mostDrift || span < least;
  const grown = counts.map((name) => {
    const values = judged.map((sample) => sample[name]);
    // The growth of a whole run, where it should be none at all.
    const slope = slopeOf(name) * span;
    const range = { least: Math.min(...values), most: Math.max(...values) };
    return { name, unit: "more at the end", slope: short(slope), bound: 1, ...range, passed: slope < 1 };
  });
  return [
    ...bytes,
    code,
    {
      name: "drift",
      unit: "% more in the last fifth than in the first",
      slope: drifted,
      bound: mostDrift,
      passed: isSteady,
    },
    ...grown,
  ];
}

function drift(judged) {
  const fifth = Math.ceil(judged.length / 5);
  const ends = [judged.slice(0, fifth), judged.slice(-fifth)];
  const [first, last] = ends.map((some) => median(some.map(({ rss }) => rss)));
  return short((100 * (last - first)) / first);
}

function short(value) {
  return Number(value.toPrecision(3));
}
