import { HttpRig } from "../client/http-rig.mjs";
import { cpuMs } from "../client/process-cost.mjs";
import { costPer } from "./steady.mjs";

const SERVERS = 8;
const CALLERS = 64;
const WARM_UP_CALLS = 5000;

/** @type {import("./index.mjs").Measure} */
export const http = {
  name: "http",
  title: "64 small calls in flight, over HTTP on both sides",
  about:
    "The client speaks Streamable HTTP to the relay, and the relay to eight servers: 64 callers at once, each with one small `echo` call after the other over a connection that is kept, after a warm-up of 5,000 calls. Client and servers are of the same era. tutti is `tutti serve --http`, v2 is `createMcpHandler` and the HTTP client of the SDK; in the legacy era v2 serves without a session, tutti with one.",
  rows: {
    legacyCpu: { title: "legacy era: CPU of the relay per 10,000 calls", unit: "ms" },
    modernCpu: { title: "modern era: CPU of the relay per 10,000 calls", unit: "ms" },
    legacyRate: { title: "legacy era: calls", unit: "/s" },
    modernRate: { title: "modern era: calls", unit: "/s" },
  },
  rounds: 5,
  boundMs: 120_000,
  async run({ contender, isQuick }) {
    if (contender === "v1" || contender === "lines") return {};
    const count = isQuick ? 5000 : 20_000;
    const legacy = await overHttp(new HttpRig(contender, SERVERS, "legacy"), count);
    const modern = await overHttp(new HttpRig(contender, SERVERS, "modern"), count);
    return { legacyCpu: legacy.cpu, modernCpu: modern.cpu, legacyRate: legacy.rate, modernRate: modern.rate };
  },
};

/**
 * Calls/s, and milliseconds of the relay's CPU per 10,000 calls. Closes the rig.
 * @param {HttpRig} rig
 * @param {number} count
 */
async function overHttp(rig, count) {
  await rig.open();
  const text = "the quick brown fox jumps over the lazy dog";
  const calls = Array.from({ length: CALLERS }, (_, index) => rig.call(index % SERVERS, { text }));
  await atOnce(rig, calls, WARM_UP_CALLS);
  const before = cpuMs(rig.relayPid);
  const ms = await atOnce(rig, calls, count);
  const cpu = costPer(10_000, count, before, cpuMs(rig.relayPid));
  await rig.close();
  return { rate: (count / ms) * 1000, cpu };
}

/**
 * As many callers at once as there are `calls`, each with one call after the other, until `count` are answered.
 * @param {HttpRig} rig
 * @param {import("../client/http-rig.mjs").Call[]} calls
 * @param {number} count
 * @returns {Promise<number>} milliseconds for all
 */
function atOnce(rig, calls, count) {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    let sent = 0;
    let answered = 0;
    for (const call of calls) {
      const next = () => {
        if (sent === count) return;
        sent += 1;
        rig.send(call, () => {
          answered += 1;
          if (answered === count) resolve(performance.now() - startedAt);
          else next();
        });
      };
      next();
    }
  });
}
