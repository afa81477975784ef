import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Rig } from "../client/rig.mjs";
import { EMPTY } from "../contenders.mjs";
import { printed } from "./start.mjs";

const SERVERS = 20;
const LATE_MS = 3000;
const LOOK_EVERY_MS = 20;

/** @type {import("./index.mjs").Measure} */
export const secondStart = {
  name: "secondStart",
  title: "Second start",
  about: `Twenty servers that each take ${LATE_MS / 1000} s to start, in a second start with the same configuration: from the spawn to a \`tools/list\` with the tools of all of them, asked after \`initialize\` was answered; the empty Node program from the spawn to the first byte it prints. Contenders that remember nothing are left out.`,
  rows: { list20: { title: "complete list, 20 servers", unit: "ms" } },
  rounds: 7,
  boundMs: 120_000,
  withEmpty: true,
  async run({ contender }) {
    if (contender === EMPTY) return { list20: (await printed()).initialize1 };
    if (contender !== "tutti") return {};
    const folder = mkdtempSync(join(tmpdir(), "tutti-bench-"));
    const first = start(folder);
    await first.initialize();
    await first.listAll();
    while (!existsSync(join(folder, "tutti", "starts"))) await sleep(LOOK_EVERY_MS);
    await first.close();
    const startedAt = performance.now();
    const second = start(folder);
    await second.initialize();
    await second.listAll();
    const list20 = performance.now() - startedAt;
    await second.close();
    rmSync(folder, { recursive: true, force: true });
    return { list20 };
  },
};

/** @param {string} folder */
function start(folder) {
  const envs = Array.from({ length: SERVERS }, () => ({ START_DELAY_MS: String(LATE_MS) }));
  return new Rig("tutti", SERVERS, { envs, folder });
}
