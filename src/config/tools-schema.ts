import * as z from "zod";
import { text, toolPatterns } from "./fields.ts";

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
