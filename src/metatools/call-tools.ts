import type { Catalog } from "../catalog/catalog.ts";
import type { Clock } from "../ports/clock.ts";
import { failure } from "./answers.ts";
import { bytesPerToken } from "./budget.ts";
import type { Target } from "./entry.ts";
import type { Handles } from "./handles.ts";
import type { MetaRequest, MetaTool } from "./meta-tool.ts";
import type { Failure } from "./outcomes.ts";
import { mostCalls, type PlannedCall, readPlan } from "./plan.ts";
import { printResults } from "./print-results.ts";
import { type Done, Run } from "./run.ts";
import { refusal, type Scope, TraitsReader, unionOf } from "./scope.ts";
import type { Shapes } from "./shapes.ts";
import { resolveToolName, withoutClientPrefix } from "./tool-names.ts";
import { usageOf } from "./usage.ts";

export type CallToolsOptions = {
  readonly scope: Scope;
  /** For all calls together; what has ended by then is given. 0 means no deadline. */
  readonly deadlineMs: number;
  /** Of the whole result, reckoned by its bytes; 0 means no bound. */
  readonly maxTokens: number;
  readonly clock: Clock;
  readonly handles: Handles;
  /** Learns what results are made of. */
  readonly shapes?: Shapes;
};

const name = "call_tools";
/** What tutti answers itself is not called from here. */
const ownNames: ReadonlySet<string> = new Set([name, "call_tool", "search_tools", "read_result"]);

const definition = {
  name,
  title: "Call several tools in one request",
  description:
    'Call several tools in one request, each exactly as if called on its own. Calls run at the same time unless one uses another\'s result. To use a result, put {"$from":"<id>.<path>"} anywhere in arguments, e.g. {"$from":"a.items[0].id"}; that call starts once the result is ready. If a call fails, the others still run, and every call gets its own result or error. Use it to chain calls without waiting for each result, or when tools can only be called one at a time.',
  inputSchema: {
    type: "object",
    additionalProperties: false,
    required: ["calls"],
    properties: {
      calls: {
        type: "array",
        minItems: 1,
        maxItems: mostCalls,
        items: {
          type: "object",
          required: ["id", "name"],
          properties: {
            id: { type: "string", description: 'Short name for this call, unique in the list, e.g. "a"' },
            name: { type: "string", description: "Tool name" },
            arguments: {
              type: "object",
              additionalProperties: true,
              description: 'Tool arguments; may hold {"$from":...}',
            },
            after: {
              type: "array",
              items: { type: "string" },
              description: "Ids of calls that must succeed first, when no result is used",
            },
            each: {
              type: "string",
              description: 'Path to an array, e.g. "a.items": call once per element, written {"$from":"item.<path>"}',
            },
            pick: {
              type: "array",
              items: { type: "string" },
              description: 'Return only these paths, e.g. "items[*].title"; [] returns only the status',
            },
          },
        },
      },
    },
  },
};

/**
 * Calls many tools in one request, whatever they need of each other, and gives each its own result or error. Nothing runs
 * where the plan itself is wrong, and only then the whole result is an error.
 */
export function callTools(options: CallToolsOptions): MetaTool {
  const { scope, clock, handles, deadlineMs, shapes } = options;
  const traits = new TraitsReader();
  return {
    name,
    definition: (catalog) => ({
      ...definition,
      annotations: unionOf(catalog, scope, traits),
      _meta: { "anthropic/alwaysLoad": true },
    }),
    begin: (request) => {
      const plan = readPlan(request.arguments);
      if ("problem" in plan) {
        request.reply(failure("bad_arguments", `${name}: ${plan.problem}. Nothing was run.`));
        return { cancel: () => {} };
      }
      const catalog = request.catalog();
      const targets = new Map<string, Target | Failure>();
      const target = (call: PlannedCall): Target | Failure => {
        let known = targets.get(call.name);
        if (known === undefined) {
          known = targetOf(call, catalog, scope, traits);
          targets.set(call.name, known);
        }
        return known;
      };
      const note = (tool: string, result: Buffer): void => shapes?.note(tool, result);
      const run = new Run(plan, request, { clock, handles, deadlineMs, target, note }, (done) =>
        request.reply(resultOf(done, request, options)),
      );
      run.start();
      return { cancel: (reason) => run.cancel(reason), hold: () => run.hold() };
    },
  };
}

function targetOf(call: PlannedCall, catalog: Catalog, scope: Scope, reader: TraitsReader): Target | Failure {
  const own = withoutClientPrefix(call.name);
  const tool = resolveToolName(call.name, catalog);
  // A server's tool that is called the same is meant where the name says whose it is.
  const isServers = "exposed" in tool && call.name.endsWith(tool.exposed);
  if (ownNames.has(own) && !isServers) {
    return { code: "out_of_scope", message: `"${own}" cannot be called from ${name}; call it on its own` };
  }
  if ("problem" in tool) return { code: "unknown_tool", message: tool.problem };
  const traits = reader.of(tool);
  const refused = refusal(scope, tool.exposed, traits.hints);
  return refused === undefined ? { tool, traits } : { code: "out_of_scope", message: refused };
}

function resultOf(done: Done, { owner }: MetaRequest, { maxTokens, handles }: CallToolsOptions): string {
  const { text, media } = printResults(done.entries, {
    mostBytes: maxTokens * bytesPerToken,
    keep: (value) => handles.keep(owner, value),
  });
  const usage = usageOf(
    done,
    media.reduce((size, block) => size + block.length, text.length),
  );
  // Of bytes that stand for characters JSON.stringify escapes the same ones as of the characters.
  const blocks = [`{"type":"text","text":${JSON.stringify(text)}}`, ...media.map((block) => block.toString("latin1"))];
  return `{"content":[${blocks.join(",")}],"isError":false,"_meta":{"tutti/usage":${JSON.stringify(usage)}}}`;
}
