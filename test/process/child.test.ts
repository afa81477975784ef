import { expect, test, vi } from "vitest";
import { systemClock } from "../../src/ports/clock.ts";
import { systemSpawn } from "../../src/ports/spawn.ts";
import { startChild } from "../../src/process/child.ts";
import { patient } from "../e2e/support/until.ts";
import { expectWithin } from "../support/promise.ts";
import { fixture, isAlive, readLines, realChildren } from "./support.ts";

const node = process.execPath;
const children = realChildren();

async function firstPid(child: ReturnType<typeof children.start>): Promise<number> {
  const pid = Number((await readLines(child.stdout, 1))[0]);
  expect(isAlive(pid)).toBe(true);
  children.alsoKill(pid);
  return pid;
}

const since = (start: number): number => performance.now() - start;

/** Measured numbers go into the report of the run, where a change is seen before a bound breaks. */
const note = (what: string, value: number): void => void process.stderr.write(`    ${what}: ${Math.round(value)}\n`);

test("a child that ends with its stdin is stopped without a signal, well within 300 ms", async () => {
  const child = children.start(node, [fixture("ends-with-stdin.mjs")]);
  await firstPid(child);
  const start = performance.now();
  await child.stop();
  await expectWithin(300, since(start));
  expect(await child.ended).toEqual({ kind: "exited", code: 0, signal: null, stderrTail: [] });
});

test("twenty children that ignore every polite signal are gone within 2 s when stopped together", async () => {
  const stubborn = Array.from({ length: 20 }, () => children.start(node, [fixture("ignores-everything.mjs")]));
  const pids = await Promise.all(stubborn.map(firstPid));
  const start = performance.now();
  await Promise.all(stubborn.map((child) => child.stop()));
  note("20 stubborn children stopped, ms", since(start));
  expect(pids.filter(isAlive)).toEqual([]);
  await expectWithin(2000, since(start));
  expect(await stubborn[0]?.ended).toMatchObject({ kind: "exited", code: null, signal: "SIGKILL" });
});

test("a stubborn program below two polite ones, as npx makes them, is gone after stop", async () => {
  const child = children.start(fixture("npx-like-tree.sh"), [fixture("ignores-everything.mjs")]);
  const pid = await firstPid(child);
  await child.stop();
  expect([pid, Number(child.pid)].filter(isAlive)).toEqual([]);
});

test("fifty grandchildren are gone after stop", async () => {
  const child = children.start(fixture("fifty-grandchildren.sh"), []);
  const pids = (await readLines(child.stdout, 50)).map(Number);
  expect(pids.filter(isAlive)).toHaveLength(50);
  await child.stop();
  expect(pids.filter(isAlive)).toEqual([]);
});

test("a child that the system has halted is gone after stop", async () => {
  const child = children.start(node, [fixture("ends-with-stdin.mjs")]);
  const pid = await firstPid(child);
  process.kill(pid, "SIGSTOP");
  await child.stop();
  expect(isAlive(pid)).toBe(false);
});

test("kill ends the whole group at once", async () => {
  const child = children.start(fixture("npx-like-tree.sh"), [fixture("ignores-everything.mjs")]);
  const pid = await firstPid(child);
  child.kill();
  await vi.waitUntil(() => !isAlive(pid), patient);
  expect(await child.ended).toMatchObject({ kind: "exited", signal: "SIGKILL" });
});

test("stop may be called in every state and always gives the same promise", async () => {
  const child = children.start(node, [fixture("exit-at-once.mjs"), "0"]);
  const first = child.stop(); // While it is still starting.
  expect(child.stop()).toBe(first);
  await first;
  await child.ended;
  expect(child.stop()).toBe(first);
  child.kill();
});

test("the end says how the process ended and what it last wrote, and all of its stdout is read", async () => {
  const lines: string[] = [];
  const args = [fixture("exit-at-once.mjs"), "7", "first", "\x1b[31mred"];
  const child = children.start(node, args, (line) => lines.push(line));
  const stdout = readLines(child.stdout, 99);
  const stderrTail = ["first", "\\x1b[31mred"];
  expect(await child.ended).toEqual({ kind: "exited", code: 7, signal: null, stderrTail });
  expect(await stdout).toEqual(["last word"]);
  expect(lines).toEqual(stderrTail);
});

test.each([
  ["in its group", []],
  ["in a session of its own", ["own-session"]],
])("the end is noticed within 300 ms although a grandchild %s holds stdout", async (where, args) => {
  const child = children.start(node, [fixture("grandchild-holds-stdout.mjs"), ...args]);
  const grandchild = await firstPid(child);
  child.stdin.end();
  const start = await exitOf(Number(child.pid));
  expect(await child.ended).toMatchObject({ kind: "exited", code: 3 });
  note(`noticed with a grandchild ${where}, ms`, since(start));
  await expectWithin(300, since(start));
  await child.stop();
  // Nothing reaches a process that left the group; everything else is gone.
  expect(isAlive(grandchild)).toBe(args.length > 0);
});

/** When the process was first seen to be gone. */
async function exitOf(pid: number): Promise<number> {
  await vi.waitUntil(() => !isAlive(pid), { ...patient, interval: 5 });
  return performance.now();
}

test("a grandchild left behind by a child that ended is ended too, without anybody asking", async () => {
  const child = children.start(node, [fixture("grandchild-holds-stdout.mjs")]);
  const grandchild = await firstPid(child);
  process.kill(Number(child.pid), "SIGKILL");
  await vi.waitUntil(() => !isAlive(grandchild), patient);
});

test("a living child that closes its stdout shows as the stream's end, before the child's", async () => {
  const child = children.start(node, [fixture("closes-stdout.mjs")]);
  await new Promise((resolve) => child.stdout.resume().once("end", resolve));
  expect(isAlive(Number(child.pid))).toBe(true);
  await child.stop();
  expect(isAlive(Number(child.pid))).toBe(false);
});

test("writing to a child that has ended is no uncaught error", async () => {
  const child = children.start(node, [fixture("exit-at-once.mjs"), "0"]);
  for (let i = 0; i < 20; i += 1) child.stdin.write(Buffer.alloc(100_000));
  await child.ended;
  child.stdin.write("late");
  child.stdin.end();
  await child.stop();
});

test("100 MB on stderr neither block the child nor stay in memory", async () => {
  const lines: string[] = [];
  const start = performance.now();
  const child = children.start(node, [fixture("stderr-flood.mjs"), "100"], (line) => lines.push(line));
  const before = process.memoryUsage().rss;
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 10);
  expect(await readLines(child.stdout, 1)).toEqual(["flooded"]);
  clearInterval(sampling);
  note("100 MB of stderr, ms", since(start));
  note("growth of our memory, MB", (most - before) / 1e6);
  expect(most - before).toBeLessThan(100e6);

  await child.stop();
  const end = await child.ended;
  const seconds = Math.floor(since(start) / 1000) + 1;
  expect(end.kind === "exited" && end.stderrTail).toEqual(Array(16).fill("x".repeat(99)));
  // Its seconds need not be ours: they touch one more.
  expect(lines.length).toBeLessThanOrEqual((seconds + 1) * 201);
  const dropped = lines.map((line) => Number(/^(\d+) lines dropped$/.exec(line)?.[1] ?? 0));
  expect(lines.filter((line) => line.startsWith("x")).length + dropped.reduce((a, b) => a + b)).toBe(1_000_000);
});

test.each([
  ["is not there", "/no/such/command", "/", "ENOENT"],
  ["may not be executed", fixture("ignores-everything.mjs"), "/", "EACCES"],
  ["has an argument that no process can get", node, "/nul\0", "ERR_INVALID_ARG_VALUE"],
])("a command that %s was not started, says why, and stops at once", async (_, command, cwd, code) => {
  const ports = { spawn: systemSpawn, clock: systemClock };
  const child = startChild({ command, args: [], env: {}, cwd }, ports, { stderrLine: () => {} });
  expect(child.pid).toBeUndefined();
  child.stdin.write("hello");
  expect(await child.ended).toEqual({ kind: "not_started", code, reason: expect.stringContaining(command) });
  await child.stop();
  child.kill();
});
