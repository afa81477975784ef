/** Tables as Markdown that is also readable in a terminal. */
import { contenders, EMPTY } from "./contenders.mjs";

/**
 * Medians of each contender, then the ratios of tutti (of the bare relay where tutti was not measured) to the others.
 * @param {import("./results.mjs").Table} table
 */
export function measuredTable({ rows }) {
  const names = [...Object.keys(contenders), EMPTY].filter((name) => rows.some(({ cells }) => cells[name]));
  const subject = names.includes("tutti") ? "tutti" : "lines";
  const against = names.includes(subject) ? ["direct", "v1", "v2", EMPTY].filter((name) => names.includes(name)) : [];
  const header = ["", ...names, ...against.map((name) => `${subject} / ${name}`)];
  const body = rows.map(({ title, unit, cells }) => [
    unit === "" ? title : `${title} (${unit})`,
    ...names.map((name) => figure(cells[name]?.median)),
    ...against.map((name) => figure(ratioOf(cells[subject]?.median, cells[name]?.median))),
  ]);
  return markdown([header, ...body]);
}

/** @param {readonly import("./targets.mjs").Target[]} targets */
export function targetTable(targets) {
  const body = targets.map(({ says, bound, limit, unit, measured, floor, passed }) => [
    says,
    `${bound} ${figure(limit)} ${unit}`,
    figure(measured),
    figure(floor),
    passed === undefined ? "not measured" : passed ? "met" : "**missed**",
  ]);
  return markdown([["", "asked", "tutti", "lines", ""], ...body]);
}

/**
 * What tutti alone was measured at: what was asked of it first.
 * @param {readonly import("./results.mjs").Table[]} tables
 * @param {readonly import("./targets.mjs").Target[]} targets
 */
export function ownRows(tables, targets) {
  const asked = targets.map(({ says, bound, limit, unit, measured, passed }) => ({
    what: says,
    measured: `${figure(measured)} ${unit}`.trim(),
    asked: `${bound} ${figure(limit)} ${unit}`.trim(),
    passed,
  }));
  const seen = tables.flatMap(({ rows }) =>
    rows.map(({ title, unit, cells }) => ({ what: title, measured: `${figure(cells.tutti?.median)} ${unit}`.trim() })),
  );
  return [...asked, ...seen];
}

/**
 * Three digits that count; a dash for what does not exist.
 * @param {number | "timeout" | undefined} value
 */
function figure(value) {
  if (value === undefined) return "–";
  if (value === "timeout") return value;
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

/**
 * @param {number | "timeout" | undefined} value
 * @param {number | "timeout" | undefined} against
 */
function ratioOf(value, against) {
  return typeof value === "number" && typeof against === "number" && against !== 0 ? value / against : undefined;
}

/** @param {string[][]} rows the header first */
export function markdown(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (/** @type {string[]} */ row) =>
    `| ${row.map((cell, column) => pad(cell, column, widths)).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  const [header = [], ...body] = rows;
  return [line(header), rule, ...body.map(line)].join("\n");
}

/**
 * Words to the left, figures to the right.
 * @param {string} cell
 * @param {number} column
 * @param {number[]} widths
 */
function pad(cell, column, widths) {
  const width = widths[column] ?? 0;
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
