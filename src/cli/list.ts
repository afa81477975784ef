import type { ExposedItem } from "../catalog/catalog.ts";
import { type Kind, kinds } from "../catalog/definition.ts";
import { harmless } from "../process/harmless.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { failed } from "./failed.ts";
import { shown } from "./shown.ts";
import { withServers } from "./with-servers.ts";

/** Prints what clients see: the tools, then what else there is, each kind under its name. */
export async function run(invocation: Invocation): Promise<number> {
  return await withServers(invocation, "warn", async ({ tutti, print, redact }) => {
    await tutti.start();
    const { catalog } = tutti.relay;
    const own = catalog.ownTools().map((bytes) => ({ exposed: nameOf(bytes), bytes }));
    const all = (Object.keys(kinds) as Kind[]).map(
      (kind) => [kind, kind === "tools" ? [...catalog.tools, ...own] : catalog[kind]] as const,
    );
    if (invocation.options.json) print(shown(`{${all.map(([kind, items]) => definitions(kind, items)).join(",\n")}}`));
    else for (const [kind, items] of all) for (const line of lines(kind, items, redact)) print(line);
    const missing = tutti.downstreams.filter(({ state }) => state.kind !== "ready").map(({ name }) => name);
    if (missing.length === 0) return exitCode.ok;
    const message = redact(`not complete, because these servers are not ready: ${missing.join(", ")}`);
    return failed(exitCode.unreachable, { code: "unreachable", message }, invocation.options);
  });
}

type Listed = Pick<ExposedItem, "exposed" | "bytes">;

function nameOf(definition: Buffer): string {
  return (JSON.parse(definition.toString()) as { name: string }).name;
}

function definitions(kind: Kind, items: readonly Listed[]): string {
  return `"${kinds[kind].member}":[${items.map(({ bytes }) => bytes.toString()).join(",\n")}]`;
}

function lines(kind: Kind, items: readonly Listed[], redact: (text: string) => string): readonly string[] {
  const rows = items.map(({ exposed, bytes }) => [harmless(redact(exposed)), redact(descriptionOf(bytes))] as const);
  const width = Math.min(Math.max(...rows.map(([name]) => name.length), 0), 60);
  const list = rows.map(([name, text]) => `${name.padEnd(width)}  ${harmless(firstSentence(text))}`.trimEnd());
  return kind === "tools" || list.length === 0 ? list : ["", `${kinds[kind].many}:`, ...list];
}

/** What it says of itself; of a resource that says nothing, at least its name. */
function descriptionOf(definition: Buffer): string {
  const { description, title, name, uri, uriTemplate } = JSON.parse(definition.toString()) as Record<string, unknown>;
  const others = uri === undefined && uriTemplate === undefined ? [title] : [title, name];
  return ([description, ...others].find((text) => typeof text === "string" && text !== "") ?? "") as string;
}

function firstSentence(description: string): string {
  const line = description.trim().split(/\n|(?<=\.)\s/, 1)[0] ?? "";
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
