import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesWrittenBy, signal } from "./support/processes.ts";
import {
  configFile,
  type Entry,
  fake,
  fixture,
  fixturePath,
  run,
  type Servers,
  type Started,
  serve,
  serveReady,
  start,
  temporaryFolder,
} from "./support/program.ts";
import { textOf } from "./support/raw-client.ts";
import { until, untilSteady } from "./support/until.ts";

/** The promise is 2 s; the rest is for a machine that is busy. */
const mostMs = 3000;

const many = (count: number, entry: Entry): Servers =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, entry]));

const ways: Record<string, (client: Started) => void> = {
  "stdin ends": (client) => void client.child.stdin.end(),
  SIGTERM: (client) => signal(client.pid, "SIGTERM"),
  SIGINT: (client) => signal(client.pid, "SIGINT"),
  SIGHUP: (client) => signal(client.pid, "SIGHUP"),
  "the client has closed stdout": (client) => {
    client.child.stdout.destroy();
    client.ask("ping");
  },
  "stdin ends and SIGTERM comes": (client) => {
    client.child.stdin.end();
    signal(client.pid, "SIGTERM");
  },
};

type Kind = { readonly kind: string; readonly servers: Servers; readonly processes: number };

const kinds: readonly Kind[] = [
  { kind: "a polite server", servers: { polite: fake() }, processes: 1 },
  { kind: "a server that ignores everything", servers: { stubborn: fixture("stubborn-server.mjs") }, processes: 1 },
  {
    kind: "a tree as npx makes it",
    servers: { tree: fixture("npx-like-tree.sh", fixturePath("fake-server.mjs")) },
    processes: 3,
  },
  {
    kind: "a tree as npx makes it around a server that ignores everything",
    servers: { tree: fixture("npx-like-tree.sh", fixturePath("stubborn-server.mjs")) },
    processes: 3,
  },
  {
    kind: "a server that leaves a process behind on its stdout",
    servers: { parent: fixture("leaves-heir.mjs") },
    processes: 2,
  },
  {
    kind: "twenty servers that ignore everything",
    servers: many(20, fixture("stubborn-server.sh")),
    processes: 20,
  },
];

test.each(kinds)(
  "nothing of $kind is left 2 s after tutti was ended in whatever way, and the exit code is 0",
  async ({ servers, processes }) => {
    const config = configFile(servers);
    const ended = Object.entries(ways).map(async ([way, end]) => {
      const client = await serveReady(config);
      await client.untilServers(processes);
      const startedAt = performance.now();
      end(client);
      const { code, at } = await client.exit();
      const complaints = client.stderr.split("\n").filter((line) => /defect|EPIPE|^ +at /.test(line));
      return { way, code, left: client.servers(), complaints, isSoon: at - startedAt < mostMs };
    });
    expect(await Promise.all(ended)).toEqual(
      Object.keys(ways).map((way) => ({ way, code: 0, left: [], complaints: [], isSoon: true })),
    );
  },
);

test("a second signal ends tutti at once, and still nothing is left", async () => {
  const client = await serveReady(configFile(many(3, fixture("stubborn-server.mjs"))));
  const startedAt = performance.now();
  signal(client.pid, "SIGTERM");
  signal(client.pid, "SIGINT");
  const { at, code } = await client.exit();
  // The polite way takes 1.2 s.
  expect(at - startedAt).toBeLessThan(1000);
  expect(code).toBe(1);
  await client.untilServers(0);
});

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
  expect(at - startedAt).toBeLessThan(mostMs);
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

test("nothing is left of a login shell that was asked for its PATH and does not answer", async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, ".bash_profile"), "sleep 1000\n");
  const config = configFile({ absent: { command: "no-such-command" }, one: fake() });
  const env = { HOME: home, SHELL: "/bin/bash", PATH: "/usr/bin:/bin" };
  const client = start(["serve", "--config", config], { wholeEnv: env });
  await client.untilServers(3);
  client.child.stdin.end();
  await client.exit();
  await client.untilServers(0);
});
