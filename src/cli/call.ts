import { prefixOf } from "../catalog/names.ts";
import { ConfigError } from "../config/config-error.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { failed } from "./failed.ts";
import { runPlan } from "./plan.ts";
import { connectLocally, type ToolResult } from "./rpc.ts";
import { shown } from "./shown.ts";
import { withServers } from "./with-servers.ts";

const exitCodes: ReadonlyMap<string, number> = new Map([
  ["unavailable", exitCode.unreachable],
  ["login_required", exitCode.notSignedIn],
]);

/** Calls one tool, or those of a plan, and prints what comes of it. */
export async function run(invocation: Invocation): Promise<number> {
  if (invocation.options.plan !== undefined) return await runPlan(invocation, invocation.options.plan);
  const [tool = "", text = "{}"] = invocation.positionals;
  const parameters = parseArguments(text);
  return await withServers(invocation, "warn", async ({ tutti, print, redact }) => {
    const rpc = connectLocally(tutti.relay, invocation.version);
    const started = tutti.start();
    // A name with a server's prefix waits for that server alone.
    if (prefixOf(tool) === undefined) await started;
    const answer = await rpc.request("tools/call", { name: tool, arguments: parameters });
    if ("error" in answer) {
      const message = `error ${answer.error.code}: ${answer.error.message}`;
      print(shown(message));
      return failed(exitCode.toolFailed, { code: "tool_failed", message: redact(message) }, invocation.options);
    }
    const result = answer.result as ToolResult;
    if (invocation.options.json) print(shown(JSON.stringify(result, undefined, 2)));
    else for (const item of result.content ?? []) print(shown(item.text ?? `[${item.type}]`));
    if (result.isError !== true) return exitCode.ok;
    // What the server itself says of its error has no code of ours.
    const code = String(result._meta?.["tutti/error"]?.code ?? "tool_failed");
    const exit = exitCodes.get(code) ?? exitCode.toolFailed;
    const message = redact(result.content?.find(({ text }) => text !== undefined)?.text ?? "the tool failed");
    return failed(exit, { code, message }, invocation.options);
  });
}

function parseArguments(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Falls through to the one message for both.
  }
  throw new ConfigError(`The arguments of a call are a JSON object, such as '{"message": "hi"}', and not: ${text}`);
}
