import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expectWithin } from "../support/promise.ts";
import { listening } from "./support/http-program.ts";
import { bytesWrittenBy, signal } from "./support/processes.ts";
import {
  configFile,
  type Entry,
  fake,
  fixture,
  fixturePath,
  run,
  type Servers,
  serve,
  serveReady,
  start,
  temporaryFolder,
} from "./support/program.ts";
import { textOf } from "./support/raw-client.ts";
import { until, untilSteady } from "./support/until.ts";

const many = (count: number, entry: Entry): Servers =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, entry]));

test("a server has the time to put its things in order when stdin ends and a signal comes at once", async () => {
  const file = join(temporaryFolder(), "goodbye");
  const client = await serveReady(configFile({ careful: fixture("says-goodbye.mjs", file) }));
  client.child.stdin.end();
  signal(client.pid, "SIGTERM");
  await client.exit();
  expect(existsSync(file)).toBe(true);
});

test("calls under way are answered while a polite server ends, or the client has gone; nothing hangs", async () => {
  const client = await serveReady(configFile({ one: fake(), stubborn: fixture("stubborn-server.mjs") }));
  client.ask("tools/call", { name: "one__hang", arguments: {} });
  const sleeping = client.ask("tools/call", { name: "stubborn__sleep", arguments: { ms: 300 } });
  client.child.stdin.end();
  await client.exit();
  await until("the last output", () => client.child.stdout.readableEnded);
  expect(client.replies(sleeping)).toHaveLength(1);
});

test("tutti ends as soon when the client reads nothing, a server is stopped, and another has not read its calls", async () => {
  const config = configFile({ flooder: fake(), deaf: fake(), stopped: fake() });
  const client = start(["serve", "--config", config]);
  await client.handshake();
  const [flooder, deaf, stopped] = await Promise.all(
    ["flooder", "deaf", "stopped"].map(async (name) => Number(textOf(await client.call(`${name}__pid`)))),
  );
  await client.call("deaf__stop_reading");
  signal(stopped as number, "SIGSTOP");
  client.child.stdout.pause();
  const params = { name: "flooder__flood", arguments: { count: 1000, bytes: 65_536 }, _meta: { progressToken: 1 } };
  client.ask("tools/call", params);
  for (let call = 0; call < 20; call++) {
    client.ask("tools/call", { name: "deaf__echo", arguments: { text: "x".repeat(100_000) } });
  }
  await untilSteady("the flood", 300, () => bytesWrittenBy(flooder as number));
  const startedAt = performance.now();
  signal(client.pid, "SIGTERM");
  const { at } = await client.exit();
  expect([flooder, deaf, stopped].filter((pid) => client.servers().includes(pid as number))).toEqual([]);
  await expectWithin(2000, at - startedAt);
});

test("nothing is left of servers that failed to start while tutti lives on", async () => {
  const client = await serveReady(
    configFile({
      silent: { ...fixture("never-starts.mjs"), connectTimeoutMs: 300 },
      stubborn: { ...fixture("ignores-everything.mjs"), connectTimeoutMs: 300 },
      tree: { ...fixture("npx-like-tree.sh", fixturePath("ignores-everything.mjs")), connectTimeoutMs: 300 },
      dead: fixture("exit-at-once.mjs", 1, "cannot open the database"),
      deaf: fixture("closes-stdout.mjs"),
      absent: { command: "no-such-command" },
      good: fake(),
    }),
  );
  await client.untilServers(1);
});

test("nothing is left when a signal comes at any moment of the start", async () => {
  const config = configFile({ ...many(8, fixture("stubborn-server.sh")), slow: fixture("slow-start.mjs", 5000) });
  const moments = Array.from({ length: 8 }, (_, index) => index * 60);
  const codes = moments.map(async (ms) => {
    const client = await serve(config);
    await new Promise((resolve) => setTimeout(resolve, ms));
    signal(client.pid, "SIGTERM");
    const { code } = await client.exit();
    // What was started too late to be asked is killed in the last moment, and dies a little later.
    await client.untilServers(0);
    return code;
  });
  expect(await Promise.all(codes)).toEqual(moments.map(() => 0));
});

test("nothing is left when stdin ends before the first message, and the exit code is 0", async () => {
  const config = configFile(many(3, fixture("stubborn-server.sh")));
  const { code, left, stdout, stderr } = await run(["serve", "--config", config]);
  expect({ code, left, stdout }).toEqual({ code: 0, left: [], stdout: "" });
  expect(stderr).not.toContain("Warning");
});

test("tutti that serves over HTTP alone lives on when the program that started it is gone", async () => {
  const through = [process.execPath, fixturePath("starts-tutti.mjs"), process.execPath] as const;
  const config = configFile({ one: fake() });
  const served = await listening(start(["serve", "--http", "0", "--config", config], { through: [...through] }));
  await served.untilServers(2);
  signal(served.pid, "SIGKILL");
  await served.exit();
  // Where it would end it would within 2 s.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect((await served.get("/healthz")).status).toBe(200);
});
