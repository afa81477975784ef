/** What the measurements of a warm relay share. */

export const WARM_UP_CALLS = 2000;

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
 * Cost scaled to `units` of the `counted` that were spent between two readings; undefined where there is no relay.
 * @param {number} units
 * @param {number} counted
 * @param {number | undefined} before
 * @param {number | undefined} after
 */
export function costPer(units, counted, before, after) {
  return before === undefined || after === undefined ? undefined : ((after - before) / counted) * units;
}
