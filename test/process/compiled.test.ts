import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { patient } from "../e2e/support/until.ts";
import { fixture, isAlive, realChildren } from "./support.ts";

// What a process does that has nothing else to live for shows only in a process of its own, and Node 20 runs no TypeScript.
const root = fileURLToPath(new URL("../..", import.meta.url));
const modules = mkdtempSync(join(tmpdir(), "tutti-process-"));
const children = realChildren();

beforeAll(() => {
  const files = ["src/process/child.ts", "src/ports/spawn.ts", "src/ports/clock.ts"].map((file) => join(root, file));
  const compilerOptions = {
    outDir: modules,
    rootDir: join(root, "src"),
    typeRoots: [join(root, "node_modules/@types")],
  };
  const project = join(modules, "tsconfig.json");
  writeFileSync(project, JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, files, include: [] }));
  writeFileSync(join(modules, "package.json"), JSON.stringify({ type: "module" }));
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", project], { stdio: "inherit" });
});
afterAll(() => rmSync(modules, { recursive: true }));

/** Runs the program that starts `command` through the compiled modules; resolves with its whole stdout. */
async function run(how: "stop" | "kill", command: string, ...args: string[]): Promise<string> {
  const owner = spawn(process.execPath, [fixture("stops-its-child.mjs"), modules, how, command, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.alsoKill(Number(owner.pid));
  let text = "";
  owner.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    if (text.includes("\n")) children.alsoKill(Number.parseInt(text, 10));
  });
  await new Promise((resolve) => owner.on("close", resolve));
  return text;
}

test.each([
  ["its child is stubborn", process.execPath, fixture("ignores-everything.mjs")],
  ["its child leaves a stubborn grandchild behind", process.execPath, fixture("grandchild-holds-stdout.mjs")],
  ["polite shells are above a stubborn program", fixture("npx-like-tree.sh"), fixture("ignores-everything.mjs")],
])("stop keeps its own process alive until nothing of the group is when %s", async (_, command, argument) => {
  const [pid, stopped] = (await run("stop", command, argument)).split("\n");
  expect(stopped).toBe("stopped");
  expect(Number(pid)).toBeGreaterThan(1);
  expect(isAlive(Number(pid))).toBe(false);
});

test("kill reaches the whole group although its own process ends in the same moment", async () => {
  const pid = Number.parseInt(await run("kill", fixture("npx-like-tree.sh"), fixture("ignores-everything.mjs")), 10);
  expect(pid).toBeGreaterThan(1);
  await vi.waitUntil(() => !isAlive(pid), patient);
});

test("without a free file descriptor a child is not started, and one is as soon as there are some again", () => {
  const command = `ulimit -n 60; exec "$0" "$@"`;
  const args = ["-c", command, process.execPath, fixture("without-free-files.mjs"), modules];
  const ends: unknown = JSON.parse(execFileSync("/bin/sh", args, { encoding: "utf8" }));
  expect(ends).toEqual([
    ["not_started", "EMFILE"],
    ["exited", 0],
  ]);
});
