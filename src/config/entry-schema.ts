import * as z from "zod";
import { longestMs, text, toolPatterns, wholeNumber } from "./fields.ts";
import { ownServerSchema } from "./schema.ts";

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
