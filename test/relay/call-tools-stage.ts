import { callTool } from "../../src/metatools/call-tool.ts";
import { type CallToolsOptions, callTools } from "../../src/metatools/call-tools.ts";
import { Handles, type HandlesOptions } from "../../src/metatools/handles.ts";
import type { MetaTools } from "../../src/metatools/index.ts";
import { readResult } from "../../src/metatools/read-result.ts";
import { searchTools } from "../../src/metatools/search-tools.ts";
import { Shapes } from "../../src/metatools/shapes.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { systemRandom } from "../../src/ports/random.ts";
import type { Cell } from "../requirements/requirement.ts";
import { open, type Setting, type SettingOptions } from "../support/cells.ts";
import type { Conversation } from "../support/conversation.ts";
import type { FakeClient } from "../support/fake-client.ts";
import type { OnStage } from "../support/stage.ts";

export const cells = ["LL", "LM", "ML", "MM"] as const;

export type Failed = {
  readonly code: string;
  readonly message: string;
  readonly sent?: unknown;
  readonly rpc_code?: number;
};

/** One entry of the result of `call_tools`, parsed. */
export type Result = {
  readonly id?: string;
  readonly ok: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it looks for.
  readonly result?: any;
  readonly error?: Failed;
  readonly results?: readonly Result[];
  readonly failed?: number;
  readonly content?: readonly unknown[];
  readonly missing?: readonly string[];
  readonly truncated?: { readonly shown: number; readonly of: number; readonly result_id?: string };
};

type Options = SettingOptions & {
  readonly together?: Partial<Omit<CallToolsOptions, "clock" | "handles" | "shapes">>;
  readonly kept?: Partial<Omit<HandlesOptions, "clock" | "random">>;
};

/** A cell with all of tutti's own tools, as a configuration makes them. */
export type Planning<N extends string> = Setting<N> & {
  /** Begins a plan of these calls. `meta`: members of `_meta` as they stand. */
  readonly plan: (calls: readonly object[], meta?: string, client?: FakeClient) => Conversation;
  /** Begins a plan of calls that are JSON as they stand. */
  readonly planOf: (calls: string) => Conversation;
  readonly handles: Handles;
};

export async function openPlans<const N extends string>(
  cell: Cell,
  servers: Readonly<Record<N, OnStage>>,
  { together = {}, kept = {}, ...options }: Options = {},
): Promise<Planning<N>> {
  let clock: Clock | undefined;
  const late: Clock = {
    now: () => clock?.now() ?? 0,
    after: (...given) => (clock as Clock).after(...given),
    soon: (task) => (clock as Clock).soon(task),
  };
  const handles = new Handles({ clock: late, random: systemRandom, ...kept });
  const on = await open(cell, servers, { metaTools: ownTools(late, handles, together), ...options });
  clock = on.clock;
  return {
    ...on,
    handles,
    plan: (calls, meta, client) => on.begin("call_tools", { calls }, meta, client),
    planOf: (calls) => on.send("tools/call", `{"name":"call_tools","arguments":{"calls":${calls}}}`),
  };
}

function ownTools(clock: Clock, handles: Handles, some: Options["together"]): MetaTools {
  const bounds = { scope: "all", deadlineMs: 50_000, maxTokens: 20_000, ...some } as const;
  const shapes = new Shapes();
  const several = callTools({ ...bounds, clock, handles, shapes });
  const rest = readResult({ handles, maxTokens: bounds.maxTokens });
  return {
    direct: [several, rest],
    lazy: [searchTools(shapes), several, callTool(shapes), rest],
    longResults: undefined,
  };
}

/** The entries of a result of `call_tools`, which must be one that ran. */
// biome-ignore lint/suspicious/noExplicitAny: whatever came.
export function entriesIn(result: any): readonly Result[] {
  if (result.isError !== false) throw new Error(`Nothing was run: ${JSON.stringify(result)}`);
  return (JSON.parse(result.content[0].text) as { results: readonly Result[] }).results;
}

/** The entries of what a plan comes to. */
export async function entriesOf(plan: Conversation): Promise<readonly Result[]> {
  return entriesIn(await plan.result());
}

/** A result whose one text is this. */
export function said(text: string): string {
  return JSON.stringify({ content: [{ type: "text", text }] });
}

/** A result whose structured content is this, JSON as it stands. */
export function structured(json: string): string {
  return `{"content":[],"structuredContent":${json}}`;
}
