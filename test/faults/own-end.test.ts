import { describe, expect, test } from "vitest";
import { commandOf, reaperOf, signal } from "../e2e/support/processes.ts";
import {
  configFile,
  type Entry,
  fake,
  fixture,
  fixturePath,
  type Servers,
  type Start,
  type Started,
  serveReady,
  start,
} from "../e2e/support/program.ts";
import { bestOfThree, until } from "../e2e/support/until.ts";
import { expectWithin } from "../support/promise.ts";
import { untilNothingIsLeft } from "./support/nothing-left.ts";

const many = (count: number, entry: Entry): Servers =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, entry]));

type Kind = { readonly kind: string; readonly servers: Servers; readonly processes: number };

const polite: Kind = {
  kind: "polite trees",
  servers: { alone: fake(), tree: fixture("npx-like-tree.sh", fixturePath("fake-server.mjs")) },
  processes: 4,
};
const stubborn: Kind = {
  kind: "trees that ignore EOF or every signal, and what servers leave behind",
  servers: {
    deaf: fixture("ignores-eof.mjs"),
    alone: fixture("stubborn-server.mjs"),
    tree: fixture("npx-like-tree.sh", fixturePath("stubborn-server.mjs")),
    heir: fixture("leaves-heir.mjs"),
    daemon: fixture("leaves-heir.mjs", "own-session"),
  },
  processes: 9,
};
const kinds: readonly Kind[] = [
  polite,
  stubborn,
  { kind: "twenty stubborn servers", servers: many(20, fixture("stubborn-server.sh")), processes: 20 },
];

type Way = {
  readonly id: string;
  readonly injected: string;
  readonly end: (client: Started) => void;
  /** How tutti ends; undefined where what the test started is not tutti itself. */
  readonly ends?: object;
  readonly options?: Start;
};

const politely = { code: 0, signal: null };
const signals: readonly Way[] = (["SIGTERM", "SIGINT"] as const).map((name) => ({
  id: "F43",
  injected: name,
  end: (client) => signal(client.pid, name),
  ends: politely,
}));
const ways: readonly Way[] = [
  { id: "F42", injected: "stdin ends", end: (client) => void client.child.stdin.end(), ends: politely },
  ...signals,
  {
    id: "F43",
    injected: "stdin ends and SIGTERM comes",
    end: (client) => {
      client.child.stdin.end();
      signal(client.pid, "SIGTERM");
    },
    ends: politely,
  },
  {
    id: "F44",
    injected: "SIGKILL",
    end: (client) => signal(client.pid, "SIGKILL"),
    ends: { code: null, signal: "SIGKILL" },
  },
  {
    id: "F44",
    injected: "SIGKILL of the program through which it was started, while its pipes stay open",
    end: (client) => signal(client.pid, "SIGKILL"),
    options: { through: [process.execPath, fixturePath("starts-tutti.mjs"), process.execPath] },
  },
  {
    id: "F45",
    injected: "the client closes stdout alone",
    end: (client) => {
      client.child.stdout.destroy();
      client.ask("ping");
    },
    ends: politely,
  },
];

describe.each(ways)("$id: $injected", ({ end, ends, options }) => {
  test.each(kinds)("ends tutti and all of $kind within 2 s", async ({ servers, processes }) => {
    const client = await serveReady(configFile(servers), [], options);
    // Where another process stands before tutti, that is counted too.
    await client.untilServers(processes + (options === undefined ? 0 : 1));
    const startedAt = performance.now();
    end(client);
    if (ends !== undefined) expect(await client.exit()).toMatchObject(ends);
    await untilNothingIsLeft(client, startedAt);
    expect(client.stderr.split("\n").filter((line) => /defect|EPIPE|^ +at /.test(line))).toEqual([]);
  });
});

// Elsewhere SIGHUP has the configuration read.
test.each(kinds)("F43: SIGHUP where stdin is a terminal ends tutti and all of $kind within 2 s", async (one) => {
  const through = ["/bin/sh", "-c", 'exec script -qec "$*" /dev/null', "sh", process.execPath] as const;
  const terminal = start(["serve", "--http", "0", "--config", configFile(one.servers)], { through });
  const isTutti = (pid: number): boolean =>
    / serve --http /.test(commandOf(pid)) && !/script|sh -c/.test(commandOf(pid));
  const pid = await until("tutti in a terminal", () => terminal.servers().find(isTutti), 50);
  // The shell that the terminal was started with became it, and started tutti.
  await until("its servers", () => terminal.servers().length >= one.processes + 1, 50);
  const startedAt = performance.now();
  signal(pid, "SIGHUP");
  await terminal.exit();
  await untilNothingIsLeft(terminal, startedAt);
});

test("F42: stdin ends: polite servers end by themselves within 300 ms, before any signal would be sent", async () => {
  const exitMs = await bestOfThree(300, async () => {
    const client = await serveReady(configFile(polite.servers));
    const startedAt = performance.now();
    client.child.stdin.end();
    return (await client.exit()).at - startedAt;
  });
  await expectWithin(300, exitMs);
});

test("F43: a second signal ends tutti at once, and still nothing is left", async () => {
  const client = await serveReady(configFile(many(3, fixture("stubborn-server.mjs"))));
  signal(client.pid, "SIGTERM");
  signal(client.pid, "SIGINT");
  // In the polite way, which takes its time, it would be 0.
  expect((await client.exit()).code).toBe(1);
  await until("the end of all", () => client.processes().length === 0, 50);
});

test("F46: SIGKILL of the reaper: another one takes its place within 1 s, and knows all that it knew", async () => {
  const client = await serveReady(configFile(stubborn.servers));
  await client.untilServers(stubborn.processes);
  const reaper = () => reaperOf(client.pid, client.processes());
  const first = reaper() as number;
  expect(first).toBeGreaterThan(1);
  signal(first, "SIGKILL");
  const startedAt = performance.now();
  await until("another reaper", () => ![undefined, first].includes(reaper()));
  await expectWithin(1000, performance.now() - startedAt);
  expect(client.stderr).toContain("ended by SIGKILL");
  signal(client.pid, "SIGKILL");
  await until("the end of all", () => client.processes().length === 0, 50);
});
