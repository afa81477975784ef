import * as z from "zod";
import { longestMs, text, toolPatterns, wholeNumber } from "./fields.ts";
import { lifeFields } from "./life-schema.ts";
import { oauthSchema } from "./oauth-schema.ts";
import { toolsSchema } from "./tools-schema.ts";

/** Every default of the file, stated once: the schema shows them, and they fill in what the file leaves out. */
export const defaults = {
  startupMode: "cached",
  waitMs: 8_000,
  errors: "result",
  instructions: "digest",
  pins: "warn",
  hygiene: "flag",
  maxMessageBytes: 33_554_432,
  maxDepth: 512,
  maxOpenRequests: 1024,
  maxHeldBytes: 268_435_456,
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
  maxQueuedBytes: 16_777_216,
  callTimeoutMs: 300_000,
  callTimeoutCapMs: 3_600_000,
  askTimeoutMs: 300_000,
  connectTimeoutMs: 30_000,
} as const;

const pinsSchema = z.enum(["off", "warn", "quarantine"]);

/** What stands beside the servers. */
export const settingsSchema = z.strictObject({
  $schema: z
    .string()
    .optional()
    .describe("Where an editor finds the description of this file. tutti does not read it."),
  startup: z
    .strictObject({
      mode: z
        .enum(["cached", "waiting", "lazy"])
        .default(defaults.startupMode)
        .describe(
          'What the first lists say of servers that are still starting. "cached": what they offered at an earlier start; ' +
            'servers of which nothing is known are waited for. "waiting": all are waited for. "lazy": as "cached", and a ' +
            "server of which something is known starts only when a call needs it.",
        ),
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
  pins: pinsSchema
    .default(defaults.pins)
    .describe(
      "What happens when a server defines its tools, prompts, resource templates or instructions otherwise than when it was " +
        'first seen, or defines new ones. "warn": they are passed on, and the log and `tutti check` say it. "quarantine": they ' +
        'are withheld until `tutti approve SERVER`; all else of the server works. "off": nothing is compared.',
    ),
  hygiene: z
    .enum(["flag", "strip"])
    .default(defaults.hygiene)
    .describe(
      "What happens to characters in definitions that nobody sees and that can hide a text from people: control, zero-width, " +
        'bidi and tag characters. "flag": the log and `tutti check` name the definition. "strip": they are also taken out of ' +
        "titles and descriptions.",
    ),
  limits: z
    .strictObject({
      maxMessageBytes: wholeNumber(1024, 536_870_912)
        .default(defaults.maxMessageBytes)
        .describe("The longest message that is passed on, in bytes. A longer one fails alone."),
      maxDepth: wholeNumber(16, 10_000)
        .default(defaults.maxDepth)
        .describe("The deepest nesting of objects and lists that is passed on. A deeper message fails alone."),
      maxOpenRequests: wholeNumber(1, 60_000)
        .default(defaults.maxOpenRequests)
        .describe(
          "Requests of one client that may be open at once, over stdio and HTTP alike; one more is refused at once.",
        ),
      maxHeldBytes: wholeNumber(1024, 17_179_869_184)
        .default(defaults.maxHeldBytes)
        .describe(
          "Bytes of all that is kept of messages, together: open requests, what clients and servers have not read yet, " +
            "results that plans and parked calls keep, and messages that have not come whole. Near it requests of those who " +
            "have most of it are refused, beyond it all.",
        ),
    })
    .prefault({})
    .describe("Bounds on single messages, in both directions, and on what is under way at once."),
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
        .describe("The least important line that is written."),
      file: z
        .boolean()
        .default(true)
        .describe(
          "Whether `serve` keeps its log in the state folder too, for `tutti logs`; the last 4 MiB of each run.",
        ),
    })
    .prefault({})
    .describe("What tutti says on stderr, and in a file."),
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
  oauth: z
    .union([oauthSchema, z.literal(false)])
    .optional()
    .describe(
      "How tutti signs in to the server where that wants it, after `tutti login`. Absent = as the server says; false = not at " +
        "all. An `Authorization` in `headers` goes before it.",
    ),
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
  pins: pinsSchema.optional().describe("As `pins` beside the servers, for this one. Absent = as there."),
  disabled: z.boolean().default(false).describe("true = the server is neither started nor offered."),
  maxConcurrentCalls: wholeNumber(0, 100_000)
    .default(defaults.maxConcurrentCalls)
    .describe("Calls running at once; later ones wait. 1 = one after the other, 0 = no bound."),
  maxQueuedCalls: wholeNumber(0, 100_000)
    .default(defaults.maxQueuedCalls)
    .describe(
      "Calls waiting for one of those places; one more is refused, and one that would wait longer than its " +
        "`callTimeoutMs` too. Clients take turns. 0 = none may wait.",
    ),
  maxQueuedBytes: wholeNumber(1024, 1_073_741_824)
    .default(defaults.maxQueuedBytes)
    .describe(
      "Bytes of calls that wait: for one of those places, for the server to start, or for it to read what it was sent. " +
        "One more call is refused.",
    ),
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
  ...lifeFields,
  tools: z
    .union([toolsSchema, toolPatterns])
    .prefault({})
    .describe("Which tools are offered, and how. A plain list, as Copilot writes it, is `include`, but empty = none."),
});
