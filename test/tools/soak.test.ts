import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judge } from "../../tools/soak/judge.mjs";
import { root, temporaryFolder } from "../e2e/support/program.ts";

const names = ["heapUsed", "rss", "fds", "timers", "handles", "listeners", "children"];

/** Samples of a steady process, a thousand calls apart; `grows`: what is added at each. */
function samples(grows: Readonly<Record<string, number>> = {}): Record<string, number>[] {
  return Array.from({ length: 50 }, (_, at) => {
    const noise = at % 7 === 3 ? 50_000 : 0;
    const all = names.map((name) => [name, 100_000_000 + (name === "rss" ? noise : 0) + at * (grows[name] ?? 0)]);
    return { calls: at * 1000, ...Object.fromEntries(all) };
  });
}

function failed(given: Record<string, number>[]): string[] {
  return judge(given).flatMap(({ name, passed }) => (passed ? [] : [name]));
}

test("what stays is passed, whatever its outliers", () => {
  expect(failed(samples())).toEqual([]);
  expect(failed(samples({ heapUsed: 1900, rss: 15_000 }))).toEqual([]);
});

test.each(names)("%s that grows is not passed", (name) => {
  const grows = { heapUsed: 2100, rss: 17_000 }[name] ?? 0.1;
  expect(failed(samples({ [name]: grows }))).toEqual([name]);
});

test("a resident memory that is 5 % more at the end is not passed, however many calls that took", () => {
  const many = samples({ rss: 500_000 }).map((sample) => ({ ...sample, calls: 100 * (sample["calls"] ?? 0) }));
  expect(failed(many)).toEqual(["drift"]);
});

test("a short soak of the built program sees its faults, and nothing astray, unanswered or left", {
  timeout: 120_000,
}, async () => {
  const out = join(temporaryFolder(), "soak.json");
  const args = [join(root, "tools", "soak.mjs"), "--minutes", "0.2", "--rate", "150", "--out", out];
  const soak = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  soak.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await new Promise((resolve) => soak.once("close", resolve));
  const { sides = [] } = JSON.parse(readFileSync(out, "utf8"));
  const none = { astray: 0, unanswered: 0, wrong: 0, defects: 0 };
  expect(
    sides.map(({ violations }: { violations: object }) => violations),
    stderr,
  ).toEqual([none, none]);
  for (const { counts, faults, samples: taken } of sides) {
    expect(counts.replies).toBeGreaterThan(100);
    expect(Object.keys(faults).length).toBeGreaterThan(3);
    expect(taken.at(-1).heapUsed).toBeGreaterThan(1_000_000);
  }
});
