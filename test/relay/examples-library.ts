import type { Cell } from "../requirements/requirement.ts";
import type { Example, Exchange, Members } from "../spec/example.ts";
import * as older from "../spec/examples-2025-11-25.ts";
import * as newer from "../spec/examples-2026-07-28.ts";
import { newerTools, prompts, resources, taskTools, templates, tools } from "../spec/examples-definitions.ts";
import type { Revision } from "../spec/schema.ts";
import { clientEra, open, type Setting } from "../support/cells.ts";
import type { OnStage } from "../support/stage.ts";

/** The examples of an era, and the cell in which both sides speak it. */
export type Side = {
  readonly cell: Cell;
  readonly revision: Revision;
  readonly examples: readonly Example[];
};

export const sides: readonly Side[] = [
  { cell: "LL", revision: "2025-11-25", examples: older.examples20251125 },
  { cell: "MM", revision: "2026-07-28", examples: newer.examples20260728 },
];

/** A client that can do everything, and a server `library` that has all that the examples name. */
export async function library(cell: Cell, script: OnStage = {}): Promise<Setting<"library">> {
  const isOlder = clientEra(cell) === "legacy";
  const { clientCapabilities, serverCapabilities } = isOlder ? older : newer;
  const all: OnStage = {
    tools: [...tools, ...(isOlder ? taskTools : newerTools)],
    prompts,
    resources,
    templates,
    capabilities: serverCapabilities,
    ...script,
  };
  return await open(cell, { library: all }, { client: { capabilities: clientCapabilities }, errors: "protocol" });
}

export function exchangesOf(examples: readonly Example[]): readonly Exchange[] {
  return examples.filter((example) => example.kind === "exchange");
}

/** A message as it is sent. */
export function line(members: Members): string {
  return JSON.stringify({ jsonrpc: "2.0", ...members });
}

/** Params as a client writes them: tools and prompts under the names that it sees. */
export function asExposed(method: string, params: Members | undefined): Members | undefined {
  if (method === "tools/call" || method === "prompts/get") return { ...params, name: exposed(params?.["name"]) };
  const ref = params?.["ref"] as Members | undefined;
  return ref?.["type"] === "ref/prompt" ? { ...params, ref: { ...ref, name: exposed(ref["name"]) } } : params;
}

function exposed(name: unknown): string {
  return `library__${name}`;
}

/** Params as they are passed on, with the token of whoever passes them on. */
export function withToken(params: Members | undefined, token: number): Members | undefined {
  const meta = params?.["_meta"] as Members | undefined;
  return meta?.["progressToken"] === undefined ? params : { ...params, _meta: { ...meta, progressToken: token } };
}

/** The params of a question as the person sees them: a message says whose it is. */
export function asShown(method: string, params: Members | undefined): Members | undefined {
  return method === "elicitation/create" ? { ...params, message: `library: ${params?.["message"]}` } : params;
}

/** A result as the person sees its questions. */
export function withShown(result: Members): Members {
  const requests = result["inputRequests"] as
    | Readonly<Record<string, { method: string; params?: Members }>>
    | undefined;
  if (requests === undefined) return result;
  const shown = Object.entries(requests).map(([key, { method, params }]) => {
    return [key, params === undefined ? { method } : { method, params: asShown(method, params) }];
  });
  return { ...result, inputRequests: Object.fromEntries(shown) };
}
