import * as z from "zod";

/** Every default of the file, stated once: the schema shows them, and they fill in what the file leaves out. */
export const defaults = {
  waitMs: 8_000,
  errors: "result",
  instructions: "digest",
  maxMessageBytes: 33_554_432,
  maxDepth: 512,
  logLevel: "info",
  callToolsScope: "non-destructive",
  callToolsDeadlineMs: 50_000,
  callToolsMaxTokens: 20_000,
  resultsMaxTokens: 0,
  httpIdleMs: 1_800_000,
  httpMaxClients: 256,
  httpMaxSets: 16,
  maxConcurrentCalls: 0,
  maxQueuedCalls: 256,
  callTimeoutMs: 300_000,
  callTimeoutCapMs: 3_600_000,
  askTimeoutMs: 300_000,
  connectTimeoutMs: 30_000,
} as const;

/** The longest time that Node's timers hold, about 24 days. */
const longestMs = 2_147_483_647;

const wholeNumber = (least: number, most: number) => z.int().min(least).max(most);
const text = z.string().min(1);
const toolPatterns = z.array(text);

/** What stands beside the servers. */
export const settingsSchema = z.strictObject({
  $schema: z
    .string()
    .optional()
    .describe("Where an editor finds the description of this file. tutti does not read it."),
  startup: z
    .strictObject({
      waitMs: wholeNumber(0, 600_000)
        .default(defaults.waitMs)
        .describe(
          "How long the first lists wait for servers that are still starting, in milliseconds. 0 = not at all. " +
            "Whatever comes later is announced to the client.",
        ),
    })
    .prefault({})
    .describe("What happens while servers start."),
  errors: z
    .enum(["result", "protocol"])
    .default(defaults.errors)
    .describe(
      '"result": whatever fails a tool call comes back as a result with `isError`, which a model can act on. ' +
        '"protocol": servers\' JSON-RPC errors go on unchanged, and an unknown tool is error -32602.',
    ),
  instructions: z
    .enum(["digest", "servers"])
    .default(defaults.instructions)
    .describe(
      'What clients are told for the model. "digest": which servers there are, and what is wrong with any of them. ' +
        '"servers": what the servers say of themselves too, as far as it fits into 2048 characters.',
    ),
  limits: z
    .strictObject({
      maxMessageBytes: wholeNumber(1024, 536_870_912)
        .default(defaults.maxMessageBytes)
        .describe("The longest message that is passed on, in bytes. A longer one fails alone."),
      maxDepth: wholeNumber(16, 10_000)
        .default(defaults.maxDepth)
        .describe("The deepest nesting of objects and lists that is passed on. A deeper message fails alone."),
    })
    .prefault({})
    .describe("Bounds on single messages, in both directions."),
  callTools: z
    .strictObject({
      scope: z
        .enum(["read-only", "non-destructive", "all", "off"])
        .default(defaults.callToolsScope)
        .describe(
          'Which tools `call_tools` reaches. "read-only": those marked `readOnlyHint`; "non-destructive": all but those ' +
            'marked `destructiveHint`; "all": each one, so that one approval in a client approves them all; "off": there is ' +
            "no `call_tools`.",
        ),
      deadlineMs: wholeNumber(1000, 86_400_000)
        .default(defaults.callToolsDeadlineMs)
        .describe(
          "When `call_tools` answers with what it has, in milliseconds: before the client gives up, as many do after 60 s.",
        ),
      maxTokens: wholeNumber(0, 10_000_000)
        .default(defaults.callToolsMaxTokens)
        .describe(
          "About how long its whole result may be, in tokens of four bytes; longer ones are cut where they are longest. " +
            "0 = no bound.",
        ),
    })
    .prefault({})
    .describe("The tool `call_tools`, with which a model calls several tools in one request."),
  results: z
    .strictObject({
      maxTokens: wholeNumber(0, 10_000_000)
        .default(defaults.resultsMaxTokens)
        .describe(
          "The longest result of any tool, in tokens of four bytes; of a longer one a part is given, and the tool " +
            "`read_result` reads the rest. 0 = results pass as they are.",
        ),
    })
    .prefault({})
    .describe("Bounds on what a model gets."),
  http: z
    .strictObject({
      hosts: z
        .array(text)
        .default([])
        .describe("Further values of the Host header that `serve --http` answers, as `tutti.example:8080`."),
      origins: z
        .array(text)
        .default([])
        .describe("Web pages that may use `serve --http`, as `https://app.example`. Empty = none."),
      idleMs: wholeNumber(1000, longestMs)
        .default(defaults.httpIdleMs)
        .describe(
          "When a client that says nothing and waits for nothing is forgotten, and its servers are stopped, in ms.",
        ),
      maxClients: wholeNumber(1, 100_000)
        .default(defaults.httpMaxClients)
        .describe("Clients at once; one more is refused."),
      maxSets: wholeNumber(1, 1000)
        .default(defaults.httpMaxSets)
        .describe("Clients at once that have servers of their own (see `shared`); one more is refused."),
    })
    .prefault({})
    .describe("Serving over HTTP, `tutti serve --http`."),
  caFiles: z
    .array(text)
    .default([])
    .describe("Files (PEM) with certificates of authorities that are trusted beside the usual ones. Paths as `cwd`."),
  log: z
    .strictObject({
      level: z
        .enum(["silent", "error", "warn", "info", "debug"])
        .default(defaults.logLevel)
        .describe("The least important line that is written to stderr."),
    })
    .prefault({})
    .describe("What tutti says on stderr."),
});

const hints = z.looseObject({
  readOnlyHint: z
    .boolean()
    .optional()
    .describe("The tool changes nothing. Several clients run only such tools at once."),
  destructiveHint: z.boolean().optional().describe("The tool may overwrite or delete."),
  idempotentHint: z.boolean().optional().describe("A second call with the same arguments changes nothing more."),
  openWorldHint: z.boolean().optional().describe("The tool reaches beyond its own data, for example into the web."),
  title: z.string().optional().describe("The tool's name for people."),
});

/** Which tools of one server are offered, and how. */
export const toolsSchema = z.strictObject({
  include: toolPatterns.default([]).describe("Only tools that match one of these patterns are offered. Empty = all."),
  exclude: toolPatterns
    .default([])
    .describe("Tools that match one of these patterns are not offered, whatever `include` says."),
  rename: z
    .record(z.string().regex(/^[^*?]+$/, "patterns cannot be renamed. Name one tool."), text.max(128))
    .default({})
    .describe("A tool's own name → the name it is offered under, behind the server's prefix."),
  annotations: z
    .record(text, hints)
    .default({})
    .describe(
      "Pattern → hints that are laid over the server's own. Of two patterns that match one tool, the later wins hint by hint.",
    ),
});

/** tutti's own fields of a server. */
export const ownServerSchema = z.strictObject({
  command: text.optional().describe("The program to start. It speaks MCP over its stdin and stdout."),
  args: z.array(z.string()).optional().describe("The program's arguments."),
  env: z
    .record(
      z.string().regex(/^[^=]+$/, "is no name for a variable. Use letters, digits and _."),
      z.union([z.string(), z.number(), z.boolean()]),
    )
    .optional()
    .describe(
      "Environment variables for the program, beside the few that every server gets (PATH, HOME and the like).",
    ),
  cwd: z
    .string()
    .optional()
    .describe("The folder the program starts in, seen from this file's folder. Absent = this file's folder."),
  url: text
    .optional()
    .describe("The address of a server on the network, with http:// or https://, instead of `command`."),
  type: z
    .enum(["stdio", "local", "http", "streamable-http", "streamableHttp", "sse"])
    .optional()
    .describe(
      "How messages travel. Absent = stdio with `command`, Streamable HTTP with `url`. `local` means stdio; " +
        "`streamable-http` and `streamableHttp` mean http.",
    ),
  headers: z
    .record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, "is no name for a header."), z.string())
    .optional()
    .describe("HTTP headers for every request to the server."),
  prefix: z
    .boolean()
    .default(true)
    .describe(
      "false = its tools and prompts keep their own names, without the server's before them. Of two servers with one " +
        "name the first has it.",
    ),
  shared: z
    .boolean()
    .optional()
    .describe(
      "Over HTTP: whether clients share one process of this server. true = they do, and it can ask them nothing; false = " +
        "each has its own. Absent = shared where no question of the server could reach the wrong client.",
    ),
  disabled: z.boolean().default(false).describe("true = the server is neither started nor offered."),
  maxConcurrentCalls: wholeNumber(0, 100_000)
    .default(defaults.maxConcurrentCalls)
    .describe("Calls running at once; later ones wait. 1 = one after the other, 0 = no bound."),
  maxQueuedCalls: wholeNumber(0, 100_000)
    .default(defaults.maxQueuedCalls)
    .describe("Calls waiting for one of those places; one more is refused. 0 = none may wait."),
  callTimeoutMs: wholeNumber(0, longestMs)
    .optional()
    .meta({ default: defaults.callTimeoutMs })
    .describe("From a call's arrival to its reply, in milliseconds; progress starts it anew. 0 = no deadline."),
  callTimeoutCapMs: wholeNumber(0, longestMs)
    .optional()
    .meta({ default: defaults.callTimeoutCapMs })
    .describe(
      "However much progress a call reports, it ends here, in milliseconds. 0 = no cap. " +
        "Absent = the default, or `callTimeoutMs` where that is longer or 0.",
    ),
  askTimeoutMs: wholeNumber(0, longestMs)
    .default(defaults.askTimeoutMs)
    .describe(
      "How long the client has to answer a question that the server asks during a call, in milliseconds. " +
        "0 = as long as the call may take.",
    ),
  connectTimeoutMs: wholeNumber(1, longestMs)
    .optional()
    .meta({ default: defaults.connectTimeoutMs })
    .describe(
      "From the start of the server to its complete lists, in milliseconds; also for each later request of tutti's own " +
        "(lists again, subscriptions, log level).",
    ),
  tools: z
    .union([toolsSchema, toolPatterns])
    .prefault({})
    .describe("Which tools are offered, and how. A plain list, as Copilot writes it, is `include`, but empty = none."),
});

const seconds = z
  .number()
  .gt(0)
  .max(Math.floor(longestMs / 1000));

/** A server's entry as people write it: tutti's own fields and those of other clients that mean something here. */
export const serverSchema = ownServerSchema.extend({
  httpUrl: text.optional().describe("Gemini CLI's `url` for Streamable HTTP."),
  serverUrl: text.optional().describe("Windsurf's `url`."),
  enabled: z.boolean().optional().describe("false = `disabled`, as Codex and Zed write it."),
  timeout: z
    .number()
    .min(0)
    .max(longestMs)
    .optional()
    .describe(
      "`callTimeoutMs` of other clients: below 1000 seconds (Cline, Roo), above 3600 milliseconds (Claude Code, " +
        "Gemini CLI), between them ignored, because it may be either.",
    ),
  tool_timeout_sec: seconds.optional().describe("Codex's `callTimeoutMs`, in seconds."),
  startup_timeout_sec: seconds.optional().describe("Codex's `connectTimeoutMs`, in seconds."),
  startup_timeout_ms: wholeNumber(1, longestMs).optional().describe("Codex's `connectTimeoutMs`, in milliseconds."),
  includeTools: toolPatterns.optional().describe("Gemini CLI's `tools.include`, but empty = none."),
  enabled_tools: toolPatterns.optional().describe("Codex's `tools.include`, but empty = none."),
  excludeTools: toolPatterns.optional().describe("Gemini CLI's `tools.exclude`."),
  disabledTools: toolPatterns.optional().describe("`tools.exclude` of Roo and Windsurf."),
  disabled_tools: toolPatterns.optional().describe("Codex's `tools.exclude`."),
});

/** An entry that the schema has accepted, with defaults filled in. */
export type ServerEntry = z.output<typeof serverSchema>;
