import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { atOnce } from "../client/load.mjs";
import { residentMiB } from "../client/process-cost.mjs";
import { Rig } from "../client/rig.mjs";
import { EMPTY } from "../contenders.mjs";
import { smallCalls } from "./steady.mjs";

const emptyProgram = fileURLToPath(new URL("../fixtures/empty.mjs", import.meta.url));
const SERVERS = 5;
const CALLERS = 64;
/** V8 gives back what the start needed after some eight seconds in which nothing happens. */
const REST_MS = 12_000;
/** Between bursts, where what counts is the difference. */
const PAUSE_MS = 2000;
const STABLE_MIB = 0.5;
const MAX_WAIT_MS = 5000;

/** @type {import("./index.mjs").Measure} */
export const memory = {
  name: "memory",
  title: "Memory of the relay",
  about:
    "Resident memory of the relay's process with five servers: at rest, twelve seconds after the complete list, and two seconds after 10,000 and 50,000 small calls, 64 at once. Beside it an empty Node program that has idled as long.",
  rows: {
    rest: { title: "at rest", unit: "MiB" },
    after10k: { title: "after 10,000 calls", unit: "MiB" },
    after50k: { title: "after 50,000 calls", unit: "MiB" },
  },
  rounds: 3,
  boundMs: 180_000,
  withEmpty: true,
  async run({ contender, isQuick }) {
    if (contender === EMPTY) return { rest: await idle() };
    if (contender === "direct") return {};
    const rig = new Rig(contender, SERVERS);
    await rig.initialize();
    await rig.listAll();
    const rest = await atRest(rig.relayPid, REST_MS);
    const calls = smallCalls(rig, CALLERS, SERVERS);
    await atOnce(calls, 10_000);
    const after10k = await atRest(rig.relayPid, PAUSE_MS);
    if (!isQuick) await atOnce(calls, 40_000);
    const after50k = isQuick ? undefined : await atRest(rig.relayPid, PAUSE_MS);
    await rig.close();
    return { rest, after10k, after50k };
  },
};

async function idle() {
  const child = spawn(process.execPath, [emptyProgram], { stdio: "pipe" });
  await once(child.stdout, "data");
  const mib = await atRest(child.pid, REST_MS);
  child.stdin.end();
  return mib;
}

/**
 * Resident memory once it has stood still, at least `restMs` from now.
 * @param {number | undefined} pid
 * @param {number} restMs
 */
async function atRest(pid, restMs) {
  await sleep(restMs);
  const until = performance.now() + MAX_WAIT_MS;
  for (let before = residentMiB(pid); ; ) {
    await sleep(500);
    const now = residentMiB(pid);
    if (now === undefined || before === undefined) return undefined;
    if (Math.abs(now - before) < STABLE_MIB || performance.now() > until) return now;
    before = now;
  }
}
