/** What the measurements of a warm relay share. */
import { atOnce } from "../client/load.mjs";
import { cpuMs } from "../client/process-cost.mjs";

export const WARM_UP_CALLS = 2000;
/** Many at once are so quick that V8 is still compiling what it will run when so few are over. */
const MANY_WARM_UP_CALLS = 15_000;
const CALLERS = 64;

/**
 * @param {import("../client/rig.mjs").Rig} rig
 * @param {number} server
 */
export function smallCall(rig, server) {
  return rig.call(server, "echo", { text: "the quick brown fox jumps over the lazy dog" });
}

/**
 * Calls for `callers` callers at once, spread over `servers` servers.
 * @param {import("../client/rig.mjs").Rig} rig
 * @param {number} callers
 * @param {number} servers
 */
export function smallCalls(rig, callers, servers) {
  return Array.from({ length: callers }, (_, index) => smallCall(rig, index % servers));
}

/**
 * Small calls of 64 callers at once over all servers of the rig, after a warm-up: calls/s, and milliseconds of the
 * relay's CPU per 10,000 calls. Closes the rig.
 * @param {import("../client/rig.mjs").Rig} rig
 * @param {number} count
 */
export async function manyAtOnce(rig, count) {
  await rig.initialize();
  await rig.listAll();
  const calls = smallCalls(rig, CALLERS, rig.serverCount);
  await atOnce(calls, MANY_WARM_UP_CALLS);
  const before = cpuMs(rig.relayPid);
  const ms = await atOnce(calls, count);
  const cpu = costPer(10_000, count, before, cpuMs(rig.relayPid));
  await rig.close();
  return { rate: (count / ms) * 1000, cpu };
}

/**
 * Cost scaled to `units` of the `counted` that were spent between two readings; undefined where there is no relay.
 * @param {number} units
 * @param {number} counted
 * @param {number | undefined} before
 * @param {number | undefined} after
 */
export function costPer(units, counted, before, after) {
  return before === undefined || after === undefined ? undefined : ((after - before) / counted) * units;
}
