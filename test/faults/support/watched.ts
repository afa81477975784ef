import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import {
  configFile,
  fixture,
  fixturePath,
  type Servers,
  type Started,
  start,
  temporaryFolder,
} from "../../e2e/support/program.ts";
import { textOf } from "../../e2e/support/raw-client.ts";
import { until } from "../../e2e/support/until.ts";

/** A value that only one server is told, and that nobody may see. */
const canary = "canary-of-the-faults-7c1e";

export type Watched = Started & {
  /** Ms for which its event loop stood still by its own work since this was asked last, at most. */
  readonly stoodStillMs: () => Promise<number>;
  /** MiB that it held since this was asked last, at most. */
  readonly peakMiB: () => number;
};

/** The server whose tools write whatever bytes they are given. */
export const raw = (...tools: readonly string[]) => ({
  ...fixture("raw-server.mjs", ...tools),
  env: { CANARY: canary },
});

/**
 * Starts tutti over stdio with these servers, and shakes hands. After the test it is looked at: stdout was the protocol
 * alone, each request got one reply at most, no defect was told, the secret is nowhere, and when the client has gone it
 * ends well and leaves no process behind. `mayRepeat`: ids that the test itself uses again.
 */
export async function serveWatched(
  servers: Servers,
  settings: object = {},
  { mayRepeat = [] }: { readonly mayRepeat?: readonly unknown[] } = {},
): Promise<Watched> {
  const lag = join(temporaryFolder(), "lag");
  const env = { NODE_OPTIONS: `--import ${fixturePath("http-lag-probe.mjs")}`, TUTTI_TEST_LAG: lag };
  const client = start(["serve", "--log", "debug", "--config", configFile(servers, settings)], { env });
  onTestFinished(async () => await inspect(client, mayRepeat));
  await client.handshake();
  await client.request("tools/list");
  const stoodStillMs = async (): Promise<number> => {
    const own = existsSync(lag) ? (JSON.parse(readFileSync(lag, "utf8")) as { own: number }).own : 0;
    writeFileSync(`${lag}.reset`, "");
    await until("the probe to begin anew", () => !existsSync(`${lag}.reset`));
    return own;
  };
  return Object.assign(client, { stoodStillMs, peakMiB: () => peakOf(client.pid) });
}

async function inspect(client: Started, mayRepeat: readonly unknown[]): Promise<void> {
  client.child.stdout.resume();
  client.child.stdin.end();
  const { code } = await client.exit();
  expect(code, client.stderr.slice(-500)).toBe(0);
  expect(client.strayLines).toEqual([]);
  expect(client.repliedTwice).toEqual(mayRepeat);
  expect(client.stderr).not.toMatch(/a defect/);
  expect([client.stderr, ...client.lines].filter((text) => text.includes(canary))).toEqual([]);
  await client.untilServers(0);
}

const besidesEveryMs = 10;

/** Calls `echo` of a server all the time; gives what was answered wrong, and how long each answer took. */
export function besides(client: Started, tool = "one__echo") {
  let isOver = false;
  const tookMs: number[] = [];
  const wrong: string[] = [];
  const over = (async () => {
    while (!isOver) {
      const text = `beside ${tookMs.length}`;
      const startedAt = performance.now();
      const said = textOf(await client.call(tool, { text }));
      tookMs.push(performance.now() - startedAt);
      if (said !== text) wrong.push(said);
      await new Promise((resolve) => setTimeout(resolve, besidesEveryMs));
    }
  })();
  return async () => {
    isOver = true;
    await over;
    return { wrong, tookMs, calls: tookMs.length };
  };
}

/** Peak of the memory since it was asked for last, in MiB. */
export function peakOf(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  return Number(kib) / 1024;
}
