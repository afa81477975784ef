// comings.mjs: the built tutti, over HTTP: thousands of clients that come and go, in every way in which they can, and then
// a thousand configurations, one after the other. What it holds is sampled in between, when all have left. What grows is a
// leak. Exit code 1: something grows, or was not answered as it should be.
// Usage: node tools/comings.mjs [--clients 10000] [--reloads 1000] [--out FILE]
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { circumstances } from "../bench/results.mjs";
import { Visits } from "./comings/visits.mjs";
import { judge } from "./soak/judge.mjs";
import { fixture, listeningAt, startTutti } from "./soak/tutti.mjs";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "10000" },
    reloads: { type: "string", default: "1000" },
    out: { type: "string", default: "bench/results/comings.json" },
  },
});
const [clients, reloads] = [values.clients, values.reloads].map(Number);
const token = "the-token-of-those-who-come";
/** Who says nothing is forgotten after this, at the next of the looks that are 5 s apart. */
const idleMs = 1000;
const forgottenMs = idleMs + 5000 + 2000;
const atOnce = 8;
const mostSamples = 20;
/** In bytes. The smallest thing that is kept for a client or a server in some table is more. */
const bounds = { clients: { heldBytes: 64 }, reloads: { heldBytes: 512 } };

const folder = mkdtempSync(join(tmpdir(), "tutti-comings-"));
const path = join(folder, "servers.json");
process.exitCode = await comeAndGo().finally(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

async function comeAndGo() {
  configure(0);
  const tutti = startTutti(["serve", "--http", "127.0.0.1:0", "--config", path], {
    XDG_STATE_HOME: folder,
    TUTTI_HTTP_TOKEN: token,
  });
  const visits = new Visits(new URL(await listeningAt(tutti)), token);
  const parts = [
    await part("clients", clients, tutti, visits, async (from, to) => {
      let next = from;
      const visitor = async () => {
        while (next < to) await visits.make(next++);
      };
      await Promise.all(Array.from({ length: atOnce }, visitor));
    }),
    await part("reloads", reloads, tutti, visits, async (from, to) => {
      for (let round = from + 1; round <= to; round++) {
        configure(round);
        tutti.child.kill("SIGHUP");
        await visits.untilRound(round);
      }
    }),
  ];
  visits.end();
  const wrong = [...visits.wrong, ...tutti.oddities, ...(await tutti.end(() => tutti.child.kill("SIGTERM")))];
  const passed = wrong.length === 0 && parts.every(({ verdicts }) => verdicts.every((verdict) => verdict.passed));
  const results = { ...circumstances(), passed, wrong, visits: visits.counts, parts };
  writeFileSync(values.out, `${JSON.stringify(results, undefined, 1)}\n`);
  for (const text of wrong.slice(0, 20)) console.error(text);
  console.log(JSON.stringify({ passed, parts: parts.map(({ samples, ...more }) => more) }));
  return passed ? 0 : 1;
}

/** Does so much of one kind, with samples in between, each when all that came has been forgotten. */
async function part(name, count, tutti, visits, doSome) {
  const startedAt = performance.now();
  const samples = [];
  for (let sample = 0; sample < mostSamples; sample++) {
    const [from, to] = [sample, sample + 1].map((at) => Math.round((at * count) / mostSamples));
    await doSome(from, to);
    visits.rest();
    await setTimeout(forgottenMs);
    const held = await tutti.sample();
    samples.push({ calls: to, ...held, heldBytes: held.heapUsed - held.code });
    process.stderr.write(
      `${to} ${name}: heap ${held.heapUsed}, of it code ${held.code}, ${held.fds} fds, ${held.children} children\n`,
    );
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  return {
    name,
    count,
    seconds,
    verdicts: judge(samples, { bounds: bounds[name], of: name.slice(0, -1), least: 0 }),
    samples,
  };
}

/** One server stays, one is another each time, one comes and goes. */
function configure(round) {
  const little = (shown) => ({ command: "/bin/sh", args: [fixture("little-server.sh")], env: { ROUND: `${shown}` } });
  const mcpServers = { keep: little(0), change: little(round), ...(round % 2 === 1 && { guest: little(round) }) };
  const text = JSON.stringify({
    mcpServers,
    callTools: { scope: "off" },
    http: { idleMs, maxClients: 2000, maxSets: 100 },
  });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
