import { execFileSync } from "node:child_process";
import { arch, cpus, platform, totalmem } from "node:os";
import { median } from "./statistics.mjs";

/**
 * What a run leaves behind. Nothing in it tells whose machine it was.
 *
 * @typedef {{ median: number | "timeout", least?: number, most?: number, turns: number }} Cell
 * @typedef {{ key: string, title: string, unit: string, cells: Record<string, Cell> }} Row
 * @typedef {{ name: string, title: string, about: string, rows: Row[] }} Table
 * @typedef {{
 *   date: string,
 *   node: string,
 *   machine: { platform: string, arch: string, cores: number, memoryGiB: number },
 *   commit: string | undefined,
 *   contenders: Record<string, string>,
 *   tables: Table[],
 *   targets: import("./targets.mjs").Target[],
 * }} Results
 */

/** Where and when this run is. */
export function circumstances() {
  const machine = {
    platform: platform(),
    arch: arch(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
  return { date: new Date().toISOString().slice(0, 10), node: process.version, machine, commit: commit() };
}

/**
 * The turns of one measurement as a table of medians.
 * @param {import("./measures/index.mjs").Measure} measure
 * @param {Record<string, Record<string, import("./measures/index.mjs").Value>[]>} turns by contender
 * @returns {Table}
 */
export function tableOf({ name, title, about, rows }, turns) {
  const made = Object.entries(rows).map(([key, row]) => {
    /** @type {Record<string, Cell>} */
    const cells = {};
    for (const [contender, taken] of Object.entries(turns)) {
      const cell = cellOf(taken.map((values) => values[key]));
      if (cell !== undefined) cells[contender] = cell;
    }
    return { key, ...row, cells };
  });
  return { name, title, about, rows: made };
}

/**
 * @param {import("./measures/index.mjs").Value[]} values
 * @returns {Cell | undefined}
 */
function cellOf(values) {
  const present = values.filter((value) => value !== undefined && value !== null);
  if (present.length === 0) return undefined;
  const turns = present.length;
  const numbers = present.filter((value) => typeof value === "number");
  // A time-out counts as longer than anything: when half of the turns end in one, so does the median.
  if (numbers.length * 2 <= turns) return { median: "timeout", turns };
  const withLate = [...numbers, ...Array.from({ length: turns - numbers.length }, () => Number.MAX_VALUE)];
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return { median: short(median(withLate)), least: short(least), most: short(most), turns };
}

/** @param {number} value */
function short(value) {
  return Number(value.toPrecision(4));
}

function commit() {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty", "--exclude=*"], {
      encoding: "utf8",
      stdio: "pipe",
    }).trim();
  } catch {
    // Not a checkout, or no git: the results then name no commit.
    return undefined;
  }
}
