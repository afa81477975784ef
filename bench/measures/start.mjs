import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Rig } from "../client/rig.mjs";
import { EMPTY } from "../contenders.mjs";

const emptyProgram = fileURLToPath(new URL("../fixtures/empty.mjs", import.meta.url));

/** @type {import("./index.mjs").Measure} */
export const start = {
  name: "start",
  title: "Start",
  about:
    "From the spawn to the answered `initialize` and to a `tools/list` with the tools of all servers; the empty Node program from the spawn to the first byte it prints. Direct: until all servers have answered. tutti remembers nothing of the servers from an earlier start.",
  rows: {
    initialize1: { title: "answered `initialize`, 1 server", unit: "ms" },
    initialize5: { title: "answered `initialize`, 5 servers", unit: "ms" },
    list1: { title: "complete list, 1 server", unit: "ms" },
    list5: { title: "complete list, 5 servers", unit: "ms" },
    list20: { title: "complete list, 20 servers", unit: "ms" },
  },
  rounds: 5,
  boundMs: 60_000,
  withEmpty: true,
  async run({ contender }) {
    if (contender === EMPTY) return printed();
    const one = await started(contender, 1);
    const five = await started(contender, 5);
    const twenty = await started(contender, 20);
    return {
      initialize1: one.initialized,
      initialize5: five.initialized,
      list1: one.listed,
      list5: five.listed,
      list20: twenty.listed,
    };
  },
};

/**
 * @param {string} contender
 * @param {number} servers
 */
async function started(contender, servers) {
  const startedAt = performance.now();
  const rig = new Rig(contender, servers);
  await rig.initialize();
  const initialized = performance.now() - startedAt;
  await rig.listAll();
  const listed = performance.now() - startedAt;
  await rig.close();
  return { initialized, listed };
}

export async function printed() {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [emptyProgram], { stdio: "pipe" });
  await once(child.stdout, "data");
  const firstByte = performance.now() - startedAt;
  child.stdin.end();
  await once(child, "exit");
  return { initialize1: firstByte, initialize5: firstByte };
}
