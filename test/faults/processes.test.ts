import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { memoryOf, signal, statusOf } from "../e2e/support/processes.ts";
import {
  configFile,
  fake,
  fixture,
  fixturePath,
  serve,
  serveReady,
  start,
  temporaryFolder,
} from "../e2e/support/program.ts";
import { markOf, textOf } from "../e2e/support/raw-client.ts";
import { until } from "../e2e/support/until.ts";
import { expectWithin } from "../support/promise.ts";

/** The path of a file that may be executed and begins with this line. */
function executable(name: string, firstLine: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, `${firstLine}\n`);
  chmodSync(path, 0o755);
  return path;
}

test.each([
  ["no such interpreter (ENOENT)", () => ({ command: executable("a", "#!/no/such/interpreter") }), "ENOENT"],
  ["an interpreter that may not be executed (EACCES)", () => ({ command: executable("b", "#!/etc/passwd") }), "EACCES"],
  ["no such file", () => ({ command: "/no/such/command" }), "no such file"],
  ["no such folder", () => ({ ...fake(), cwd: "/no/such/folder" }), "does not exist"],
  ["too long an argument (E2BIG)", () => fake("x".repeat(200_000)), "E2BIG"],
] as const)("F30: %s: the server's error says why, and the other servers are up", async (_, broken, reason) => {
  const client = await serve(configFile({ broken: broken(), one: fake() }));
  expect(textOf(await client.call("one__echo", { text: "up" }))).toBe("up");
  const reply = await client.call("broken__echo");
  expect(markOf(reply)).toMatchObject({ server: "broken", code: "unavailable", mayHaveRun: false });
  expect(textOf(reply)).toContain(reason);
});

test.each([
  ["with code 0 at once", [0], /exited with code 0/],
  ["with code 1 after lines on stderr", [1, "reading", "cannot open the database"], /code 1.*cannot open the database/],
] as const)("F31: a server exits %s: its error says how, with its last words", async (_, args, reason) => {
  const client = await serve(configFile({ dead: fixture("exit-at-once.mjs", ...args), one: fake() }));
  expect(textOf(await client.call("one__echo", { text: "up" }))).toBe("up");
  const reply = await client.call("dead__echo");
  expect(markOf(reply)).toMatchObject({ server: "dead", code: "unavailable" });
  expect(textOf(reply)).toMatch(reason);
});

test.each([
  ["of its group", []],
  ["in a session of its own", ["own-session"]],
])("F33: a server crashes while a grandchild %s holds its stdout: its calls fail within 300 ms", async (_, args) => {
  const client = await serveReady(configFile({ doomed: fixture("leaves-heir.mjs", ...args), one: fake() }));
  await until("the heir to be as stubborn as it will be", () => /"from":"stdout","msg":"\d+"/.test(client.stderr));
  const hanging = client.ask("tools/call", { name: "doomed__hang", arguments: {} });
  const reply = await client.call("doomed__crash");
  const noticedAt = Date.now();
  const goneAt = Number(/gone at (\d+)/.exec(textOf(reply))?.[1]);
  expect(markOf(reply)).toMatchObject({ code: "connection_lost", mayHaveRun: true });
  expect(markOf(await client.reply(hanging))).toMatchObject({ code: "connection_lost", mayHaveRun: true });
  // With the pipes' end it would be never.
  await expectWithin(300, noticedAt - goneAt);
  expect(textOf(await client.call("one__echo", { text: "alive" }))).toBe("alive");
});

test("F37: 100 MB on stderr: the server is not blocked, others do not notice, and nothing of it stays in memory", async () => {
  const client = await serve(configFile({ flooder: fixture("stderr-flood.mjs", 100), one: fake() }));
  expect(textOf(await client.call("one__echo", { text: "beside" }))).toBe("beside");
  const before = memoryOf(client.pid);
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, memoryOf(client.pid));
  }, 20);
  expect(textOf(await client.call("flooder__echo", { text: "dry" }))).toBe("dry");
  clearInterval(sampling);
  expect(most - before).toBeLessThan(64);
  // 100 MB have taken some seconds, and at most 200 lines of each are logged.
  expect(client.stderr.length).toBeLessThan(5_000_000);
  // That lines were dropped is told with the first one of another second, which a fast machine does not come to.
  const logged = client.stderr.split('"server":"flooder"').length - 1;
  if (logged > 250) expect(client.stderr).toMatch(/\d+ lines dropped/);
});

test("F38: a server closes its stdout and lives on: its calls fail, and it is killed", async () => {
  const client = await serveReady(configFile({ mute: fixture("closes-stdout.mjs", "late"), one: fake() }));
  const pid = Number(textOf(await client.call("mute__pid")));
  const hanging = client.ask("tools/call", { name: "mute__hang", arguments: {} });
  await client.call("one__echo");
  signal(pid, "SIGUSR2");
  expect(markOf(await client.reply(hanging))).toMatchObject({ code: "connection_lost", mayHaveRun: true });
  await until("the end of the mute server", () => !client.servers().includes(pid), 50);
  expect(textOf(await client.call("one__echo", { text: "alive" }))).toBe("alive");
});

test("F38: a server closes its stdout before it has said anything: it has failed, and it is killed", async () => {
  const client = await serve(configFile({ mute: fixture("closes-stdout.mjs"), one: fake() }));
  expect(markOf(await client.call("mute__echo"))).toMatchObject({ code: "unavailable", mayHaveRun: false });
  expect(textOf(await client.call("one__echo", { text: "alive" }))).toBe("alive");
});

test("F39: no free file descriptor at a spawn (EMFILE): that server's error says so, the others are up", async () => {
  // Loading itself takes about a hundred at once, and each server three.
  const names = Array.from({ length: 60 }, (_, index) => `s${index}`);
  const config = configFile(Object.fromEntries(names.map((name) => [name, fixture("stubborn-server.sh")])));
  const through = ["/bin/sh", "-c", 'ulimit -n 160; exec "$0" "$@"', process.execPath] as const;
  const client = await serveReady(config, [], { through: [...through] });
  const replies = await Promise.all(names.map((name) => client.call(`${name}__echo`)));
  const failed = replies.filter((reply) => markOf(reply)?.code === "unavailable");
  const up = replies.filter((reply) => markOf(reply)?.code === "unknown_tool");
  expect(failed.length).toBeGreaterThan(0);
  expect(up.length).toBeGreaterThan(0);
  expect(failed.length + up.length).toBe(names.length);
  for (const reply of failed) expect(textOf(reply)).toMatch(/too many open files.*EMFILE/);
  client.child.stdin.end();
  expect((await client.exit()).code).toBe(0);
  await until("the end of all", () => client.processes().length === 0, 50);
});

test("F39: once file descriptors are free again the servers that could not be started are", async () => {
  const names = Array.from({ length: 60 }, (_, index) => `s${index}`);
  const entries = Object.fromEntries(names.map((name) => [name, fixture("little-server.sh")]));
  const config = configFile(entries);
  const through = ["/bin/sh", "-c", 'ulimit -n 160; exec "$0" "$@"', process.execPath] as const;
  const client = await serveReady(config, [], { through: [...through] });
  const isUp = async (name: string): Promise<boolean> =>
    markOf(await client.call(`${name}__x`))?.code !== "unavailable";
  const up = await Promise.all(names.map(isUp));
  const failed = names.filter((_, at) => !up[at]);
  const running = names.filter((_, at) => up[at]);
  const [first = ""] = failed;
  expect([failed.length > 0, running.length > 0]).toEqual([true, true]);
  // Half of those that run are not wanted any more.
  const kept = [...failed.slice(0, 5), ...running.slice(0, running.length / 2)];
  writeFileSync(config, JSON.stringify({ mcpServers: Object.fromEntries(kept.map((name) => [name, entries[name]])) }));
  const reload = (): boolean => {
    signal(client.pid, "SIGHUP");
    return client.stderr.includes("the configuration was read again: removed");
  };
  await until("the reload", reload, 500);
  await until("a server that could not be started", () => isUp(first), 200);
  expect(client.stderr).not.toContain("defect");
});

test("F39: no free file descriptor while tutti itself is loaded: it ends at once and says so, and nobody waits", async () => {
  const through = ["/bin/sh", "-c", 'ulimit -n 60; exec "$0" "$@"', process.execPath] as const;
  const client = start(["serve", "--config", configFile({ one: fake() })], { through: [...through] });
  client.ask("tools/list");
  expect((await client.exit()).code).toBe(70);
  expect(client.stderr).toContain("a defect");
});

test("F40: fifty grandchildren: all are gone after their server has crashed, and when it is stopped", async () => {
  const forking = fixture("tree-of-processes.sh", 1, 50, 0, process.execPath, fixturePath("fake-server.mjs"));
  const client = await serveReady(configFile({ forking, one: fake() }));
  await client.untilServers(52);
  const pid = Number(textOf(await client.call("forking__pid")));
  const tree = () => client.servers().filter((one) => statusOf(one)?.session === pid);
  expect(tree()).toHaveLength(51);
  await client.call("forking__crash");
  await until("the end of the tree", () => tree().length === 0, 50);
  expect(textOf(await client.call("one__echo", { text: "alive" }))).toBe("alive");
  client.child.stdin.end();
  expect((await client.exit()).code).toBe(0);
  await until("the end of all", () => client.processes().length === 0, 50);
});
