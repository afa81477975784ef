import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lockFile } from "../../src/ports/lock-file.ts";
import { systemRandom } from "../../src/ports/random.ts";

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), "tutti-lock-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "one.lock");
}

function take(path: string, limitMs = 30_000) {
  return lockFile(path, { nonce: systemRandom(16).toString("hex"), limitMs });
}

/** Makes it one of which nothing was heard for a minute. */
function age(path: string): void {
  const then = new Date(Date.now() - 60_000);
  utimesSync(path, then, then);
}

test("of twenty that want it at once each has it alone, and nothing is left of it", async () => {
  const path = place();
  let [holders, most] = [0, 0];
  const work = async (): Promise<void> => {
    const lock = await take(path);
    holders++;
    most = Math.max(most, holders);
    await new Promise((resolve) => setTimeout(resolve, 2));
    holders--;
    await lock?.release();
  };
  await Promise.all(Array.from({ length: 20 }, work));
  expect(most).toBe(1);
  expect(readdirSync(join(path, ".."))).toEqual([]);
});

test("it says whose it is, and who comes later hears that he waited, or that it was not free in time", async () => {
  const path = place();
  const lock = await take(path);
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
    pid: process.pid,
    startedAt: expect.any(Number),
    nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(lock?.hasWaited).toBe(false);
  expect(await take(path, 50)).toBeUndefined();
  const next = take(path);
  await lock?.release();
  const other = await next;
  expect(other?.hasWaited).toBe(true);
  await other?.release();
});

test("one whose owner is gone is taken by one of many, and who comes back from the dead leaves it to him", async () => {
  const path = place();
  const dead = await take(path);
  age(path);
  let [holders, most] = [0, 0];
  const locks = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const lock = await take(path);
      holders++;
      most = Math.max(most, holders);
      if (holders === 1) await dead?.release();
      await new Promise((resolve) => setTimeout(resolve, 5));
      holders--;
      await lock?.release();
      return lock;
    }),
  );
  expect(locks).toHaveLength(10);
  expect(most).toBe(1);
  expect(readdirSync(join(path, ".."))).toEqual([]);
});

test("one that nobody can read, and old, is taken too", async () => {
  const path = place();
  writeFileSync(path, "");
  age(path);
  expect(await take(path)).toBeDefined();
});

test("where no file can be made it says so", async () => {
  await expect(take(join(place(), "none", "one.lock"))).rejects.toMatchObject({ code: "ENOENT" });
});
