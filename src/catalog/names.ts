import { createHash } from "node:crypto";

/**
 * Names as clients see them. What is given here fits the clients with the tightest rules: at most 50 of
 * `[A-Za-z0-9_-]`, the first one a letter or `_`. All of it depends only on the names in the configuration and in one
 * server's own list, never on which servers are up.
 */

const longestName = 50;
const longestPrefix = 24;
const hashLength = 6;
const separator = "__";

/** Each server's prefix. No prefix holds `__` or ends with `_`, so that an exposed name tells its server. */
export function prefixes(servers: readonly string[]): ReadonlyMap<string, string> {
  const plain = servers.map((server) => {
    const fitting = fitted(server).replace(/_+/g, "_").replace(/_$/, "");
    return fitting.length > longestPrefix ? withHash(fitting, server, longestPrefix) : fitting || "server";
  });
  const names = distinct(servers, plain, longestPrefix);
  return new Map(servers.map((server, index) => [server, names[index] as string]));
}

/** The exposed name of each of one server's tools, or of its prompts, which are unique; index for index. */
export function exposedNames(prefix: string, originals: readonly string[]): readonly string[] {
  const whole = originals.map((original) => `${prefix}${separator}${original}`);
  const plain = whole.map((name) => {
    const fitting = fitted(name);
    return fitting.length > longestName ? withHash(fitting, name, longestName) : fitting;
  });
  return distinct(whole, plain, longestName);
}

/** The same of a server whose names are shown without a prefix: as they are, where clients take them. */
export function ownNames(originals: readonly string[]): readonly string[] {
  const plain = originals.map((name) => {
    if (/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(name)) return name;
    const fitting = fitted(name);
    return fitting.length > longestName ? withHash(fitting, name, longestName) : fitting;
  });
  return distinct(originals, plain, longestName);
}

/** The prefix that an exposed name has; undefined where it has none. */
export function prefixOf(exposed: string): string | undefined {
  const at = exposed.indexOf(separator);
  return at > 0 ? exposed.slice(0, at) : undefined;
}

function fitted(name: string): string {
  const fitting = name.replace(/[^A-Za-z0-9_-]/gu, "_");
  return /^[A-Za-z_]/.test(fitting) ? fitting : `_${fitting}`;
}

// Of several names that have become the same, the one that did not have to change keeps it.
function distinct(names: readonly string[], fitting: readonly string[], longest: number): readonly string[] {
  const seen = new Set<string>();
  const shared = new Set(fitting.filter((name) => seen.size === seen.add(name).size));
  return names.map((name, index) => {
    const fit = fitting[index] as string;
    return shared.has(fit) && fit !== name ? withHash(fit, name, longest) : fit;
  });
}

// The hyphen keeps a name that is cut at a `_` from having a `__` there, which would end its prefix.
function withHash(fitting: string, name: string, longest: number): string {
  const hash = createHash("sha256").update(name).digest("hex").slice(0, hashLength);
  return `${fitting.slice(0, longest - hashLength - 1)}-${hash}`;
}
