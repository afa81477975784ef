/**
 * What tutti must show, as data: each target reads a number off the tables and holds it against a bound. Where
 * a target needs a tolerance for noise that is not part of it, its text says so.
 *
 * `measured` is tutti's number, `floor` the same for the bare relay of raw lines; undefined where a table lacks it.
 * @typedef {{
 *   says: string,
 *   bound: "at most" | "at least",
 *   limit: number,
 *   unit: string,
 *   measured: number | "timeout" | undefined,
 *   floor: number | "timeout" | undefined,
 *   passed: boolean | undefined,
 * }} Target
 * @typedef {number | "timeout" | undefined} Value
 * @typedef {(table: string, row: string, contender: string) => Value} Read
 */
import { EMPTY } from "./contenders.mjs";
import { burstKey, SERVERS, SIZES, SLEEP_MS } from "./measures/bursts.mjs";
import { attackNames, besideKey, lagKey } from "./measures/hostile.mjs";

const TOOLS_OF_EIGHT = 40;

/** @type {{ says: string, bound?: Target["bound"], limit: number, unit?: string, of: (read: Read, who: string) => Value }[]} */
const asked = [
  {
    says: "CPU of the relay per 10,000 small calls, against the v1 relay's",
    limit: 1 / 4,
    of: (read, who) => ratio(read("throughput", "cpu8", who), read("throughput", "cpu8", "v1")),
  },
  {
    says: "CPU of the relay per 10,000 small calls, against the v2 relay's",
    limit: 1 / 6,
    of: (read, who) => ratio(read("throughput", "cpu8", who), read("throughput", "cpu8", "v2")),
  },
  {
    says: "calls/s at 64 in flight over eight servers, against direct",
    bound: "at least",
    limit: 0.75,
    of: (read, who) => ratio(read("throughput", "rate8", who), read("throughput", "rate8", "direct")),
  },
  {
    says: "modern era: CPU of the relay per 10,000 small calls, against the v2 relay's",
    limit: 1 / 6,
    of: (read, who) => ratio(read("eras", "cpu8", who), read("eras", "cpu8", "v2")),
  },
  {
    says: "modern era: calls/s at 64 in flight over eight servers, against direct",
    bound: "at least",
    limit: 0.75,
    of: (read, who) => ratio(read("eras", "rate8", who), read("eras", "rate8", "direct")),
  },
  ...["legacy", "modern"].map((era) => ({
    says: `HTTP on both sides, ${era} era: CPU of the relay per 10,000 small calls, against the v2 relay's`,
    limit: 1 / 3,
    of: (/** @type {Read} */ read, /** @type {string} */ who) =>
      ratio(read("http", `${era}Cpu`, who), read("http", `${era}Cpu`, "v2")),
  })),
  {
    says: "CPU of the relay for a plan of 32 quick calls, against the same calls sent together",
    limit: 1.5,
    of: (read, who) => read("plan", "ratio", who),
  },
  {
    says: "CPU of the relay for 1 MiB results, against the v1 relay's",
    limit: 1 / 4,
    of: (read, who) => ratio(read("large", "result1mCpu", who), read("large", "result1mCpu", "v1")),
  },
  {
    says: "p50 of small calls beside four streams of 1 MiB results, against direct",
    limit: 5,
    of: (read, who) => ratio(read("beside", "p50", who), read("beside", "p50", "direct")),
  },
  {
    says: "start to answered `initialize` with one server, against an empty Node program",
    limit: 1.5,
    of: (read, who) => ratio(read("start", "initialize1", who), read("start", "initialize1", EMPTY)),
  },
  {
    says: "start to answered `initialize` with five servers, against an empty Node program",
    limit: 1.5,
    of: (read, who) => ratio(read("start", "initialize5", who), read("start", "initialize5", EMPTY)),
  },
  {
    says: "second start to the complete list of twenty servers of 3 s, against an empty Node program",
    limit: 2,
    of: (read, who) => ratio(read("secondStart", "list20", who), read("secondStart", "list20", EMPTY)),
  },
  ...SERVERS.map((servers) => ({
    says: `the slowest burst of up to ${Math.max(...SIZES)} calls of ${SLEEP_MS} ms over ${servers} server${servers > 1 ? "s" : ""}, against ${SLEEP_MS} ms`,
    limit: 1.25,
    of: (/** @type {Read} */ read, /** @type {string} */ who) =>
      ratio(greatest(SIZES.map((size) => read("bursts", burstKey(size, servers), who))), SLEEP_MS),
  })),
  {
    // Two more processes to start slow down direct as well where cores are few; that part is not the relay's.
    says: "a call to each of eight servers beside two that are late or dead, against without the two, held against the same of direct (1.2 for noise)",
    limit: 1.2,
    of: (read, who) => ratio(slowedDown(read, who), slowedDown(read, "direct")),
  },
  {
    says: "the list beside two servers that are late or dead: within `startup.waitMs` (8 s, and half a second to start)",
    limit: 8.5,
    unit: "s",
    of: (read, who) => ratio(read("stragglers", "listWith", who), 1000),
  },
  {
    says: "tools of the eight in that list, against all they have",
    bound: "at least",
    limit: 1,
    of: (read, who) => ratio(read("stragglers", "toolsWith", who), TOOLS_OF_EIGHT),
  },
  {
    says: "memory at rest with five servers, against an empty Node program",
    limit: 1.5,
    of: (read, who) => ratio(read("memory", "rest", who), read("memory", "rest", EMPTY)),
  },
  {
    says: "memory after 50,000 calls, against after 10,000 (1.1 for noise)",
    limit: 1.1,
    of: (read, who) => ratio(read("memory", "after50k", who), read("memory", "after10k", who)),
  },
  {
    says: "calls answered at ten times what a server can do, against its best",
    bound: "at least",
    limit: 0.9,
    of: (read, who) => read("overload", "goodput", who),
  },
  {
    says: "time to the error of a call that is refused then, p99",
    limit: 50,
    unit: "ms",
    of: (read, who) => read("overload", "refusedP99", who),
  },
  {
    says: "longest stall of the event loop under any of ten attacks of a server",
    limit: 50,
    unit: "ms",
    of: (read, who) => greatest(attackNames.map((name) => read("hostile", lagKey(name), who))),
  },
  {
    says: "p99 of a good server beside any of them, against its own without",
    limit: 1.2,
    of: (read, who) => greatest(attackNames.map((name) => read("hostile", besideKey(name), who))),
  },
];

/**
 * Every target with what was measured.
 * @param {readonly import("./results.mjs").Table[]} tables
 * @returns {Target[]}
 */
export function judge(tables) {
  /** @type {Read} */
  const read = (table, row, contender) =>
    tables.find(({ name }) => name === table)?.rows.find(({ key }) => key === row)?.cells[contender]?.median;
  return asked.map(({ says, bound = "at most", limit, unit = "×", of }) => {
    const measured = of(read, "tutti");
    return { says, bound, limit, unit, measured, floor: of(read, "lines"), passed: holds(measured, bound, limit) };
  });
}

/**
 * @param {Value} measured
 * @param {"at most" | "at least"} bound
 * @param {number} limit
 */
function holds(measured, bound, limit) {
  if (measured === undefined) return undefined;
  if (measured === "timeout") return false;
  return bound === "at most" ? measured <= limit : measured >= limit;
}

/**
 * @param {Read} read
 * @param {string} who
 */
function slowedDown(read, who) {
  return ratio(read("stragglers", "callsWith", who), read("stragglers", "callsWithout", who));
}

/**
 * @param {Value} value
 * @param {Value} against
 * @returns {Value}
 */
function ratio(value, against) {
  if (value === undefined || against === undefined) return undefined;
  if (value === "timeout" || against === "timeout") return "timeout";
  return Number((value / against).toPrecision(4));
}

/** @param {Value[]} values */
function greatest(values) {
  return values.reduce((most, value) => {
    if (most === undefined || value === undefined) return undefined;
    return most === "timeout" || value === "timeout" ? "timeout" : Math.max(most, value);
  });
}
