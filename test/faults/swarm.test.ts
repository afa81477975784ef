import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../e2e/support/program.ts";

/** What the swarm prints. */
type Counts = Readonly<Record<string, number>>;

test("F70: many clients with the same ids, tokens and tools call, hear and are asked at once over HTTP: nothing goes astray", {
  timeout: 120_000,
}, async () => {
  const args = [join(root, "tools", "swarm.mjs"), "--seconds", "12", "--clients", "40"];
  const swarm = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  swarm.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  swarm.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const code = await new Promise((resolve) => swarm.once("close", resolve));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { astray, unanswered, wrong, ...counts } = JSON.parse(stdout) as Counts;
  expect({ astray, unanswered, wrong }).toEqual({ astray: 0, unanswered: 0, wrong: 0 });
  // It proves nothing where nothing has happened.
  const happened = ["calls", "progress", "logs", "asks", "answers", "updates", "cancels", "resumptions"];
  for (const kind of happened) expect([kind, (counts[kind] ?? 0) > 0]).toEqual([kind, true]);
});
