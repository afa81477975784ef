import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { StdioLaunch } from "../../src/config/config.ts";
import { createVerdicts, launchKey, type Verdicts } from "../../src/downstream/verdicts.ts";
import { type StateFiles, systemStateFiles } from "../../src/ports/files.ts";

const path = "/state/tutti/eras.json";
const dayMs = 24 * 60 * 60 * 1000;
const today = Date.parse("2026-11-22T12:00:00.000Z");

type Disk = StateFiles & {
  text: string | undefined;
  /** Why it can be neither read nor written now. */
  trouble: string | undefined;
  writes: number;
  /** Holds up writing until it is called. */
  finish: () => void;
  isSlow: boolean;
};

/** One file, which several may write. */
function disk(text?: string): Disk {
  const it: Disk = {
    text,
    trouble: undefined,
    writes: 0,
    finish: () => {},
    isSlow: false,
    readText: () => {
      if (it.trouble !== undefined) throw new Error(it.trouble);
      return it.text;
    },
    rewrite: async (_, change) => {
      await new Promise<void>((resolve) => {
        it.finish = resolve;
        if (!it.isSlow) resolve();
      });
      if (it.trouble !== undefined) throw new Error(it.trouble);
      it.text = change(it.text);
      it.writes++;
    },
  };
  return it;
}

type Opened = Verdicts & { readonly failures: readonly string[] };

/** What a process of tutti that starts at `date` remembers. */
function open(files: StateFiles, date: () => number = () => today): Opened {
  const failures: string[] = [];
  return { ...createVerdicts({ path, files, date, failed: (reason) => failures.push(reason) }), failures };
}

/** The file's text with these entries. */
function written(entries: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(entries);
}

const entry = (ageDays: number, era = "legacy") => ({
  era,
  at: new Date(today - ageDays * dayMs).toISOString(),
  about: "",
});

describe("verdicts", () => {
  test("are known at once, and at the next start", async () => {
    const files = disk();
    const first = open(files);
    expect(first.known("a")).toBeUndefined();
    first.learn("a", "modern", "server a");
    first.learn("b", "legacy", "server b");
    expect([first.known("a"), first.known("b")]).toEqual(["modern", "legacy"]);
    await first.saved();
    const next = open(files);
    expect([next.known("a"), next.known("b"), next.known("c")]).toEqual(["modern", "legacy", undefined]);
    expect(JSON.parse(files.text ?? "")).toEqual({
      a: { era: "modern", at: "2026-11-22T12:00:00.000Z", about: "server a" },
      b: { era: "legacy", at: "2026-11-22T12:00:00.000Z", about: "server b" },
    });
  });

  test("can be forgotten and changed, for good", async () => {
    const files = disk(written({ a: entry(1), b: entry(1), c: entry(1) }));
    const first = open(files);
    first.forget("a");
    first.learn("b", "modern", "");
    expect([first.known("a"), first.known("b"), first.known("c")]).toEqual([undefined, "modern", "legacy"]);
    await first.saved();
    const next = open(files);
    expect([next.known("a"), next.known("b"), next.known("c")]).toEqual([undefined, "modern", "legacy"]);
  });

  test("are not written again when nothing new was learnt, and grow old", async () => {
    const files = disk(written({ a: entry(29) }));
    const verdicts = open(files);
    verdicts.learn("a", "legacy", "");
    verdicts.forget("never known");
    await verdicts.saved();
    expect([files.writes, files.text]).toEqual([0, written({ a: entry(29) })]);
  });

  test("are used for 30 days, and learnt again after", async () => {
    const files = disk(written({ old: entry(30), young: entry(29.9), future: entry(-2), skewed: entry(-0.5) }));
    let now = today;
    const verdicts = open(files, () => now);
    const known = () => ["old", "young", "future", "skewed"].map((key) => verdicts.known(key));
    expect(known()).toEqual([undefined, "legacy", undefined, "legacy"]);
    now += dayMs;
    expect(known()).toEqual([undefined, undefined, undefined, "legacy"]);
    verdicts.learn("young", "legacy", "again");
    await verdicts.saved();
    expect(Object.keys(JSON.parse(files.text ?? ""))).toEqual(["skewed", "young"]);
    expect(open(files, () => now).known("young")).toBe("legacy");
  });

  test("of two processes that write by turns are all kept", async () => {
    const files = disk();
    const [first, second] = [open(files), open(files)];
    expect([first.known("a"), second.known("a")]).toEqual([undefined, undefined]);
    first.learn("a", "legacy", "");
    await first.saved();
    second.learn("b", "modern", "");
    await second.saved();
    first.learn("c", "legacy", "");
    await first.saved();
    const next = open(files);
    expect(["a", "b", "c"].map((key) => next.known(key))).toEqual(["legacy", "modern", "legacy"]);
  });

  test("that another process has forgotten since do not come back with the next one learnt", async () => {
    const files = disk();
    const [first, second] = [open(files), open(files)];
    first.learn("a", "legacy", "");
    await first.saved();
    second.forget("a");
    await second.saved();
    first.learn("b", "legacy", "");
    await first.saved();
    expect(Object.keys(JSON.parse(files.text ?? ""))).toEqual(["b"]);
  });

  test("are written once for all that is learnt while a write is under way", async () => {
    const files = disk();
    files.isSlow = true;
    const verdicts = open(files);
    for (const key of ["a", "b", "c"]) verdicts.learn(key, "legacy", "");
    verdicts.forget("b");
    files.isSlow = false;
    files.finish();
    await verdicts.saved();
    expect([files.writes, Object.keys(JSON.parse(files.text ?? ""))]).toEqual([2, ["a", "c"]]);
  });

  test("are written though a write has just ended", async () => {
    const files = disk();
    const verdicts = open(files);
    for (let index = 0; index < 20; index++) {
      verdicts.learn(`k${index}`, "legacy", "");
      for (let turns = 0; turns < index; turns++) await undefined;
    }
    await verdicts.saved();
    expect(Object.keys(JSON.parse(files.text ?? "")).length).toBe(20);
  });

  for (const [what, text] of [
    ["empty", ""],
    ["cut short", '{"a":{"era":"leg'],
    ["no JSON", "\u0000\u0000\u0000"],
    ["null", "null"],
    ["a list", "[1]"],
    ["a text", '"legacy"'],
    ["too deep", "[".repeat(200_000)],
  ] as const) {
    test(`are none when the file is ${what}, which the next one replaces`, async () => {
      const files = disk(text);
      const verdicts = open(files);
      expect(verdicts.known("a")).toBeUndefined();
      verdicts.learn("b", "modern", "");
      await verdicts.saved();
      expect([verdicts.failures, open(files).known("b")]).toEqual([[], "modern"]);
    });
  }

  test("that make no sense are none, and their neighbours are used", () => {
    const at = new Date(today).toISOString();
    const files = disk(
      `{"a":{"era":"Legacy","at":"${at}","about":""},"b":{"era":"legacy","at":"yesterday","about":""},"c":7,"d":null,` +
        `"e":{"at":"${at}","about":""},"f":{"era":"legacy","at":${today},"about":""},"__proto__":{"era":"legacy"},` +
        `"good":{"era":"modern","at":"${at}","about":"","more":1}}`,
    );
    const verdicts = open(files);
    const keys = ["a", "b", "c", "d", "e", "f", "__proto__", "toString", "good"];
    expect(keys.map((key) => verdicts.known(key))).toEqual([...Array(8).fill(undefined), "modern"]);
  });

  test("are remembered by this process when they can be neither read nor written, and that is told once", async () => {
    const files = disk(written({ a: entry(1) }));
    files.trouble = "EACCES: permission denied";
    const verdicts = open(files);
    expect(verdicts.known("a")).toBeUndefined();
    verdicts.learn("b", "modern", "");
    await verdicts.saved();
    verdicts.learn("c", "modern", "");
    await verdicts.saved();
    expect([verdicts.known("b"), verdicts.known("c")]).toEqual(["modern", "modern"]);
    expect(verdicts.failures).toEqual([`${path} cannot be written: EACCES: permission denied`]);
  });

  test("that could not be written are written with the next one", async () => {
    const files = disk();
    files.trouble = "ENOSPC: no space left";
    const verdicts = open(files);
    verdicts.learn("a", "modern", "");
    verdicts.learn("b", "legacy", "");
    await verdicts.saved();
    files.trouble = undefined;
    verdicts.learn("b", "modern", "");
    verdicts.learn("c", "legacy", "");
    await verdicts.saved();
    const next = open(files);
    expect(["a", "b", "c"].map((key) => next.known(key))).toEqual(["modern", "modern", "legacy"]);
  });

  test("are at most 500, the newest", async () => {
    const files = disk();
    const verdicts = open(files);
    for (let index = 0; index < 520; index++) verdicts.learn(`key ${index}`, "legacy", "x".repeat(10_000));
    await verdicts.saved();
    const keys = Object.keys(JSON.parse(files.text ?? ""));
    expect([keys.length, keys[0], keys.at(-1)]).toEqual([500, "key 20", "key 519"]);
    expect(files.text?.length).toBeLessThan(200_000);
  });

  test("are one whole file when several processes learn at the same moment", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tutti-verdicts-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const shared = join(folder, "state", "eras.json");
    const failures: string[] = [];
    const processes = Array.from({ length: 10 }, () =>
      createVerdicts({
        path: shared,
        files: systemStateFiles,
        date: () => today,
        failed: (reason) => failures.push(reason),
      }),
    );
    for (const [index, one] of processes.entries()) {
      for (let key = 0; key < 5; key++) one.learn(`${index} ${key}`, "modern", "");
    }
    await Promise.all(processes.map((one) => one.saved()));
    const verdicts = Object.entries(JSON.parse(readFileSync(shared, "utf8")));
    expect(failures).toEqual([]);
    expect(verdicts.length).toBeGreaterThanOrEqual(5);
    expect(statSync(shared).mode & 0o777).toBe(0o600);
  });
});

describe("a launch's key", () => {
  const launch: StdioLaunch = {
    kind: "stdio",
    command: "npx",
    args: ["-y", "a"],
    env: { A: "1", B: "2" },
    cwd: "/home",
  };
  const key = launchKey(launch, "1.2.3");

  test("is a hash that tells nothing", () => {
    expect(key).toMatch(/^[0-9a-f]{64}$/);
  });

  test("stays the same when only values of variables or their order change", () => {
    expect(launchKey({ ...launch, env: { B: "secret", A: "3" } }, "1.2.3")).toBe(key);
  });

  const url = "https://example.org/mcp";
  test("is another one for whatever else may be of another era", () => {
    const keys = [
      key,
      launchKey(launch, "1.2.4"),
      launchKey({ ...launch, command: "node" }, "1.2.3"),
      launchKey({ ...launch, args: ["-y", "b"] }, "1.2.3"),
      launchKey({ ...launch, args: ["-y a"] }, "1.2.3"),
      launchKey({ ...launch, args: [] }, "1.2.3"),
      launchKey({ ...launch, cwd: "/" }, "1.2.3"),
      launchKey({ ...launch, env: { A: "1" } }, "1.2.3"),
      launchKey({ kind: "http", url, headers: {} }, "1.2.3"),
      launchKey({ kind: "sse", url, headers: {} }, "1.2.3"),
      launchKey({ kind: "http", url: `${url}2`, headers: {} }, "1.2.3"),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(launchKey({ kind: "http", url, headers: { Authorization: "x" } }, "1.2.3")).toBe(keys[8]);
  });
});
