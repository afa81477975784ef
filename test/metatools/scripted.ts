import { buildCatalog, type Catalog, expose } from "../../src/catalog/catalog.ts";
import { emptyOffer } from "../../src/catalog/definition.ts";
import { type CallToolsOptions, callTools } from "../../src/metatools/call-tools.ts";
import { Handles } from "../../src/metatools/handles.ts";
import type { Answers, MetaCall, MetaRequest, MetaTool, Outcome } from "../../src/metatools/meta-tool.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { noRules } from "../catalog/offered.ts";
import { fakeClock } from "../support/clock.ts";

/** Tools of each server of `catalogOf`, by what their annotations say. */
const toolKinds: Readonly<Record<string, object>> = {
  plain: {},
  read: { annotations: { readOnlyHint: true } },
  write: { annotations: { readOnlyHint: false, destructiveHint: false } },
  destroy: { annotations: { destructiveHint: true } },
  typed: {
    inputSchema: { type: "object", required: ["number"], properties: { number: { type: "integer" } } },
  },
};

/** Servers that each have a tool of every kind: `one__plain`, `one__read`, `one__write`, `one__destroy`, `one__typed`. */
export function catalogOf(...servers: readonly string[]): Catalog {
  const definitions = Object.entries(toolKinds).map(([name, more]) => {
    const definition = { name, inputSchema: { type: "object" }, ...more };
    return { key: name, bytes: Buffer.from(JSON.stringify(definition)) };
  });
  const offer = { ...emptyOffer, tools: { ...emptyOffer.tools, definitions } };
  return buildCatalog(servers.map((server) => expose(server, server, noRules, offer).exposed));
}

/** An inner call that a meta-tool has made. */
export type Sent = {
  readonly tool: string;
  /** Parsed. */
  readonly args: unknown;
  readonly bytes: string;
  readonly answers: Answers | undefined;
  readonly end: (outcome: Outcome) => void;
  /** Ends it with a result that has this as its only text, or its structured content where it is an object or array. */
  readonly give: (value: unknown) => void;
  cancelled: string | undefined;
  isOver: boolean;
};

/** The client's side of one call of a meta-tool, and the servers' side of what it calls. */
export type Scripted = {
  readonly sent: readonly Sent[];
  /** Those that are under way now. */
  readonly running: () => readonly Sent[];
  /** The one call of this tool that is under way. */
  readonly call: (tool: string) => Sent;
  readonly names: () => readonly string[];
  readonly progress: readonly (readonly [number, number, string])[];
  /** What the client was asked and has not come back with, parsed. */
  readonly asked: () => Readonly<Record<string, unknown>> | undefined;
  readonly comeBack: (answers: object) => void;
  readonly abandon: () => void;
  readonly cancel: (reason: string) => void;
  readonly replies: readonly string[];
  /** The one reply, parsed. */
  readonly reply: () => Reply;
  /** The entries of the one reply, parsed. */
  readonly results: () => readonly Result[];
};

export type Reply = {
  readonly content: readonly { readonly type: string; readonly text: string }[];
  readonly isError?: boolean;
  readonly _meta?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

export type Failed = { readonly code: string; readonly message: string; readonly sent?: unknown };

export type Result = {
  readonly id?: string;
  readonly ok: boolean;
  readonly result?: unknown;
  readonly error?: Failed;
  readonly results?: readonly Result[];
  readonly failed?: number;
  readonly truncated?: Readonly<Record<string, unknown>>;
};

/** A result that a tool gives. */
export function resultOf(value: unknown): Outcome {
  const result =
    typeof value === "string"
      ? { content: [{ type: "text", text: value }] }
      : { content: [], structuredContent: value };
  return { kind: "result", result: Buffer.from(JSON.stringify(result)) };
}

/** A result with `isError`; `mark`: as tutti writes it. */
export function errorOf(text: string, mark?: object): Outcome {
  const meta = mark === undefined ? {} : { _meta: { "tutti/error": mark } };
  const result = { content: [{ type: "text", text }], isError: true, ...meta };
  return { kind: "result", result: Buffer.from(JSON.stringify(result)) };
}

export function asksOf(inputRequests: object | undefined, requestState?: string): Outcome {
  return {
    kind: "asks",
    inputRequests: inputRequests === undefined ? undefined : Buffer.from(JSON.stringify(inputRequests)),
    requestState: requestState === undefined ? undefined : Buffer.from(JSON.stringify(requestState)),
  };
}

/** A place for tests of meta-tools: its clock and handles, and `begin` for calls of one client's. */
export function stage(options: Partial<CallToolsOptions> & { readonly catalog?: Catalog } = {}) {
  const { catalog = catalogOf("one", "two"), ...more } = options;
  const clock = fakeClock();
  const handles = new Handles({ clock, random: systemRandom });
  const tool = callTools({ scope: "all", deadlineMs: 50_000, maxTokens: 20_000, clock, handles, ...more });
  const owner = {};
  const begin = (args: object | string, who: object = owner): Scripted => script(tool, args, who, catalog);
  /** Runs a plan of these calls. */
  const run = (calls: readonly object[], who: object = owner): Scripted => begin({ calls }, who);
  return { clock, handles, tool, catalog, owner, begin, run };
}

/** Calls a meta-tool. */
export function script(tool: MetaTool, args: object | string, owner: object, catalog: Catalog): Scripted {
  const sent: Sent[] = [];
  const progress: [number, number, string][] = [];
  const replies: string[] = [];
  let asking: { requests: Buffer; resumed: (responses: Buffer) => void; abandoned: () => void } | undefined;
  let isReturned = false;
  const request: MetaRequest = {
    arguments: Buffer.from(typeof args === "string" ? args : JSON.stringify(args)),
    owner,
    catalog: () => catalog,
    progress: (...told) => void progress.push(told),
    call: (name, bytes, settled, answers) => {
      const one = sentCall(name, bytes, settled, answers);
      sent.push(one);
      return { cancel: (reason) => cancelOnce(one, reason) };
    },
    ask: (requests, resumed, abandoned) => {
      if (asking !== undefined) throw new Error("asked while asking");
      asking = { requests, resumed, abandoned };
    },
    refuse: () => {
      throw new Error("refused");
    },
    reply: (result) => void replies.push(Buffer.from(result, "latin1").toString()),
  };
  const taken = () => {
    const now = asking;
    asking = undefined;
    if (now === undefined) throw new Error("nothing is asked");
    return now;
  };
  const call: MetaCall = tool.begin(request);
  isReturned = true;
  const reply = (): Reply => {
    if (replies.length !== 1 || !isReturned) throw new Error(`${replies.length} replies`);
    return JSON.parse(replies[0] as string) as Reply;
  };
  const running = () => sent.filter(({ isOver }) => !isOver);
  return {
    sent,
    running,
    call: (name) => {
      const found = running().filter((one) => one.tool === name);
      if (found.length !== 1) throw new Error(`${found.length} calls of ${name} run`);
      return found[0] as Sent;
    },
    names: () => running().map((one) => one.tool),
    progress,
    asked: () =>
      asking === undefined ? undefined : (JSON.parse(asking.requests.toString()) as Record<string, unknown>),
    comeBack: (answers) => taken().resumed(Buffer.from(JSON.stringify(answers))),
    abandon: () => taken().abandoned(),
    cancel: (reason) => call.cancel(reason),
    replies,
    reply,
    results: () => (JSON.parse(reply().content[0]?.text ?? "") as { results: readonly Result[] }).results,
  };
}

function sentCall(
  tool: string,
  bytes: Buffer,
  settled: (outcome: Outcome) => void,
  answers: Answers | undefined,
): Sent {
  const one: Sent = {
    tool,
    args: JSON.parse(bytes.toString()),
    bytes: bytes.toString(),
    answers,
    end: (outcome) => {
      if (one.isOver) throw new Error(`${tool} has ended already`);
      one.isOver = true;
      settled(outcome);
    },
    give: (value) => one.end(resultOf(value)),
    cancelled: undefined,
    isOver: false,
  };
  return one;
}

function cancelOnce(one: Sent, reason: string): boolean {
  if (one.isOver) throw new Error(`${one.tool} is cancelled after its end`);
  one.isOver = true;
  one.cancelled = reason;
  return true;
}
