import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { oneByOne } from "../client/load.mjs";
import { Rig } from "../client/rig.mjs";
import { percentile } from "../statistics.mjs";
import { smallCall, WARM_UP_CALLS } from "./steady.mjs";

const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const attacker = path("../fixtures/hostile-server.mjs");
const bomber = path("../fixtures/gzip-bomb.mjs");
const probe = path("../../test/fixtures/http-lag-probe.mjs");

/** The first long message is read as fast as it comes, since it may be an answer; an attack goes on after that. */
const ATTACK_MS = 10_000;
const QUICK_ATTACK_MS = 1200;
const ALONE_MS = 2500;
const MAX_CALLS = 100_000;
/** The probe writes what it has seen this often. */
const PROBE_MS = 100;

/** Each attack, and what it is called. */
export const attacks = {
  longLine: "lines of 33 MiB",
  endlessLine: "a line without end",
  nested: "10⁶ arrays in one another",
  objects: "10 MiB of [{},{},…]",
  singleBytes: "single bytes",
  stderr: "lines on stderr",
  notifications: "notifications",
  progress: "progress",
  duplicates: "the same reply again and again",
  gzip: "300 MiB in 300 KB of gzip, over HTTP",
};
const names = /** @type {(keyof typeof attacks)[]} */ (Object.keys(attacks));

/** Keys of the rows. @param {string} attack */
export const lagKey = (attack) => `${attack}Lag`;
/** @param {string} attack */
export const besideKey = (attack) => `${attack}Beside`;
export { names as attackNames };

const rows = Object.fromEntries([
  ["alone", { title: "small calls without an attack, p99", unit: "ms" }],
  ["aloneLag", { title: "longest stall then", unit: "ms" }],
  ...names.flatMap((name) => [
    [lagKey(name), { title: `longest stall: ${attacks[name]}`, unit: "ms" }],
    [besideKey(name), { title: `p99 against that without: ${attacks[name]}`, unit: "×" }],
  ]),
]);

/** @type {import("./index.mjs").Measure} */
export const hostile = {
  name: "hostile",
  title: "A hostile server beside a good one",
  about:
    "One server attacks at full speed for ten seconds, another answers small `echo` calls one after the other. Stalls are the longest times for which the event loop of tutti stood still, as far as it worked itself meanwhile. The p99 is held against that of the same calls just before and just after the attack.",
  rows,
  rounds: 2,
  boundMs: 250_000,
  async run({ contender, isQuick }) {
    if (contender !== "tutti") return {};
    const folder = mkdtempSync(join(tmpdir(), "tutti-bench-"));
    const lagFile = join(folder, "lag");
    const bomb = spawn(process.execPath, [bomber], { stdio: ["pipe", "pipe", "inherit"] });
    const [address] = await once(bomb.stdout, "data");
    const more = {
      bad: { command: process.execPath, args: [attacker] },
      bomb: { url: String(address).trim() },
    };
    const relayEnv = { NODE_OPTIONS: `--import ${probe}`, TUTTI_TEST_LAG: lagFile };
    const rig = new Rig(contender, 1, { more, relayEnv });
    await rig.initialize();
    await rig.listAll();
    const small = smallCall(rig, 0);
    await oneByOne(small, WARM_UP_CALLS);
    /** @param {string} [attack] */
    const beside = async (attack) => {
      writeFileSync(`${lagFile}.reset`, "");
      while (existsSync(`${lagFile}.reset`)) await sleep(PROBE_MS);
      const longestMs = attack === undefined ? ALONE_MS : ATTACK_MS;
      const ms = isQuick ? QUICK_ATTACK_MS : longestMs;
      const isOver = attack && attackWith(rig, attack, ms);
      const took = await oneByOne(small, MAX_CALLS, ms);
      await isOver;
      await sleep(PROBE_MS);
      return { took, lag: JSON.parse(readFileSync(lagFile, "utf8")).own };
    };
    await beside();
    let before = await beside();
    /** @type {Record<string, number>} */
    const values = { alone: percentile(before.took, 0.99), aloneLag: before.lag };
    for (const name of names) {
      const { took, lag } = await beside(name);
      const after = await beside();
      values[lagKey(name)] = lag;
      values[besideKey(name)] = percentile(took, 0.99) / percentile([...before.took, ...after.took], 0.99);
      before = after;
    }
    await rig.close();
    bomb.stdin.end();
    rmSync(folder, { recursive: true, force: true });
    return values;
  },
};

/**
 * Resolves when the attack is over.
 * @param {Rig} rig
 * @param {string} attack
 * @param {number} ms
 */
async function attackWith(rig, attack, ms) {
  const endAt = performance.now() + ms;
  const call =
    attack === "gzip" ? rig.ownCall("bomb__bomb", {}) : rig.ownCall(`bad__${attack}`, { ms }, { progressToken: "t" });
  const once = () =>
    new Promise((resolve) => {
      call.link.request(call.opening, resolve);
    });
  do await once();
  while (attack === "gzip" && performance.now() < endAt);
}
