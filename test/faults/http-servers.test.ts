import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { configFile, fixturePath, type Started, start, temporaryFolder } from "../e2e/support/program.ts";
import { markOf, type Reply, textOf } from "../e2e/support/raw-client.ts";
import { type FaultProxy, faultProxy } from "./support/fault-proxy.ts";
import { cells } from "./support/http-attacks.ts";
import { besides, peakOf, raw, serveWatched } from "./support/watched.ts";

/** A cap on one message, and what an attack may cost in memory: with it, and with what is on its way and not collected yet. */
const maxMessageBytes = 4 * 2 ** 20;
const mostMiB = 64;

const rows: string[] = [];
afterAll(() => void process.stdout.write(`${rows.join("\n")}\n`));

/** A server of its own process, until the test ends. */
async function hostile(...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [fixturePath("http-hostile.mjs"), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const port = await new Promise<number>((resolve) => child.stdout.once("data", (text) => resolve(Number(text))));
  return `http://127.0.0.1:${port}`;
}

async function serving(path: string): Promise<{ readonly client: Started; readonly lag: string }> {
  const [bad, good] = await Promise.all([hostile(), hostile()]);
  const lag = join(temporaryFolder(), "lag");
  const servers = {
    // The second is the same, for what is not to be late.
    bad: { url: `${bad}${path}`, callTimeoutMs: 1000, breakerFailures: 0 },
    patient: { url: `${bad}${path}`, breakerFailures: 0 },
    good: { url: `${good}${path}` },
  };
  const env = { NODE_OPTIONS: `--import ${fixturePath("http-lag-probe.mjs")}`, TUTTI_TEST_LAG: lag };
  const client = start(["serve", "--config", configFile(servers, { limits: { maxMessageBytes } })], { env });
  onTestFinished(() => expect(client.strayLines).toEqual([]));
  await client.handshake();
  await client.request("tools/list");
  return { client, lag };
}

for (const { title, how, path, attacks } of cells) {
  test(`${title}, ${how}: each call gets its own error, nobody else is touched, and memory stays bounded`, async () => {
    const { client, lag } = await serving(path);
    for (let warm = 0; warm < 100; warm++) await client.call("good__echo", { text: "warm" });
    const base = peakOf(client.pid);
    let most = 0;
    for (const [attack, fate] of Object.entries(attacks)) {
      writeFileSync(`${lag}.reset`, "");
      peakOf(client.pid);
      const end = besides(client, "good__echo");
      const startedAt = performance.now();
      const name = fate.test("timed_out true") ? "bad" : "patient";
      const reply = await client.call(`${name}__${attack}`);
      const ms = performance.now() - startedAt;
      const { wrong, tookMs } = await end();
      const mark = markOf(reply);
      const text = textOf(reply);
      const outcome = mark === undefined ? "answered" : `${mark.code} ${mark.mayHaveRun}`;
      expect({ attack, wrong }).toEqual({ attack, wrong: [] });
      expect(outcome, `${attack}: ${text}`).toMatch(fate);
      // Who, what and, in one line without anything that acts on a terminal, what it means.
      if (mark !== undefined) {
        expect(text).toMatch(/^(?:bad|patient): [^\p{Cc}]+\. The call (?:may have run|did not run)\.$/u);
      }
      expect(text).not.toMatch(/pass-word|abcdefgh/);
      const peak = peakOf(client.pid) - base;
      most = Math.max(most, peak);
      const { lag: longest, own } = existsSync(lag) ? JSON.parse(readFileSync(lag, "utf8")) : { lag: 0, own: 0 };
      rows.push(
        `${title.slice(0, 3)} ${how}: ${attack.padEnd(24)} ${ms.toFixed(0).padStart(5)} ms, +${peak.toFixed(0)} MiB, ` +
          `stood still ${longest.toFixed(0)} (own work ${own.toFixed(0)}) ms, beside it ${Math.max(...tookMs).toFixed(0)} ms`,
      );
    }
    // What is not bounded would be gigabytes.
    expect(most).toBeLessThan(mostMiB);
    const counts = await countsOf(client);
    rows.push(`${title.slice(0, 3)} ${how}: at most ${counts.mostSockets} connections, ${counts.calls} calls came`);
    expect(counts.mostSockets).toBeLessThan(100);
    expect(client.stderr).not.toMatch(/defect|\n +at /);
  }, 120_000);
}

type Counts = { readonly mostSockets: number; readonly calls: number; readonly initialize: number };

async function countsOf(client: Started): Promise<Counts> {
  return JSON.parse(textOf(await client.call("patient__counts"))) as Counts;
}

test.each(["/modern", "/legacy"])(
  "F53: 401, 403, 429 and 503 at %s: one attempt for each call, what it has to wait for is said, and the next call goes at once",
  async (path) => {
    const { client } = await serving(path);
    const before = (await countsOf(client)).calls;
    const refusals = ["unauthorized", "forbidden", "too_many", "overloaded"];
    const texts = [];
    for (const refusal of refusals) texts.push(textOf(await client.call(`patient__${refusal}`)));
    expect(texts).toEqual([
      expect.stringMatching(/needs you to sign in: run "tutti login patient"/),
      expect.stringMatching(/needs you to sign in for more rights: run "tutti login patient"/),
      expect.stringMatching(/HTTP 429 \(not before many days\)/),
      expect.stringMatching(/HTTP 503 \(not before Fri, 31 Dec 9999/),
    ]);
    expect(textOf(await client.call("patient__echo", { text: "at once" }))).toBe("at once");
    // The echo, and that which counts.
    expect((await countsOf(client)).calls - before).toBe(refusals.length + 2);
  },
);

test.each(["/modern", "/legacy"])(
  "F54: 429 and 503 at %s that say how long to wait: a harmless call goes again when that is over, and fails at once where it is too long",
  async (path) => {
    const { client } = await serving(path);
    // About one call in ten goes again.
    for (let warm = 0; warm < 20; warm++) await client.call("patient__echo", { text: "warm" });
    const before = (await countsOf(client)).calls;
    const busy = (status: number, seconds: number) =>
      client.call("patient__busy_once", { text: `${status} ${seconds}`, status, seconds });
    const [one, other, long] = await Promise.all([busy(429, 1), busy(503, 2), busy(429, 1_000_000_000)]);
    for (const [reply, seconds] of [
      [one, 1],
      [other, 2],
    ] as const) {
      // Clocks of timers and of days differ by a little.
      expect(Number(/^after (\d+) ms$/.exec(textOf(reply))?.[1])).toBeGreaterThan(seconds * 1000 - 50);
    }
    expect(markOf(long)).toMatchObject({ code: "unavailable", mayHaveRun: false });
    expect(textOf(long)).toContain("not before many days");
    expect((await countsOf(client)).calls - before).toBe(2 + 2 + 1 + 1);
  },
);

test("F55: a session that is forgotten: begun anew once, the call that was refused is sent again, and no other", async () => {
  const { client } = await serving("/legacy");
  const before = await countsOf(client);
  await client.call("patient__forgets");
  expect(textOf(await client.call("patient__echo", { text: "anew" }))).toBe("anew");
  const after = await countsOf(client);
  expect(after.initialize - before.initialize).toBeLessThanOrEqual(2);
  // The call that makes it forget comes twice: the first time it was refused for its session.
  expect(after.calls - before.calls).toBeLessThanOrEqual(4);
});

test("F51: a connection that is cut at any byte, of the request or the answer: one typed error for that call, and its siblings are served", async () => {
  const port = Number(new URL(await hostile()).port);
  const proxy = await faultProxy(port);
  const servers = {
    cut: { url: `http://127.0.0.1:${proxy.port}/modern`, callTimeoutMs: 1500, breakerFailures: 0 },
    good: { url: `http://127.0.0.1:${port}/modern` },
  };
  const client = await serveWatched(servers);
  const end = besides(client, "good__echo");
  for (const from of ["client", "server"] as const) {
    for (const afterBytes of from === "client" ? [0, 1, 100] : [0, 1, 30, 200]) {
      for (const effect of ["reset", "end", "stall"] as const) {
        proxy.inject({ from, afterBytes, effect });
        const reply = await client.call("cut__echo", { text: "x" });
        const what = `${effect} after ${afterBytes} bytes of the ${from}`;
        expect([what, markOf(reply)]).toEqual([what, expect.objectContaining({ origin: "tutti", server: "cut" })]);
        expect(markOf(reply)?.code).toMatch(/^(?:connection_lost|unavailable|timed_out|bad_reply)$/);
        proxy.inject(undefined);
      }
    }
  }
  expect((await end()).wrong).toEqual([]);
  expect(textOf(await client.call("cut__echo", { text: "again" }))).toBe("again");
});

test("F51: a connection that is reset before and within TLS: one error for that server, and the others are up meanwhile", async () => {
  const before = await faultProxy(1);
  before.inject({ from: "client", afterBytes: 0, effect: "reset" });
  const within = await faultProxy(1);
  within.inject({ from: "client", afterBytes: 50, effect: "reset" });
  const at = (proxy: FaultProxy) => ({ url: `https://127.0.0.1:${proxy.port}/mcp` });
  const client = await serveWatched({ before: at(before), within: at(within), one: raw() });
  expect(textOf(await client.call("one__echo", { text: "up" }))).toBe("up");
  for (const name of ["before", "within"]) {
    const reply = await client.call(`${name}__x`);
    expect(markOf(reply)).toMatchObject({ origin: "tutti", server: name, mayHaveRun: false });
    expect(textOf(reply)).toMatch(new RegExp(`^${name}: .*127\\.0\\.0\\.1`));
  }
});

test("F56: a name that does not exist, and a name server that hangs: that server fails with its reason, the others are up meanwhile", async () => {
  const env = { NODE_OPTIONS: `--import ${fixturePath("slow-names.mjs")}` };
  const servers = {
    absent: { url: "https://no-such-host.invalid/mcp", connectTimeoutMs: 3000 },
    slow: { url: "https://slow-host.invalid/mcp", connectTimeoutMs: 3000 },
    one: raw(),
  };
  const client = start(["serve", "--config", configFile(servers)], { env });
  await client.handshake();
  expect(textOf(await client.call("one__echo", { text: "up" }))).toBe("up");
  const [absent, slow] = await Promise.all(["absent__x", "slow__x"].map((tool) => client.call(tool)));
  expect(textOf(absent as Reply)).toMatch(/^absent: .*no-such-host\.invalid.*(?:ENOTFOUND|EAI_AGAIN)/);
  expect(textOf(slow as Reply)).toMatch(/^slow: .*within \d+ s/);
});

test("F50: a server that takes no answers gets a few at a time, and its own calls alone are late", async () => {
  const bad = await hostile("--slow-answers");
  const client = start([
    "serve",
    "--config",
    configFile({
      bad: { url: `${bad}/legacy`, callTimeoutMs: 1500, breakerFailures: 0 },
      good: { url: `${await hostile()}/legacy` },
    }),
  ]);
  await client.handshake();
  await client.request("tools/list");
  const end = besides(client, "good__echo");
  const asked = client.ask("tools/call", { name: "bad__many_pings", arguments: {} });
  expect(markOf(await client.reply(asked))?.code ?? "answered").toMatch(/timed_out|answered/);
  expect((await end()).wrong).toEqual([]);
});

test.each(["405", "500", "401", "404"])(
  "F51: a server whose stream is refused with HTTP %s serves calls as any other",
  async (status) => {
    const client = start([
      "serve",
      "--config",
      configFile({ one: { url: `${await hostile(`--get=${status}`)}/legacy` } }),
    ]);
    await client.handshake();
    await client.request("tools/list");
    expect(textOf(await client.call("one__echo", { text: "as any other" }))).toBe("as any other");
  },
);
