/** What references mean, for a client that has to write the values out itself; tutti's own reading of them is not used. */

const step = /\.([^.[\]]+)|\[(-?\d+)\]|\["((?:[^"\\]|\\.)*)"\]/g;

/** @param {string} path @param {Record<string, unknown>} values by root */
export function valueAt(path, values) {
  const root = /^\w+/.exec(path)?.[0] ?? "";
  let value = values[root];
  for (const [, name, index, quoted] of path.slice(root.length).matchAll(step))
    value = value?.[name ?? index ?? quoted];
  if (value === undefined) throw new Error(`there is no ${path}`);
  return value;
}

/** `value` with every reference in it replaced. @param {any} value @param {Record<string, unknown>} values */
export function filled(value, values) {
  if (Array.isArray(value)) return value.map((element) => filled(element, values));
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.$from === "string") return valueAt(value.$from, values);
  if (typeof value.$template === "string") {
    return value.$template.replace(/\$\{([^}]*)\}/g, (_, path) => textOf(valueAt(path, values)));
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, values)]));
}

/** Paths of all references in a call. @param {import("./task-sets.mjs").Call} call */
export function pathsIn(call) {
  const paths = [];
  JSON.stringify([call.arguments, call.each ?? null], (_, value) => {
    if (typeof value?.$from === "string") paths.push(value.$from);
    if (typeof value?.$template === "string")
      paths.push(...[...value.$template.matchAll(/\$\{([^}]*)\}/g)].map(([, path]) => path));
    return value;
  });
  return paths;
}

/** Makes a value in which `path`, without its root, leads to `leaf`, unless there is one already. */
export function grow(value, path, leaf) {
  let at = value;
  const steps = [...path.matchAll(step)].map(([, name, index, quoted]) => name ?? quoted ?? Number(index));
  for (const [place, key] of steps.entries()) {
    const isLast = place === steps.length - 1;
    const next = isLast ? leaf : typeof steps[place + 1] === "number" ? [] : {};
    if (at[key] === undefined || (!isLast && typeof at[key] !== "object")) at[key] = next;
    at = at[key];
  }
}

function textOf(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
