import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { signal } from "./support/processes.ts";
import { configFile, fixture, main, root, run, start, temporaryFolder } from "./support/program.ts";
import { until } from "./support/until.ts";

const ESC = "\u001b";
/** Of util-linux: runs a command in a terminal of its own. */
const script = "/usr/bin/script";
const hasScript = existsSync(script);

const calls = [
  ["everything__trigger-long-running-operation", "ok"],
  ["everything__trigger-long-running-operation", "ok"],
  ["serial__trigger-long-running-operation", "ok"],
  ["serial__get-sum", "ok"],
  ["memory__read_graph", "ok"],
  ["filesystem__read_text_file", "tool_error"],
  ["absent__anything", "failed"],
  ["everything__ecko", "failed"],
] as const;

/** What the program writes when its output is a terminal. */
function inTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { text: string; code: number | null } {
  const command = [process.execPath, main, ...args].map((word) => `'${word}'`).join(" ");
  const { stdout, status } = spawnSync(script, ["-qec", command, "/dev/null"], {
    cwd: root,
    env: { PATH: process.env["PATH"] ?? "", HOME: temporaryFolder(), TERM: "xterm-256color", ...env },
    encoding: "utf8",
    timeout: 25_000,
  });
  return { text: stdout, code: status };
}

test("the demo prints every result and every error beside its call, without a single escape where there is no terminal", async () => {
  const svg = join(temporaryFolder(), "waterfall.svg");
  const { code, stdout, stderr, left } = await run(["demo", "--svg", svg], { cwd: "/" });
  expect({ code, stderr, left }).toEqual({ code: 0, stderr: "", left: [] });
  expect(stdout).not.toContain(ESC);
  const [drawing = "", list = ""] = stdout.split("Every call with its own result or error:");
  const entries = [...list.matchAll(/^(\S+__\S+) \{.*\}\n {2}(\w+), [\d.]+ m?s: (.+)$/gm)];
  expect(entries.map(([, tool, outcome]) => [tool, outcome])).toEqual(calls.map(([tool, outcome]) => [tool, outcome]));
  expect(entries[3]?.[3]).toContain("42");
  expect(entries[5]?.[3]).toContain("no-such-file.txt");
  expect(entries[6]?.[3]).toContain("no-such-command: not found");
  expect(entries[7]?.[3]).toContain("everything__echo");
  expect(drawing).toMatch(/Exposed as one server with \d+ tools/);
  expect(drawing).toMatch(/wall [\d.]+ s · sum of the calls [\d.]+ s · [\d.]+ × at once/);

  const picture = readFileSync(svg, "utf8");
  expect(picture).toMatch(/^(<\?xml[^>]*\?>\s*)?<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(unbalanced(picture)).toEqual([]);
  for (const [tool] of calls) expect(picture).toContain(tool.split("__")[1]?.slice(0, 20));
});

test.skipIf(!hasScript)("in a terminal the demo draws in colours", () => {
  const { text, code } = inTerminal(["demo"]);
  expect(code).toBe(0);
  expect(text).toContain(`${ESC}[`);
  expect(text).toContain("Every call with its own result or error:");
});

test.skipIf(!hasScript)("in a terminal the demo draws without colours under NO_COLOR", () => {
  const { text, code } = inTerminal(["demo"], { NO_COLOR: "1" });
  expect(code).toBe(0);
  expect(text).not.toContain(ESC);
});

test.skipIf(!hasScript)("what a tool says cannot act on the terminal, and goes into a pipe as it is", async () => {
  const config = configFile({ one: fixture("fake-server.mjs") });
  const args = ["call", "one__echo", '{"text": "two\\nlines \\u001b[2J"}', "--config", config];
  expect(inTerminal(args).text).toBe("two\r\nlines \\x1b[2J\r\n");
  expect((await run(args)).stdout).toBe("two\nlines \u001b[2J\n");
});

test("nothing is left after Ctrl-C of the demo", async () => {
  const client = start(["demo"]);
  await until("tutti and a server", () => client.servers().length >= 2);
  signal(client.pid, "SIGINT");
  await client.exit();
  await client.untilServers(0);
});

/** Element names that are opened and not closed, or the other way round; what is written as text holds no bare `&`. */
function unbalanced(xml: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, isEnd, name = "", isEmpty] of xml.matchAll(
    /<(\/?)([A-Za-z][\w:-]*)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/g,
  )) {
    if (isEnd) {
      if (open.pop() !== name) wrong.push(`</${name}>`);
    } else if (!isEmpty) open.push(name);
  }
  const others = xml
    .replace(/<\?xml[^>]*\?>|<!--.*?-->/gs, "")
    .replace(/<\/?[A-Za-z][\w:-]*(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/g, "");
  const bare = others.match(/<|&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/gi) ?? [];
  return [...wrong, ...open, ...bare];
}
