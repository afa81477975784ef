// merge.mjs: adds up what several runs of other seeds have shown, at one commit and side by side.

/** `parts`: as `--out` writes them. `planted`: what `--planted` has found; undefined: nothing is known. Throws where they do not fit. */
export function merge(parts, planted) {
  const [first, ...others] = parts.toSorted((one, other) => one.from - other.from);
  const ranges = [first, ...others].map(({ from, seeds }) => ({ from, seeds }));
  for (const [index, { from, seeds }] of ranges.entries()) {
    if (from + seeds > (ranges[index + 1]?.from ?? Number.POSITIVE_INFINITY))
      throw new Error("some seeds were run twice");
  }
  const { commit, node } = first;
  const stranger = others.find((one) => one.commit !== commit || one.node !== node);
  if (stranger !== undefined)
    throw new Error(`${stranger.commit} with Node ${stranger.node} is another state than ${commit}`);
  const sum = others.reduce(add, first);
  // They ran beside each other.
  const seconds = Math.max(...parts.map((one) => one.seconds));
  return { ...sum, seconds, ranges, from: first.from, ...(planted && { planted }) };
}

/** Numbers and counts are added up, lists put together; of the rest it is as in `one`. */
function add(one, other) {
  const entries = Object.entries(other).map(([name, value]) => {
    if (typeof value === "number") return [name, (one[name] ?? 0) + value];
    if (Array.isArray(value)) return [name, [...one[name], ...value]];
    return [name, ["states", "faultsByKind"].includes(name) ? inOrder(add(one[name], value)) : one[name]];
  });
  return { ...one, ...Object.fromEntries(entries) };
}

function inOrder(counts) {
  return Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
