import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cpuMsOf, filesOf, signal, zombiesOf } from "../e2e/support/processes.ts";
import { configFile, fake, type Servers, type Started, serveReady } from "../e2e/support/program.ts";
import { until } from "../e2e/support/until.ts";
import { expectWithin } from "../support/promise.ts";

/** Goes away as soon as it is started; costs next to nothing. */
const gone = { command: "/bin/sh", args: ["-c", "exit 3"] };

const markOf = async (client: Started, id: number): Promise<unknown> =>
  (await client.reply(id)).result?._meta?.["tutti/error"];

const textOf = async (client: Started, id: number): Promise<string> =>
  (await client.reply(id)).result?.content?.[0]?.text ?? "";

/** Begins a call; gives its id. */
const begin = (client: Started, name: string, args: object = {}): number =>
  client.ask("tools/call", { name, arguments: args });

/** The server's process, as it says itself. */
const pidOf = async (client: Started): Promise<number> => Number(await textOf(client, begin(client, "alpha__pid")));

/** How often the log says that the server has failed. */
const failuresIn = (client: Started): number => client.stderr.match(/next try in/g)?.length ?? 0;

test("F32: a server crashes in the middle of calls: each fails within 300 ms, and the next call finds it started again", async () => {
  const client = await serveReady(configFile({ alpha: fake() }));
  const took: number[] = [];
  for (let round = 0; round < 5; round++) {
    const before = await pidOf(client);
    const hanging = [1, 2, 3].map(() => begin(client, "alpha__hang"));
    const crashing = begin(client, "alpha__crash");
    const said = await textOf(client, crashing);
    const answeredAt = Date.now();
    expect(said).toContain("The call may have run.");
    took.push(answeredAt - Number(/gone at (\d+)/.exec(said)?.[1]));
    for (const id of hanging)
      expect(await markOf(client, id)).toMatchObject({ code: "connection_lost", mayHaveRun: true });
    expect(await pidOf(client)).not.toBe(before);
  }
  await expectWithin(300, Math.min(...took));
});

test("F32: a server crashes while calls wait for a place: those were never written, and run at the next one, once", async () => {
  const client = await serveReady(configFile({ alpha: fake(), beta: fake() }));
  const one = await serveReady(configFile({ alpha: { ...fake(), maxConcurrentCalls: 1 } }));
  const crashing = begin(one, "alpha__crash");
  const waiting = ["a", "b", "c"].map((text) => begin(one, "alpha__echo", { text }));
  expect(await markOf(one, crashing)).toMatchObject({ code: "connection_lost" });
  expect(await Promise.all(waiting.map((id) => textOf(one, id)))).toEqual(["a", "b", "c"]);
  expect(await textOf(client, begin(client, "beta__echo", { text: "other" }))).toBe("other");
});

test("F34: a server is stopped by SIGSTOP: its calls time out, more than may wait are shed, and SIGCONT brings it back as it was", async () => {
  const config = { callTimeoutMs: 1500, maxConcurrentCalls: 2, maxQueuedCalls: 1 };
  const client = await serveReady(configFile({ alpha: { ...fake(), ...config }, beta: fake() }));
  const pid = await pidOf(client);
  signal(pid, "SIGSTOP");
  const ids = [1, 2, 3, 4].map(() => begin(client, "alpha__echo"));
  expect(await markOf(client, ids[3] as number)).toMatchObject({ code: "queue_full", mayHaveRun: false });
  expect(await textOf(client, begin(client, "beta__echo", { text: "beside" }))).toBe("beside");
  for (const id of ids.slice(0, 2))
    expect(await markOf(client, id)).toMatchObject({ code: "timed_out", mayHaveRun: true });
  await client.reply(ids[2]);
  signal(pid, "SIGCONT");
  const back = async (): Promise<void> => {
    for (let tries = 0; tries < 20; tries++) {
      const id = begin(client, "alpha__pid");
      if ((await client.reply(id)).result?.isError !== true) return;
    }
  };
  await back();
  expect(await pidOf(client)).toBe(pid);
});

test("F36: a server crashes at each start: its breaker opens, and tutti all but rests", async () => {
  const client = await serveReady(configFile({ alpha: { ...gone, restartMinMs: 1, restartMaxMs: 10 }, beta: fake() }));
  await until("five failures", () => failuresIn(client) >= 5);
  const said = await textOf(client, begin(client, "alpha__echo"));
  expect(said).toMatch(
    /^alpha: not used for \d+ s now, after \d+ failures in a row \(the last: .*code 3.*\); (?:next try in|the next)/,
  );
  const [failures, cpuMs] = [failuresIn(client), cpuMsOf(client.pid)];
  const watchedMs = 8000;
  await new Promise((resolve) => setTimeout(resolve, watchedMs));
  // The pauses grow: five seconds, then ten.
  expect(failuresIn(client) - failures).toBeLessThanOrEqual(6);
  expect((cpuMsOf(client.pid) - cpuMs) / watchedMs).toBeLessThan(0.02);
  expect(await textOf(client, begin(client, "beta__echo", { text: "beside" }))).toBe("beside");
});

test("F36: a server crashes a hundred times without a breaker: little CPU, and no file, process or zombie is left of them", async () => {
  const alpha = { ...gone, restartMinMs: 1, restartMaxMs: 10, breakerFailures: 0 };
  const path = configFile({ beta: fake() });
  const mcp = (servers: Servers): void => writeFileSync(path, JSON.stringify({ mcpServers: servers }));
  const client = await serveReady(path);
  const [files, cpuMs] = [filesOf(client.pid), cpuMsOf(client.pid)];
  mcp({ beta: fake(), alpha });
  let most = 0;
  await until("a hundred failures", () => {
    most = Math.max(most, client.servers().length);
    return failuresIn(client) >= 100;
  });
  expect(most).toBeLessThanOrEqual(4);
  const perCrashMs = (cpuMsOf(client.pid) - cpuMs) / failuresIn(client);
  // As often as a server is started at most in the long run, by default: after 15 s, the half of restartMaxMs.
  expect(perCrashMs / 15_000).toBeLessThan(0.02);
  mcp({ beta: fake() });
  await client.untilServers(1);
  await until("the files to be as many as before", () => filesOf(client.pid) <= files);
  await until("the end of all zombies", () => zombiesOf(client.pid).length === 0);
  expect(await textOf(client, begin(client, "beta__echo", { text: "beside" }))).toBe("beside");
});
