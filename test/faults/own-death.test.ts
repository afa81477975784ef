import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { serveHttpReady } from "../e2e/support/http-program.ts";
import { commandOf, signal } from "../e2e/support/processes.ts";
import {
  configFile,
  fake,
  fixture,
  fixturePath,
  main,
  type Servers,
  type Start,
  serve,
  serveReady,
  start,
  temporaryFolder,
} from "../e2e/support/program.ts";
import { until } from "../e2e/support/until.ts";
import { untilNothingIsLeft } from "./support/nothing-left.ts";

const node = process.execPath;
const trees: Servers = {
  alone: fixture("stubborn-server.mjs"),
  tree: fixture("npx-like-tree.sh", fixturePath("stubborn-server.mjs")),
  daemon: fixture("leaves-heir.mjs", "own-session"),
};
const treesProcesses = 6;
test("F44: SIGKILL at any moment of the start: nothing is left", async () => {
  const config = configFile({ ...trees, slow: fixture("slow-start.mjs", 5000) });
  const moments = Array.from({ length: 10 }, (_, index) => index * 40);
  await Promise.all(
    moments.map(async (ms) => {
      const client = await serve(config);
      await new Promise((resolve) => setTimeout(resolve, ms));
      signal(client.pid, "SIGKILL");
      await untilNothingIsLeft(client);
    }),
  );
});

test.each(["SIGKILL", "SIGHUP"] as const)(
  "F44: %s to all processes of its terminal, that it was started through too: nothing is left",
  async (name) => {
    const through: Start["through"] = ["/usr/bin/setsid", node, fixturePath("starts-tutti.mjs"), node];
    const client = await serveReady(configFile(trees), [], { through });
    await client.untilServers(treesProcesses + 1);
    signal(-client.pid, name);
    await untilNothingIsLeft(client);
  },
);

test.each([
  ["when all servers have started", treesProcesses + 1],
  ["before tutti has even looked who its client is", 1],
])("F44: SIGKILL of a client %s, while another process holds its pipes: nothing is left", async (_, processes) => {
  // A session of its own, as every terminal and desktop gives: with one, a parent that has changed shows.
  const through: Start["through"] = ["/usr/bin/setsid", node, fixturePath("leaves-pipes-open.mjs"), node];
  const client = start(["serve", "--config", configFile(trees)], { through });
  const line = await until("its processes", () => client.strayLines[0]);
  const { holder } = JSON.parse(line) as { readonly holder: number };
  onTestFinished(() => signal(holder, "SIGKILL"));
  if (processes > 1) await client.untilServers(processes);
  signal(client.pid, "SIGKILL");
  await untilNothingIsLeft(client);
  expect(commandOf(holder)).toContain("sleep");
});

test.each(["SIGKILL", "SIGTERM"] as const)(
  "F44: %s while a login shell is asked for its PATH and does not answer: nothing is left of the shell either",
  async (name) => {
    const home = temporaryFolder();
    writeFileSync(join(home, ".bash_profile"), "sleep 1000\n");
    const config = configFile({ absent: { command: "no-such-command" }, one: fake() });
    const env = { HOME: home, SHELL: "/bin/bash", PATH: "/usr/bin:/bin" };
    const client = start(["serve", "--config", config], { wholeEnv: env });
    await client.untilServers(3);
    signal(client.pid, name);
    await untilNothingIsLeft(client);
  },
);

const through: Start["through"] = [node, "--import", pathToFileURL(fixturePath("throws-on-signal.mjs")).href];

test.each([
  ["SIGUSR2", "injected defect"],
  ["SIGALRM", "injected rejection"],
] as const)(
  "F47: a defect that nobody catches (%s): exit code 70, its last words, and nothing is left",
  async (name, text) => {
    const client = await serveReady(configFile(trees), [], { through });
    await client.untilServers(treesProcesses);
    signal(client.pid, name);
    expect((await client.exit()).code).toBe(70);
    await untilNothingIsLeft(client);
    expect(client.stderr.slice(client.stderr.indexOf("a defect"))).toContain(text);
  },
);

test("F47: the same while it serves over HTTP alone, and while a command waits for its servers", async () => {
  const served = await serveHttpReady(trees, { through });
  const checking = start(["check", "--config", configFile({ slow: fixture("slow-start.mjs", 20_000) })], { through });
  await checking.untilServers(1);
  for (const client of [served, checking]) {
    signal(client.pid, "SIGUSR2");
    expect((await client.exit()).code).toBe(70);
    await untilNothingIsLeft(client);
    expect(client.stderr).toContain("injected defect");
  }
});

test.each([["check"], ["list"], ["call", "alone__hang"]])(
  "F44: SIGKILL of tutti %s while it has servers: nothing is left",
  async (...command) => {
    const client = start([...command, "--config", configFile({ ...trees, slow: fixture("slow-start.mjs", 20_000) })]);
    await client.untilServers(treesProcesses + 1);
    signal(client.pid, "SIGKILL");
    await untilNothingIsLeft(client);
  },
);

test("F44: SIGKILL of the demo while the tutti that it has started stands still: nothing is left", async () => {
  const demo = start(["demo"]);
  const processes = await until("tutti and its servers", () => demo.servers().length > 3 && demo.servers(), 50);
  for (const pid of processes.filter((pid) => commandOf(pid).includes(main))) signal(pid, "SIGSTOP");
  signal(demo.pid, "SIGKILL");
  await untilNothingIsLeft(demo);
});
