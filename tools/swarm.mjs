// swarm.mjs: many clients at once over HTTP, half of them with sessions, all with equal ids and progress tokens, against
// servers of both eras that say whatever they like whenever they like. Everything names the call that it belongs to, and
// each client looks whether what it gets is its own. Exit code 1: something was not, or a call was not answered.
// Usage: node tools/swarm.mjs [--seconds 60] [--clients 100] [--seed N]
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CallerClient } from "./swarm/caller.mjs";
import { speaker as speakerTo } from "./swarm/http.mjs";
import { Ledger, randomFrom } from "./swarm/ledger.mjs";
import { SessionClient } from "./swarm/session.mjs";

const slots = 4;
const drainMs = 40_000;
/** Enough for a client that shares its cores with many others. */
const askTimeoutMs = 15_000;
const servers = {
  old: { era: "legacy", isShared: false },
  older: { era: "legacy", isShared: true },
  new: { era: "modern", isShared: false },
  newer: { era: "modern", isShared: false },
};
const tokens = ["first-token-0123456789", "second-token-0123456789", "third-token-0123456789"];

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    clients: { type: "string", default: "100" },
    // Whether calls within call_tools ask something too.
    "asks-in-plans": { type: "boolean", default: true },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const [seconds, clients, seed] = [values.seconds, values.clients, values.seed].map(Number);
const folder = mkdtempSync(join(tmpdir(), "tutti-swarm-"));
process.exitCode = await swarm().finally(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

async function swarm() {
  const random = randomFrom(seed);
  const ledger = new Ledger();
  const tutti = await startTutti();
  const startedAt = Date.now();
  const speaker = speakerTo(tutti.url);
  const isOver = () => Date.now() - startedAt > seconds * 1000;
  const paced = (task) => task();
  const stays = () => (random() < 0.3 ? 3000 + random() * 10_000 : Number.POSITIVE_INFINITY);
  const shared = { ledger, random, servers, speaker, isOver, paced, stays, asksInPlans: values["asks-in-plans"] };
  const all = Array.from({ length: clients }, (_, at) => {
    // A quarter of each kind can be asked something.
    const one = { ...shared, token: tokens[at % tokens.length], canAsk: (at >> 1) % 4 === 0, hasOwnIds: at % 3 > 0 };
    return at % 2 === 0 ? new SessionClient(`s${at}`, one) : new CallerClient(`c${at}`, one);
  });
  const runs = Promise.all(
    all.map((one) => one.run(slots).catch((error) => ledger.violation("wrong", `${one.name}: ${error.stack}`))),
  );
  const isDrained = await Promise.race([runs.then(() => true), later(seconds * 1000 + drainMs).then(() => false)]);
  if (!isDrained) ledger.violation("unanswered", "some clients wait still");
  const took = (Date.now() - startedAt) / 1000;
  speaker.end();
  await tutti.end();
  if (/defect/.test(tutti.log()))
    ledger.violation(
      "wrong",
      tutti
        .log()
        .split("\n")
        .find((line) => /defect/.test(line)),
    );
  const { astray, unanswered, wrong } = ledger.counts;
  console.log(JSON.stringify({ seed, clients, seconds: took, ...ledger.counts }));
  for (const text of ledger.violations) console.error(text);
  return astray + unanswered + wrong === 0 ? 0 : 1;
}

async function startTutti() {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const entries = Object.entries(servers).map(([name, { era, isShared }]) => {
    const args = [join(root, "test/fixtures/swarm-server.mjs"), era, name];
    return [name, { command: process.execPath, args, askTimeoutMs, ...(isShared && { shared: true }) }];
  });
  const config = join(folder, "servers.json");
  const http = { maxSets: clients, maxClients: 4 * clients };
  writeFileSync(config, JSON.stringify({ mcpServers: Object.fromEntries(entries), callTools: { scope: "all" }, http }));
  const env = { ...process.env, XDG_STATE_HOME: folder, TUTTI_HTTP_TOKEN: tokens.join("\n") };
  const args = [join(root, "dist/main.js"), "serve", "--http", "127.0.0.1:0", "--config", config];
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    log = (log + text).slice(-1_000_000);
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  for (let look = 0; look < 500; look++) {
    const address = /listening on (http:\S+\/mcp)/.exec(log)?.[1];
    const isReady = address && (await fetch(new URL("/readyz", address))).status === 200;
    if (isReady) {
      const end = async () => {
        child.kill("SIGTERM");
        await ended;
      };
      return { url: new URL(address), log: () => log, end };
    }
    if (child.exitCode !== null) break;
    await later(50);
  }
  child.kill("SIGKILL");
  throw new Error(`tutti does not get ready:\n${log}`);
}

async function later(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms).unref());
}
