import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemSettingsFiles as files } from "../../src/ports/settings-files.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "tutti-settings-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("a file is replaced with the rights it had, and a new one is for the user alone", () => {
  const [old, fresh] = ["old", "new"].map((name) => join(folder(), name)) as [string, string];
  writeFileSync(old, "1");
  chmodSync(old, 0o640);
  files.replace(old, "1", "2");
  files.replace(fresh, undefined, "2");
  expect([old, fresh].map((path) => [readFileSync(path, "utf8"), statSync(path).mode & 0o777])).toEqual([
    ["2", 0o640],
    ["2", 0o600],
  ]);
});

test("a link stays one, and what it leads to changes or comes to be", () => {
  const at = folder();
  const link = join(at, "link");
  symlinkSync("inner", link);
  symlinkSync("target", join(at, "inner"));
  files.replace(link, undefined, "1");
  files.replace(link, "1", "2");
  expect(lstatSync(link).isSymbolicLink() && lstatSync(join(at, "inner")).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(at, "target"), "utf8")).toBe("2");
  expect(readdirSync(at).sort()).toEqual(["inner", "link", "target"]);
});

test("a file that nobody is to write stays as it is, and so does one that has changed meanwhile", () => {
  const path = join(folder(), "file");
  writeFileSync(path, "1");
  expect(() => files.replace(path, "0", "2")).toThrow("another program has just changed it");
  expect(() => files.replace(path, undefined, "2")).toThrow("another program has just changed it");
  chmodSync(path, 0o444);
  expect(() => files.replace(path, "1", "2")).toThrow("it is read-only");
  expect([readFileSync(path, "utf8"), readdirSync(join(path, ".."))]).toEqual(["1", ["file"]]);
});
