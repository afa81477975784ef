import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { prefixOf } from "../catalog/names.ts";
import { ConfigError } from "../config/config-error.ts";
import { systemClock } from "../ports/clock.ts";
import { systemFiles } from "../ports/files.ts";
import { harmless } from "../process/harmless.ts";
import { type Bar, formatMs } from "./burst.ts";
import type { Invocation } from "./commands.ts";
import { type StartedTutti, startTutti } from "./demo-client.ts";
import { exitCode } from "./exit-codes.ts";
import type { Answer, ToolResult } from "./rpc.ts";
import { drawWaterfall } from "./waterfall.ts";
import { drawSvg } from "./waterfall-svg.ts";

type Step = { readonly tool: string; readonly args: Readonly<Record<string, unknown>> };
type Played = { readonly bar: Bar; readonly step: Step; readonly text: string };

const aSecond = { duration: 1, steps: 4 };

const steps: readonly Step[] = [
  { tool: "everything__trigger-long-running-operation", args: aSecond },
  { tool: "everything__trigger-long-running-operation", args: aSecond },
  { tool: "serial__trigger-long-running-operation", args: aSecond },
  { tool: "serial__get-sum", args: { a: 19, b: 23 } },
  { tool: "memory__read_graph", args: {} },
  { tool: "filesystem__read_text_file", args: { path: "no-such-file.txt" } },
  { tool: "absent__anything", args: {} },
  { tool: "everything__ecko", args: { message: "hi" } },
];

const longestText = 200;

/** Beside a bar; the whole text is printed below. */
const longestNote = 42;

/** How long the log may take to say how long each call waited. */
const logMs = 1000;

/** Starts tutti on its own servers.json as a client would, calls at once, and draws what happened. */
export async function run({ options: { svg } }: Invocation): Promise<number> {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
  if (!systemFiles.isFolder(join(root, "node_modules", "@modelcontextprotocol", "server-everything"))) {
    const cure = "Run the demo in a clone of the repository, with: npm run demo";
    throw new ConfigError(`The servers of the demo are not installed beside this copy of tutti. ${cure}`);
  }
  const configs = [join(root, "servers.json"), join(root, "demo", "absent.json")];
  const tutti = await startTutti(join(root, "dist", "main.js"), root, configs);
  try {
    await showOffer(tutti);
    const played = await play(tutti);
    const bars = played.map(({ bar }) => bar);
    const isTerminal = process.stdout.isTTY;
    const color = isTerminal && (process.env["NO_COLOR"] ?? "") === "";
    print("", `${steps.length} calls issued at once:`, "");
    print(...drawWaterfall(bars, { width: isTerminal ? process.stdout.columns : 100, color }));
    print("", "Every call with its own result or error:", "");
    for (const { step, bar, text } of played) {
      print(`${step.tool} ${JSON.stringify(step.args)}`, `  ${bar.outcome}, ${formatMs(bar.endMs)}: ${text}`);
    }
    if (svg !== undefined) {
      systemFiles.writeText(svg, drawSvg(bars, { title: `${steps.length} calls issued at once through tutti` }));
      print("", `The picture is in ${svg}`);
    }
    return exitCode.ok;
  } finally {
    await tutti.stop();
  }
}

async function showOffer({ rpc, serverLines }: StartedTutti): Promise<void> {
  const answer = await rpc.request("tools/list", {});
  if ("error" in answer) throw new ConfigError(answer.error.message);
  const names = (answer.result as { tools: { name: string }[] }).tools.map(({ name }) => name);
  print(
    "The servers of servers.json, and one that cannot start:",
    "",
    ...serverLines.map((line) => `  ${harmless(line)}`),
  );
  print("", `Exposed as one server with ${names.length} tools:`, "");
  for (const [head, tools] of group(names)) print(`  ${head}  ${tools.join(", ")}`);
}

async function play({ rpc, queuedMs }: StartedTutti): Promise<readonly Played[]> {
  const startedAt = systemClock.now();
  const asked = steps.map((step) => {
    const startMs = systemClock.now() - startedAt;
    const { id, answer } = rpc.ask("tools/call", { name: step.tool, arguments: step.args });
    return {
      step,
      id,
      startMs,
      ended: answer.then((value) => ({ answer: value, endMs: systemClock.now() - startedAt })),
    };
  });
  const ended = await Promise.all(asked.map((call) => call.ended));
  const isLate = systemClock.now() + logMs;
  while (asked.some(({ id }) => queuedMs(id) === undefined) && systemClock.now() < isLate) {
    await new Promise<void>((resolve) => systemClock.soon(resolve));
  }
  return asked.map(({ step, id, startMs }, index) => {
    const { answer, endMs } = ended[index] as (typeof ended)[number];
    const { outcome, text } = read(answer);
    const [server = "", label = step.tool] = step.tool.split("__");
    const note = outcome === "ok" ? {} : { note: shorten(text.replace(`${server}: `, "")) };
    const isKnown = outcome !== "failed" || server === "absent";
    const bar = { server: isKnown ? server : "", label, startMs, queuedMs: queuedMs(id) ?? 0, endMs, outcome, ...note };
    return { step, bar, text };
  });
}

function read(answer: Answer): { readonly outcome: Bar["outcome"]; readonly text: string } {
  if ("error" in answer) return { outcome: "failed", text: harmless(answer.error.message) };
  const { content = [], isError = false, _meta } = answer.result as ToolResult;
  const whole = content.map((item) => item.text ?? `[${item.type}]`).join(" ");
  const text = harmless(whole.replace(/\s+/g, " ")).slice(0, longestText);
  if (!isError) return { outcome: "ok", text };
  return { outcome: _meta?.["tutti/error"] === undefined ? "tool_error" : "failed", text };
}

function shorten(text: string): string {
  return text.length > longestNote ? `${text.slice(0, longestNote - 1)}…` : text;
}

function group(names: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const prefix = prefixOf(name);
    const [head, rest] =
      prefix === undefined ? ["of tutti itself:", name] : [`${prefix}__`, name.slice(prefix.length + 2)];
    groups.set(head, [...(groups.get(head) ?? []), rest]);
  }
  return groups;
}

function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
