import * as z from "zod";

/**
 * What the clients built on the official SDK insist on: they refuse a whole list over one definition that differs
 * (https://modelcontextprotocol.io/specification/2025-11-25/schema). Members that it does not name may be anything.
 */

const text = z.string();
const key = z.string().min(1);

/** A schema of objects, the only ones that every client takes. */
export const objectSchema = z.looseObject({
  type: z.literal("object"),
  properties: z.record(text, z.looseObject({})).optional(),
  required: z.array(text).optional(),
});

const base = {
  title: text.optional(),
  description: text.optional(),
  icons: z
    .array(
      z.looseObject({
        src: text,
        mimeType: text.optional(),
        sizes: z.array(text).optional(),
        theme: z.enum(["light", "dark"]).optional(),
      }),
    )
    .optional(),
  _meta: z.looseObject({}).optional(),
};

const hints = z.looseObject({
  title: text.optional(),
  readOnlyHint: z.boolean().optional(),
  destructiveHint: z.boolean().optional(),
  idempotentHint: z.boolean().optional(),
  openWorldHint: z.boolean().optional(),
});

const resource = {
  ...base,
  name: text,
  mimeType: text.optional(),
  annotations: z
    .looseObject({
      audience: z.array(z.enum(["user", "assistant"])).optional(),
      priority: z.number().min(0).max(1).optional(),
      lastModified: z.iso.datetime({ offset: true }).optional(),
    })
    .optional(),
};

/** One for each kind of definition. */
export const shapes = {
  tools: z.looseObject({
    ...base,
    name: key,
    inputSchema: objectSchema,
    // Any JSON schema; what not every client takes is made to fit where the definition is exposed.
    outputSchema: z.union([z.boolean(), z.looseObject({ $schema: text.optional() })]).optional(),
    annotations: hints.optional(),
    execution: z.looseObject({ taskSupport: z.enum(["required", "optional", "forbidden"]).optional() }).optional(),
  }),
  prompts: z.looseObject({
    ...base,
    name: key,
    arguments: z
      .array(z.looseObject({ name: text, description: text.optional(), required: z.boolean().optional() }))
      .optional(),
  }),
  resources: z.looseObject({ ...resource, uri: key, size: z.number().optional() }),
  templates: z.looseObject({ ...resource, uriTemplate: key }),
} as const;
