import { ConfigError } from "../config/config-error.ts";
import type { CallEnded } from "../events.ts";
import { memberAt } from "../metatools/find-members.ts";
import { type Plan, readPlan } from "../metatools/plan.ts";
import { systemClock } from "../ports/clock.ts";
import { systemFiles } from "../ports/files.ts";
import { harmless } from "../process/harmless.ts";
import { elementsOf, endOfValue, skipSpace } from "../wire/walk.ts";
import type { Bar } from "./burst.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { failed } from "./failed.ts";
import { connectLocally, type ToolResult } from "./rpc.ts";
import { shown } from "./shown.ts";
import { drawWaterfall } from "./waterfall.ts";
import { withServers } from "./with-servers.ts";

/** What became of one call of a plan, as `call_tools` says it. */
type Entry = {
  readonly id: string;
  readonly ok: boolean;
  readonly error?: { readonly message: string };
  /** Of each element, where it was made for several. */
  readonly results?: readonly Omit<Entry, "id">[];
};

/** In a label of `call_tools` stand the id of the call and, where it was made once for each element, its index. */
const innerId = /^"tutti\/\d+ (.*)"$/;

const openBrace = 0x7b;

/** Makes the calls of a file together, as `call_tools` does, draws them, and prints their results. */
export async function runPlan(invocation: Invocation, path: string): Promise<number> {
  const [calls, plan] = readFile(path);
  return await withServers(invocation, "warn", async ({ tutti, config, events, print }) => {
    if (config.callTools.scope === "off") {
      throw new ConfigError(
        '"callTools": {"scope": "off"} leaves nothing to make a plan with. Take it out, or name a scope.',
      );
    }
    await tutti.start();
    const ended: { readonly call: CallEnded; readonly at: number }[] = [];
    events.subscribe({ callEnded: (call) => ended.push({ call, at: systemClock.now() }) });
    const startedAt = systemClock.now();
    const answer = await connectLocally(tutti.relay, invocation.version).request("tools/call", {
      name: "call_tools",
      arguments: { calls },
    });
    if ("error" in answer) throw new ConfigError(`${path}: ${answer.error.message}`);
    const { content = [], isError } = answer.result as ToolResult;
    const text = content[0]?.text ?? "";
    if (isError === true) throw new ConfigError(`${path}: ${text}`);
    const { results } = JSON.parse(text) as { results: readonly Entry[] };
    if (invocation.options.json) print(shown(text));
    else {
      const failures = new Map(results.flatMap(failuresIn));
      const bars = ended
        .flatMap(({ call, at }) => barOf(call, at - startedAt, failures) ?? [])
        .sort((one, other) => one.startMs - other.startMs);
      const isTerminal = process.stdout.isTTY;
      const color = isTerminal && (process.env["NO_COLOR"] ?? "") === "";
      for (const line of drawWaterfall(bars, { width: isTerminal ? process.stdout.columns : 100, color })) print(line);
      for (const line of orderOf(plan)) print(line);
      for (const entry of entriesIn(Buffer.from(text))) print(harmless(entry));
    }
    const count = results.filter(({ ok }) => !ok).length;
    if (count === 0) return exitCode.ok;
    const message = `${count} of ${results.length} calls did not succeed; their outcomes say why`;
    return failed(exitCode.toolFailed, { code: "tool_failed", message }, invocation.options);
  });
}

/** The calls as they stand in the file, as text, so that long numbers keep their digits; and what they say. */
function readFile(path: string): readonly [calls: string, plan: Plan] {
  const text = systemFiles.readText(path);
  if (text === undefined) throw new ConfigError(`${path}: there is no such file. --plan names a file with calls.`);
  parse(text, path);
  const bytes = Buffer.from(text);
  const plan = readPlan(bytes);
  if ("problem" in plan) throw new ConfigError(`${path}: ${plan.problem}`);
  const start = skipSpace(bytes, 0);
  const at = bytes[start] === openBrace ? memberAt(bytes, start, "calls") : -1;
  return [at === -1 ? text : bytes.toString("utf8", at, endOfValue(bytes, at)), plan];
}

function parse(text: string, path: string): void {
  try {
    JSON.parse(text);
  } catch (cause) {
    const example = '{"calls": [{"id": "a", "name": "server__tool", "arguments": {}}]}';
    throw new ConfigError(`${path}: is no JSON (${(cause as Error).message}). Write ${example}.`, { cause });
  }
}

/** The entries of a result, as they stand. */
function entriesIn(result: Buffer): readonly string[] {
  const entries = [...elementsOf(result, memberAt(result, 0, "results"))];
  return entries.map(({ start, end }) => result.toString("utf8", start, end));
}

/** Which calls have failed, by their labels, and why. */
function failuresIn({ id, error, results = [] }: Entry): readonly (readonly [label: string, message: string])[] {
  const elements = results.map((one, index) => [`${id}[${index}]`, one.error?.message] as const);
  return [[id, error?.message] as const, ...elements].flatMap(([label, message]) =>
    message === undefined ? [] : [[label, message] as const],
  );
}

function barOf(
  { id, server, tool, queuedMs, totalMs, outcome }: CallEnded,
  endMs: number,
  failures: ReadonlyMap<string, string>,
): Bar | undefined {
  const label = innerId.exec(id)?.[1];
  if (label === undefined) return undefined;
  const name = server !== undefined && tool.startsWith(`${server}__`) ? tool.slice(server.length + 2) : tool;
  const note = failures.get(label);
  const shown = outcome === "answered" ? (note === undefined ? "ok" : "tool_error") : "failed";
  const times = { startMs: endMs - totalMs, queuedMs, endMs };
  return {
    server: server ?? "-",
    label: `${label} ${name}`,
    ...times,
    outcome: outcome === "cancelled" ? "cancelled" : outcome === "server_error" ? "tool_error" : shown,
    ...(note === undefined ? {} : { note: note.length > 60 ? `${note.slice(0, 59)}…` : note }),
  };
}

/** What waits for what, a line each; nothing where nothing waits. */
function orderOf({ calls }: Plan): readonly string[] {
  const waiting = calls.filter(({ needs }) => needs.size > 0);
  const lines = waiting.map(({ id, needs }) => `  ${harmless(id)} after ${harmless([...needs].join(", "))}`);
  return lines.length === 0 ? [""] : ["", "Order:", ...lines, ""];
}
