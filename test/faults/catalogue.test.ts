import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

/** What is injected, by the id under which tests name it at the beginning of their titles. */
const catalogue: Readonly<Record<string, string>> = {
  F1: "a line that is too long",
  F2: "an endless line",
  F3: "a reply in writes of one byte",
  F4: "a split within a character",
  F5: "bytes that are no UTF-8",
  F6: "NUL, line separators, half characters",
  F7: "deep nesting",
  F8: "many small values",
  F9: "members twice",
  F10: "members in the wrong case",
  F11: "__proto__ and constructor",
  F12: "CRLF, blank lines, BOM, log lines",
  F13: "batches",
  F14: "numbers that JavaScript changes",
  F15: "replies under unknown ids",
  F16: "a reply twice",
  F17: "ids of another type",
  F18: "a reply after the cancel",
  F19: "a reply after the deadline",
  F20: "replies under another server's ids",
  F21: "a result and an error",
  F22: "an id of a client again",
  F23: "odd ids of clients",
  F24: "cancels of nothing of one's own",
  F25: "odd and plentiful progress",
  F26: "cancels by a server",
  F27: "questions on a shared connection",
  F28: "one of ten servers hangs",
  F29: "replies in reverse order",
  F30: "a command that cannot be started",
  F31: "a server that exits at once",
  F32: "a crash in a call",
  F33: "an exit while a grandchild holds stdout",
  F34: "a stopped process",
  F35: "a server that never reads",
  F36: "a crash loop",
  F37: "a flood on stderr",
  F38: "stdout closed, process alive",
  F39: "no free descriptors",
  F40: "fifty grandchildren",
  F41: "a reload with calls in flight",
  F42: "the client closes stdin",
  F43: "signals",
  F44: "SIGKILL of tutti",
  F45: "the client closes stdout alone",
  F46: "the reaper is killed",
  F47: "a defect that nobody catches",
  F48: "a full disk",
  F49: "compressed bombs",
  F50: "endless and slow answers",
  F51: "resets",
  F52: "redirects",
  F53: "401 and 403 again and again",
  F54: "Retry-After",
  F55: "a forgotten session",
  F56: "slow and absent names",
  F57: "clocks and expiries of tokens",
  F58: "changed definitions",
  F59: "endless lists",
  F60: "secrets",
  F61: "list_changed without end",
  F62: "names that look alike",
  F63: "texts that drive a terminal",
  F64: "malicious schemas",
  F65: "foreign Hosts and Origins",
  F66: "slow and idle connections",
  F67: "a client that vanishes",
  F68: "routes without the token",
  F69: "forms of other pages",
  F70: "clients with equal ids",
  F71: "many refreshes of one token",
  F72: "death between refresh and save",
  F73: "wrong issuers and states",
  F74: "no PKCE",
  F75: "bad state files",
  F76: "the callback's port is taken",
  F77: "another issuer",
  F78: "ten times what the machine can do",
  F79: "a flooding client beside a light one",
  F80: "no CPU for a while",
};

const folder = import.meta.dirname;
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && name !== "catalogue.test.ts")
  .map((name) => readFileSync(join(folder, name), "utf8"));
/** The ids that titles begin with, or that stand alone in the tables of titles. */
const tested = new Set(
  sources.flatMap((text) =>
    [...text.matchAll(/["'`]((?:F\d+(?:, | and )?)+)(?:: |["'`])/g)].flatMap(
      ([, ids = ""]) => ids.match(/F\d+/g) ?? [],
    ),
  ),
);

describe("the catalogue of faults", () => {
  test("has eighty rows, and tests name no other", () => {
    expect(Object.keys(catalogue)).toEqual(Array.from({ length: 80 }, (_, at) => `F${at + 1}`));
    expect([...tested].filter((id) => !(id in catalogue))).toEqual([]);
  });

  test("has a test for every row", () => {
    expect(Object.keys(catalogue).filter((id) => !tested.has(id))).toEqual([]);
  });
});
