import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { expect, test, vi } from "vitest";
import type { StartApart } from "../../src/ports/apart.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { systemSpawn } from "../../src/ports/spawn.ts";
import { type Child, startChild } from "../../src/process/child.ts";
import { Reaper } from "../../src/process/reaper.ts";
import { patient } from "../e2e/support/until.ts";
import { fakeClock, fakeSpawn } from "./fakes.ts";
import { fixture, isAlive, readLines, realChildren } from "./support.ts";

const children = realChildren();
const launch = { command: "/a", args: [], env: { HOME: "/h" }, cwd: "/" };
const seed = (count: number): Buffer => Buffer.alloc(count, 0xab);
const run = "ab".repeat(16);

/** A reaper whose process is none, and what it was told; `end` ends the newest one. */
function told(platform: NodeJS.Platform = "linux") {
  const clock = fakeClock();
  const reapers: { readonly lines: string[]; readonly end: () => void }[] = [];
  const startApart: StartApart = () => {
    const lines: string[] = [];
    let end = (): void => {};
    const ended = new Promise<string>((resolve) => {
      end = () => resolve("gone");
    });
    reapers.push({ lines, end });
    return { pid: 1, write: (text) => void lines.push(text.trimEnd()), ended };
  };
  const failures: string[] = [];
  const failed = (reason: string): void => void failures.push(reason);
  const reaper = new Reaper({ startApart, clock, random: seed, env: {}, platform, failed });
  const spawning = fakeSpawn();
  const all = (): string[][] => reapers.map(({ lines }) => lines);
  const endNewest = async (): Promise<void> => {
    const count = failures.length;
    reapers.at(-1)?.end();
    await vi.waitUntil(() => failures.length > count, patient);
  };
  return { reaper, clock, spawning, reapers, all, endNewest };
}

test("a reaper is there before the first child is, and knows it before anybody else does", () => {
  const { reaper, spawning, all } = told();
  const start: typeof spawning.start = (given) => {
    expect(all()).toEqual([[]]);
    return spawning.start(given);
  };
  const watched = reaper.watched({ ...spawning, start }, { isMarked: true });
  expect(all()).toEqual([]);
  watched.start(launch);
  expect(all()).toEqual([["+ 1001"]]);
});

test("a group is told of until it is seen empty, its mark 1 s later, and the reaper ends with the last one", async () => {
  const { reaper, clock, spawning, all } = told();
  const marked = reaper.watched(spawning, { isMarked: true });
  const [first, second] = [marked.start(launch), marked.start(launch)];
  spawning.started[0]?.exit({ code: 0, signal: null });
  await first.exit;
  await vi.waitUntil(() => all()[0]?.length === 3, patient);
  clock.pass(1000);
  expect(all()).toEqual([["+ 1001", "+ 1002", "- 1001", `! TUTTI_CHILD=1@${run}`]]);
  second.signalGroup("SIGKILL");
  expect(second.signalGroup(0)).toBe(false);
  clock.pass(1000);
  expect(all()[0]?.slice(4)).toEqual(["- 1002", `! TUTTI_CHILD=2@${run}`, "."]);
  marked.start(launch);
  expect(all()[1]).toEqual(["+ 1003"]);
});

test("children on Linux carry a mark, unless their own environment says otherwise or they are not to be marked", () => {
  const { reaper, spawning } = told();
  const marked = reaper.watched(spawning, { isMarked: true });
  marked.start(launch);
  marked.start({ ...launch, env: { TUTTI_CHILD: "" } });
  reaper.watched(spawning, { isMarked: false }).start(launch);
  const mac = told("darwin");
  mac.reaper.watched(mac.spawning, { isMarked: true }).start(launch);
  const environments = [...spawning.started, ...mac.spawning.started].map((started) => started.launch.env);
  expect(environments).toEqual([
    { TUTTI_CHILD: `1@${run}`, HOME: "/h" },
    { TUTTI_CHILD: "" },
    { HOME: "/h" },
    { HOME: "/h" },
  ]);
});

test("a reaper that ends is started again within 1 s with all groups, and ever later while it cannot live", async () => {
  const { reaper, clock, spawning, all, endNewest } = told();
  const marked = reaper.watched(spawning, { isMarked: true });
  marked.start(launch);
  const waits = [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000];
  for (const [before, wait] of waits.entries()) {
    await endNewest();
    if (before === 0) marked.start(launch);
    clock.pass(wait - 1);
    expect(all()).toHaveLength(before + 1);
    clock.pass(1);
    expect(all()[before + 1]).toEqual(["+ 1001", "+ 1002"]);
  }
  clock.pass(10_001);
  await endNewest();
  clock.pass(100);
  expect(all()).toHaveLength(waits.length + 2);
});

test("a reaper that ends when nothing is left is not started again before it is needed", async () => {
  const { reaper, clock, spawning, all, endNewest } = told();
  const marked = reaper.watched(spawning, { isMarked: true });
  const child = marked.start(launch);
  child.signalGroup("SIGKILL");
  child.signalGroup(0);
  await endNewest();
  clock.pass(120_000);
  expect(all()).toHaveLength(1);
  marked.start(launch);
  expect(all()).toHaveLength(2);
});

/** A reaper that works, run by this shell, and the process that it is. */
function working(shell: string, { isMarked } = { isMarked: true }) {
  let process: ChildProcess | undefined;
  const startApart: StartApart = ({ args, env }) => {
    const started = spawn(shell, args, { argv0: "sh", env, stdio: ["pipe", "ignore", "ignore"], detached: true });
    process = started;
    children.alsoKill(Number(started.pid));
    return { pid: started.pid, write: (text) => void started.stdin.write(text), ended: new Promise(() => {}) };
  };
  const env = { PATH: globalThis.process.env["PATH"] };
  const random = (count: number) => crypto.getRandomValues(Buffer.alloc(count));
  const { platform } = globalThis.process;
  const reaper = new Reaper({ startApart, clock: systemClock, random, env, platform, failed: () => {} });
  const spawning = reaper.watched(systemSpawn, { isMarked });
  return {
    /** Starts a child of which the reaper knows; resolves with the pid that it says. */
    start: async (...args: readonly string[]): Promise<{ readonly child: Child; readonly pid: number }> => {
      const command = globalThis.process.execPath;
      const given = { command, args: args.map((arg) => arg.replace(/^\w.*mjs$/, fixture)), env: {}, cwd: "/" };
      const child = startChild(given, { spawn: spawning, clock: systemClock }, { stderrLine: () => {} });
      children.alsoKill(Number(child.pid));
      const pid = Number((await readLines(child.stdout, 1))[0]);
      children.alsoKill(pid);
      return { child, pid };
    },
    get process() {
      return process as ChildProcess;
    },
    /** What it sees when we are gone. */
    endOfUs: () => void process?.stdin?.end(),
    gone: async () => await vi.waitUntil(() => process?.exitCode === 0, patient),
  };
}

function ignoresTerm(pid: number): boolean {
  const ignored = /^SigIgn:\s+(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number.parseInt(ignored ?? "", 16) & (1 << (constants.signals.SIGTERM - 1))) !== 0;
}

const shells = ["/bin/sh", "/bin/dash", "/bin/bash", "/bin/zsh", "/bin/busybox"].filter(existsSync);

test.each(shells)("%s as reaper ends what ignores everything, and itself, when our process is gone", async (shell) => {
  const reaper = working(shell);
  const [polite, stubborn] = [await reaper.start("ends-with-stdin.mjs"), await reaper.start("ignores-everything.mjs")];
  if (process.platform === "linux") await vi.waitUntil(() => ignoresTerm(Number(reaper.process.pid)), patient);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const) reaper.process.kill(signal);
  reaper.endOfUs();
  await reaper.gone();
  expect([polite.pid, stubborn.pid].filter(isAlive)).toEqual([]);
});

test.each(shells)("%s as reaper leaves alone what it was told is gone", async (shell) => {
  const reaper = working(shell, { isMarked: false });
  const [told, other] = [await reaper.start("ends-with-stdin.mjs"), await reaper.start("ends-with-stdin.mjs")];
  reaper.process.stdin?.write(`- ${told.pid}\n`);
  reaper.endOfUs();
  await reaper.gone();
  expect([told.pid, other.pid].filter(isAlive)).toEqual([told.pid]);
});

test.each(shells)("%s as reaper ends nothing once it is not needed any more", async (shell) => {
  const reaper = working(shell);
  const { pid } = await reaper.start("ends-with-stdin.mjs");
  reaper.process.stdin?.write(".\n");
  await reaper.gone();
  expect(isAlive(pid)).toBe(true);
});

const onLinux = test.runIf(process.platform === "linux");

onLinux.each(shells)(
  "%s as reaper ends a grandchild in a session of its own once its server is gone",
  async (shell) => {
    const reaper = working(shell);
    const other = await reaper.start("ignores-everything.mjs");
    const { child, pid } = await reaper.start("grandchild-holds-stdout.mjs", "own-session");
    await child.stop();
    expect(isAlive(pid)).toBe(true);
    await vi.waitUntil(() => !isAlive(pid), patient);
    expect(isAlive(other.pid)).toBe(true);
    const { pid: last } = await reaper.start("grandchild-holds-stdout.mjs", "own-session");
    reaper.endOfUs();
    await reaper.gone();
    expect([last, other.pid].filter(isAlive)).toEqual([]);
  },
);
