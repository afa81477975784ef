import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { filesOf, memoryOf, signal } from "../e2e/support/processes.ts";
import { configFile, type Entry, fixture, type Servers, serveReady } from "../e2e/support/program.ts";
import { textOf } from "../e2e/support/raw-client.ts";
import { until } from "../e2e/support/until.ts";

/** `RELOADS=1000` for more. */
const reloads = Number(process.env["RELOADS"] ?? 30);

const little = (round: number): Entry => ({ ...fixture("little-server.sh"), env: { ROUND: `${round}` } });

/** One stays, one is another each time, one comes and goes. */
const serversAt = (round: number): Servers => ({
  keep: little(0),
  change: little(round),
  ...(round % 2 === 1 && { [`now_and_then_${round}`]: little(round) }),
});

test(`G16: ${reloads} reloads leave neither files nor processes, and lose no call`, { timeout: 600_000 }, async () => {
  const path = configFile(serversAt(0));
  const client = await serveReady(path);
  const reload = async (round: number): Promise<void> => {
    const calls = ["keep", "change"].map((name) => client.ask("tools/call", { name: `${name}__round` }));
    writeFileSync(path, JSON.stringify({ mcpServers: serversAt(round), callTools: { scope: "off" } }));
    signal(client.pid, "SIGHUP");
    const isNow = async (): Promise<boolean> => textOf(await client.call("change__round")) === `${round}`;
    for (let tries = 0; !(await isNow()); tries++) if (tries > 2000) throw new Error(client.stderr.slice(-1000));
    const texts = await Promise.all(calls.map(async (id) => textOf(await client.reply(id))));
    expect(texts[0]).toBe("0");
    expect([`${round - 1}`, `${round}`]).toContain(texts[1]);
  };
  for (let round = 1; round <= 4; round++) await reload(round);
  await client.untilServers(2);
  const [files, memory, startedAt] = [filesOf(client.pid), memoryOf(client.pid), performance.now()];
  for (let round = 5; round <= reloads; round++) await reload(round);
  const isOdd = reloads % 2;
  await client.untilServers(2 + isOdd);
  // What is just being closed may still be counted, and a server has three pipes.
  await until("its files", () => filesOf(client.pid) <= files + 3 * isOdd, 50);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stderr.write(
    `${reloads} reloads in ${seconds} s: memory ${memory} → ${memoryOf(client.pid)}, files ${files} → ${filesOf(client.pid)}\n`,
  );
  expect(client.stderr).not.toContain("defect");
  expect(client.repliedTwice).toEqual([]);
});
