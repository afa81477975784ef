import { beside } from "./beside.mjs";
import { bursts } from "./bursts.mjs";
import { eras } from "./eras.mjs";
import { hostile } from "./hostile.mjs";
import { http } from "./http.mjs";
import { large } from "./large.mjs";
import { latency } from "./latency.mjs";
import { memory } from "./memory.mjs";
import { overload } from "./overload.mjs";
import { plan } from "./plan.mjs";
import { secondStart } from "./second-start.mjs";
import { start } from "./start.mjs";
import { stragglers } from "./stragglers.mjs";
import { throughput } from "./throughput.mjs";

/**
 * One thing that is measured, in a fresh process each time.
 *
 * `rows` are what `run` gives: key → title and unit. `rounds` is how often each contender has its turn in a full run,
 * `boundMs` after how long a turn is given up. `withEmpty` adds the empty Node program as a contender.
 *
 * @typedef {{
 *   name: string,
 *   title: string,
 *   about: string,
 *   rows: Record<string, { title: string, unit: string }>,
 *   rounds: number,
 *   boundMs: number,
 *   withEmpty?: boolean,
 *   run: (turn: Turn) => Promise<Record<string, Value>>,
 * }} Measure
 * @typedef {{ contender: string, isQuick: boolean }} Turn
 * @typedef {number | "timeout" | undefined} Value undefined: this contender has no such value
 */

/** @type {readonly Measure[]} */
export const measures = [
  start,
  secondStart,
  latency,
  throughput,
  eras,
  http,
  plan,
  bursts,
  large,
  beside,
  memory,
  stragglers,
  overload,
  hostile,
];
