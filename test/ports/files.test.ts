import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemStateFiles as files } from "../../src/ports/files.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tutti-state-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe("a file of our state", () => {
  test("is made with its folders, for the user alone", async () => {
    const home = temporaryFolder();
    const path = join(home, "state", "tutti", "x.json");
    await files.rewrite(path, (text) => `${text}, é`);
    expect(files.readText(path)).toBe("undefined, é");
    expect([modeOf(path), modeOf(join(home, "state")), modeOf(join(home, "state", "tutti"))]).toEqual([
      0o600, 0o700, 0o700,
    ]);
  });

  test("is replaced, and readable for the user alone, whatever it was before", async () => {
    const path = join(temporaryFolder(), "x.json");
    writeFileSync(path, "before");
    chmodSync(path, 0o644);
    await files.rewrite(path, (text) => `${text} and after`);
    expect([files.readText(path), modeOf(path)]).toEqual(["before and after", 0o600]);
  });

  test("is not read, and replaced as if it were not there, where others may write it or it is a link", async () => {
    const folder = temporaryFolder();
    const [open, link, ended] = [join(folder, "open"), join(folder, "link"), join(folder, "pipe")];
    writeFileSync(open, "before");
    chmodSync(open, 0o666);
    symlinkSync(open, link);
    execFileSync("/usr/bin/env", ["mkfifo", ended]);
    expect(() => files.readText(open)).toThrow("others may write it (mode 0666); take that away: chmod 600");
    expect(() => files.readText(link)).toThrow("it is a link; put the file itself there");
    expect(() => files.readText(ended)).toThrow("it is not a file");
    for (const path of [open, link]) {
      await files.rewrite(path, (text) => `${text} before`);
      expect(files.readText(path)).toBe("undefined before");
    }
  });

  test.runIf(process.geteuid?.() === 0)("is not read where it belongs to another user", () => {
    const path = join(temporaryFolder(), "x.json");
    writeFileSync(path, "before");
    chownSync(path, 4242, 4242);
    expect(() => files.readText(path)).toThrow("it belongs to another user (4242, not 0)");
  });

  test("takes the place of a link, and leaves alone what that led to", async () => {
    const folder = temporaryFolder();
    const [path, other] = [join(folder, "x.json"), join(folder, "precious")];
    writeFileSync(other, "precious");
    symlinkSync(other, path);
    await files.rewrite(path, () => "ours");
    expect([files.readText(path), readFileSync(other, "utf8")]).toEqual(["ours", "precious"]);
  });

  test("leaves nothing else behind, written or not", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "x.json");
    await files.rewrite(path, () => "1");
    const fails = files.rewrite(path, () => {
      throw new Error("no");
    });
    await expect(fails).rejects.toThrow("no");
    mkdirSync(join(folder, "full", "of"), { recursive: true });
    await expect(files.rewrite(join(folder, "full"), () => "2")).rejects.toThrow();
    expect([readdirSync(folder), files.readText(path)]).toEqual([["full", "x.json"], "1"]);
  });

  test("is rid of what a process has left that was killed while it wrote, and of nothing else", async () => {
    const folder = temporaryFolder();
    const [left, writing] = [`x.json.${randomUUID()}`, `x.json.${randomUUID()}`];
    const others = ["x.json.bak", `y.json.${randomUUID()}`];
    const longAgo = new Date(Date.now() - 120_000);
    for (const name of [left, writing, ...others]) {
      writeFileSync(join(folder, name), "");
      if (name !== writing) utimesSync(join(folder, name), longAgo, longAgo);
    }
    await files.rewrite(join(folder, "x.json"), () => "1");
    expect(readdirSync(folder).sort()).toEqual(["x.json", writing, ...others].sort());
  });

  test("cannot be written where its folder is a file, and says so", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "tutti"), "");
    await expect(files.rewrite(join(folder, "tutti", "x.json"), () => "1")).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(["tutti"]);
  });

  test("is nothing where there is none, and a folder is none", () => {
    const folder = temporaryFolder();
    expect(files.readText(join(folder, "none"))).toBe(undefined);
    expect(() => files.readText(folder)).toThrow("it is not a file");
  });

  test("is whole whenever it is read, however many write it at once", async () => {
    const path = join(temporaryFolder(), "x.json");
    const texts = Array.from({ length: 20 }, (_, index) => String(index % 10).repeat(100_000 + index));
    await files.rewrite(path, () => texts[0] as string);
    let isOver = false;
    const writing = Promise.all(texts.map((text) => files.rewrite(path, () => text))).finally(() => {
      isOver = true;
    });
    const seen = new Set<string | undefined>();
    while (!isOver) {
      seen.add(files.readText(path));
      await new Promise((resolve) => void setImmediate(resolve));
    }
    await writing;
    expect([...seen].filter((text) => text === undefined || !texts.includes(text))).toEqual([]);
    expect(texts).toContain(files.readText(path));
  });
});
