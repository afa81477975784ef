import type { Catalog, ExposedItem } from "../catalog/catalog.ts";
import { prefixOf } from "../catalog/names.ts";
import { withheldText } from "../catalog/pins.ts";
import { nearest } from "../config/nearest.ts";

const longestShown = 120;
const mostShown = 3;

/** What clients put before names: of all tools, and of those of the server that they know tutti as. */
const functionsPrefix = "functions.";
const serverPrefix = "mcp__";
const separator = "__";

/**
 * The tool that a model means by `name`: its exposed name, that after what clients put before it (`mcp__<server>__`,
 * `functions.`), or its name without the prefix of its server where only one tool has it. Otherwise why there is none,
 * with at most three of the nearest. A name under a prefix is never another server's tool of that name, because its own
 * server may just not be there.
 */
export function resolveToolName(
  name: string,
  { tools, withheldBy }: Catalog,
): ExposedItem | { readonly problem: string } {
  const whole = withoutFunctions(name);
  const bare = withoutClientPrefix(name);
  const candidates = [name, whole, whole.slice(serverPrefix.length), bare];
  for (const candidate of whole.startsWith(serverPrefix) ? candidates : [name, whole]) {
    const exact = tools.find(({ exposed }) => exposed === candidate);
    if (exact !== undefined) return exact;
  }
  const keeper = candidates.map((candidate) => withheldBy("tool", candidate)).find((server) => server !== undefined);
  if (keeper !== undefined) return { problem: withheldText(keeper, "tool", bare) };
  const alike = whole.includes(separator) ? [] : tools.filter((tool) => isUnprefixed(whole, tool));
  const [only] = alike;
  if (only !== undefined && alike.length === 1) return only;
  const shown = JSON.stringify(bare.length > longestShown ? `${bare.slice(0, longestShown)}…` : bare);
  if (alike.length > 1) {
    const names = alike.slice(0, mostShown).map(({ exposed }) => exposed);
    return { problem: `several servers have a tool ${shown}: write ${names.join(" or ")}` };
  }
  const near = nearestNames(bare, tools);
  return { problem: `there is no tool ${shown}${near.length === 0 ? "" : `; nearest: ${near.join(", ")}`}` };
}

/** `name` without what clients put before the names of tutti's tools. */
export function withoutClientPrefix(name: string): string {
  const whole = withoutFunctions(name);
  if (!whole.startsWith(serverPrefix)) return whole;
  const end = whole.indexOf(separator, serverPrefix.length);
  return end === -1 ? whole : whole.slice(end + separator.length);
}

function nearestNames(name: string, tools: readonly ExposedItem[]): readonly string[] {
  const exposed = tools.map((tool) => tool.exposed);
  const near = nearest(name, exposed, mostShown);
  if (near.length > 0 || name.includes(separator)) return near;
  const ends = nearest(name, [...new Set(exposed.map(withoutPrefix))], mostShown);
  return ends.flatMap((end) => exposed.filter((one) => withoutPrefix(one) === end)).slice(0, mostShown);
}

function withoutPrefix(exposed: string): string {
  const prefix = prefixOf(exposed);
  return prefix === undefined ? exposed : exposed.slice(prefix.length + separator.length);
}

function withoutFunctions(name: string): string {
  return name.startsWith(functionsPrefix) ? name.slice(functionsPrefix.length) : name;
}

function isUnprefixed(name: string, { exposed, original }: ExposedItem): boolean {
  return original === name || withoutPrefix(exposed) === name;
}
