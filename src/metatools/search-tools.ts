import type { Catalog, ExposedItem } from "../catalog/catalog.ts";
import { nearest } from "../config/nearest.ts";
import { membersOf } from "../wire/walk.ts";
import { failure, textResult } from "./answers.ts";
import { compact } from "./compact.ts";
import type { MetaTool } from "./meta-tool.ts";
import { type Index, indexes } from "./search.ts";
import { printShape, shapeOfSchema } from "./shape.ts";
import type { Shapes } from "./shapes.ts";

const defaultLimit = 5;
const mostTools = 20;
/** Together, but for those of the first tool, which are always given: a client's own limit on a result is about 100 KB. */
const schemaBytes = 64 * 1024;
const descriptionChars = 4000;
const mostServersNamed = 50;

type Asked = {
  readonly query: string;
  readonly limit: number;
  readonly hasSchema: boolean;
  /** As it is configured. */
  readonly server: string | undefined;
};

const definition = {
  name: "search_tools",
  title: "Find tools",
  description: "Find tools by what they do, to call them by their names.",
  inputSchema: {
    type: "object",
    additionalProperties: false,
    required: ["query"],
    properties: {
      query: { type: "string", description: "What the tool does, in a few words" },
      limit: { type: "integer", minimum: 1, maximum: mostTools, default: defaultLimit },
      schema: { type: "boolean", default: true, description: "With input schemas" },
      server: { type: "string", description: "Only of this server" },
    },
  },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  _meta: { "anthropic/alwaysLoad": true },
};

/** Finds tools of the catalog and gives what is needed to call them; `shapes`: what their results have been made of. */
export function searchTools(shapes: Shapes): MetaTool {
  const indexOf = indexes();
  return {
    name: definition.name,
    definition: () => definition,
    begin: ({ arguments: args, catalog, reply }) => {
      const picture = catalog();
      const asked = readAsked(args, picture);
      reply("problem" in asked ? failure("bad_arguments", asked.problem) : found(asked, indexOf(picture), shapes));
      return { cancel: () => {} };
    },
  };
}

function found({ query, limit, hasSchema, server }: Asked, index: Index, shapes: Shapes): string {
  let left = schemaBytes;
  const tools = index.find(query, limit, server).map((tool, place) => {
    const said = partsOf(tool);
    const members = [`"name":${JSON.stringify(tool.exposed)}`];
    if (said.description !== undefined) members.push(`"description":${JSON.stringify(said.description)}`);
    if (hasSchema && said.inputSchema !== undefined) {
      left -= said.inputSchema.length;
      if (left >= 0 || place === 0) members.push(`"inputSchema":${said.inputSchema.toString()}`);
      else members.push(`"note":"its schema is left out here, ${said.inputSchema.length} bytes: search with limit 1"`);
    }
    const returns = said.outputSchema === undefined ? shapes.of(tool.exposed) : shapeOf(said.outputSchema);
    if (hasSchema && returns !== undefined) members.push(`"returns":${returns}`);
    return `{${members.join(",")}}`;
  });
  return textResult(`{"tools":[${tools.join(",")}]}`);
}

/** What a definition says: schemas as they stand, without white space. */
function partsOf({ bytes }: ExposedItem) {
  const parts = new Map([...membersOf(bytes, 0)].map(({ name, start, end }) => [name, bytes.subarray(start, end)]));
  const description = textOf(parts.get("description")) ?? textOf(parts.get("title"));
  const inputSchema = parts.get("inputSchema");
  return {
    description: description?.slice(0, descriptionChars),
    inputSchema: inputSchema === undefined ? undefined : compact(inputSchema),
    outputSchema: parts.get("outputSchema"),
  };
}

function textOf(part: Buffer | undefined): string | undefined {
  return part?.[0] === 0x22 ? (JSON.parse(part.toString()) as string) : undefined;
}

function shapeOf(schema: Buffer): string {
  return printShape(shapeOfSchema(JSON.parse(schema.toString())));
}

function readAsked(args: Buffer, catalog: Catalog): Asked | { readonly problem: string } {
  const { query, limit = defaultLimit, schema = true, server } = JSON.parse(args.toString()) as Record<string, unknown>;
  if (typeof query !== "string") return bad("query", "has to be a text: a few words of what the tool does");
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > mostTools) return bad("limit", `takes 1 to ${mostTools}`);
  if (typeof schema !== "boolean") return bad("schema", "takes true or false");
  if (server === undefined) return { query, limit: count, hasSchema: schema, server };
  if (typeof server !== "string") return bad("server", "has to be a server's name");
  const servers = [...new Set(catalog.tools.map((tool) => tool.server))];
  if (servers.includes(server)) return { query, limit: count, hasSchema: schema, server };
  const near = nearest(server, servers);
  const known = near.length > 0 ? near : servers.slice(0, mostServersNamed);
  return bad(
    "server",
    `there is no ${JSON.stringify(server.slice(0, 80))} with tools; there is ${known.join(", ") || "none at all"}`,
  );
}

function bad(field: string, what: string): { readonly problem: string } {
  return { problem: `search_tools: ${field}: ${what}` };
}
