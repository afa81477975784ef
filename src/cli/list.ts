import { harmless } from "../process/harmless.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { withServers } from "./with-servers.ts";

/** Prints the tools that clients see. */
export async function run(invocation: Invocation): Promise<number> {
  return await withServers(invocation, "warn", async ({ tutti, print, redact }) => {
    await tutti.start();
    const { tools } = tutti.relay.catalog;
    const width = Math.max(...tools.map(({ exposed }) => exposed.length), 0);
    if (invocation.json) print(`[${tools.map(({ bytes }) => bytes.toString()).join(",\n")}]`);
    else
      for (const { exposed, bytes } of tools) {
        print(`${exposed.padEnd(width)}  ${harmless(firstSentence(redact(descriptionOf(bytes))))}`.trimEnd());
      }
    const isComplete = tutti.downstreams.every(({ state }) => state.kind === "ready");
    return isComplete ? exitCode.ok : exitCode.unreachable;
  });
}

function descriptionOf(definition: Buffer): string {
  const { description = "" } = JSON.parse(definition.toString()) as { description?: string };
  return description;
}

function firstSentence(description: string): string {
  const line = description.trim().split(/\n|(?<=\.)\s/, 1)[0] ?? "";
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
