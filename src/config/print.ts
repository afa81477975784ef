// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what the page explains
import * as z from "zod";
import { serverSchema } from "./entry-schema.ts";
import { oauthSchema } from "./oauth-schema.ts";
import { ignoredServerKeys, ignoredTopKeys } from "./other-clients.ts";
import { ownServerSchema, settingsSchema } from "./schema.ts";
import { toolsSchema } from "./tools-schema.ts";

/** `servers.schema.json`: what an editor needs to help with the file (JSON Schema draft 7, which VS Code reads). */
export function printSchema(): string {
  const servers = z.record(
    z.string().min(1).max(128),
    serverSchema.extend(ignoredFields(ignoredServerKeys)).meta({ id: "Server" }),
  );
  const file = settingsSchema
    .extend({
      mcpServers: servers.optional().describe("The servers: each one's name and its entry."),
      servers: servers.optional().describe("The same as `mcpServers`, as VS Code writes it."),
      ...ignoredFields(ignoredTopKeys),
    })
    .meta({ title: "tutti's servers.json", allowComments: true, allowTrailingCommas: true });
  return `${JSON.stringify(toJsonSchema(file), null, 2)}\n`;
}

/** `docs/config.md`: the page for people. */
export function printDocs(): string {
  const own = toJsonSchema(ownServerSchema);
  const all = toJsonSchema(serverSchema);
  const foreign = Object.entries(all.properties ?? {}).filter(([key]) => !own.properties?.[key]);
  const hints = toJsonSchema(toolsSchema).properties?.["annotations"]?.additionalProperties;
  return [
    intro,
    places,
    variables,
    "## A server\n\nThe name is any text of 1 to 128 characters. Only `command` or `url` is needed.",
    fieldTable(Object.entries(own.properties ?? {})),
    `## \`tools\`\n\n${tools}`,
    fieldTable(Object.entries(toJsonSchema(toolsSchema).properties ?? {})),
    "The hints that clients know, each for `annotations`; other keys are passed on as they are:",
    fieldTable(Object.entries((typeof hints === "object" && hints.properties) || {})),
    `## \`oauth\`\n\n${oauth}`,
    fieldTable(Object.entries(toJsonSchema(oauthSchema).properties ?? {})),
    "## Beside the servers\n\nSettings of tutti as a whole, at the top of the file.",
    fieldTable(settingFields()),
    secrets,
    otherClients,
    "### Taken for ours",
    fieldTable(foreign),
    "### Without effect",
    reasonTable(ignoredServerKeys, "Key of a server"),
    reasonTable(ignoredTopKeys, "Key beside the servers"),
  ]
    .join("\n\n")
    .concat("\n");
}

/** The example that opens the page; a test loads it. */
export const docsExample = `{
  "mcpServers": {
    // A program that is started here. Four calls run at once; the token comes from the environment.
    "github": {
      "command": "npx",
      "args": ["-y", "some-server"],
      "env": { "TOKEN": "\${GITHUB_TOKEN}" },
      "maxConcurrentCalls": 4,
      "callTimeoutMs": 60000,
      "tools": {
        "exclude": ["delete_*"],
        "rename": { "search_code": "code" },
        "annotations": { "get_*": { "readOnlyHint": true } },
      },
    },
    // A server on the network.
    "docs": { "url": "https://docs.example.com/mcp", "headers": { "Authorization": "Bearer \${DOCS_TOKEN:-none}" } },
  },
}`;

const intro = `# Configuration

<!-- Printed from src/config by tools/print-docs.mjs. Change it there. -->

tutti reads a \`servers.json\`: the servers, and little else. Comments and trailing commas are fine. Entries from the
configuration of Claude Desktop, Claude Code, VS Code, Cursor, Gemini CLI, Copilot CLI, Cline, Roo and Windsurf work as
they are.

\`\`\`jsonc
${docsExample}
\`\`\`

What is wrong is said with file, line, server and field, and nothing starts until it is right. With
\`"$schema": "./servers.schema.json"\` at the top (or wherever you keep that file) an editor knows every field.`;

const places = `## Where it is found

The first of these that is there:

1. \`--config FILE\`, also several times: the servers of all files count, in their order, and a name may occur once.
   A setting that two files give has the later file's value.
2. \`TUTTI_CONFIG\`, the path of one file.
3. \`servers.json\` in the current folder. It says which programs are started, so start tutti in folders you trust. The
   one that comes with tutti, in a clone, comes after yours.
4. \`$XDG_CONFIG_HOME/tutti/servers.json\`, or \`~/.config/tutti/servers.json\` without that variable; on macOS also
   \`~/Library/Application Support/tutti/servers.json\`, on Windows also \`%APPDATA%\\tutti\\servers.json\`.

## When it changes

\`tutti serve\` notices within half a second that one of its files is another, also where an editor puts a new file in its
place or a link leads elsewhere, and reads them all again. On Linux and macOS \`kill -HUP\` has it do so at once
([signals](processes.md#when-tutti-ends)).

- Servers whose entries are as they were keep their process and their calls. New ones start beside them; as soon as these
  are ready or have failed, at most after \`startup.waitMs\`, everything is swapped at once, and the client hears once that
  its lists are others.
- A server that was taken away, disabled or changed in any way gets no new calls. Those under way there have 5 s to be
  answered, then it ends. One that was changed has been started anew by then.
- A configuration with an error changes nothing. The log says file, line and cure, and so does \`tutti status\`.
- Settings beside the servers count from the next start; the log names those that are others.
- Which files they are, and the environment that their variables come from, stay what they were at the start.`;

const variables = `## Variables

In \`command\`, \`args\`, \`env\`, \`cwd\`, \`url\`, \`headers\`, and \`clientId\` and \`clientSecret\` of \`oauth\`:

| Written | Becomes |
|---|---|
| \`\${NAME}\`, \`\${env:NAME}\` | the environment variable. Not set = an error, unless the server is disabled. |
| \`\${NAME:-default}\`, \`\${env:NAME:-default}\` | the variable, or the default where it is not set or empty. The default may hold variables. |
| \`\${workspaceFolder}\` | the folder of this file |
| \`\${userHome}\`, and \`~/\` at the start of \`command\`, \`cwd\` or one of \`args\` | your home folder |
| \`$\${\` | a plain \`\${\` |
| \`$NAME\` | stays as it is |`;

const tools = `Patterns know \`*\` (any characters) and \`?\` (one character), and stand for a tool's own name, without the server's
prefix. A list of patterns that is written instead of the object is \`include\`.

Several clients run only those tools at once that say \`readOnlyHint\`. Where a server does not say it, you can, with
\`annotations\`; it should be true.`;

const oauth = `A server at a URL that wants to know who asks says so when it is spoken to; \`tutti login SERVER\` signs in to it, in your
browser, and tutti renews what it gets from then on. Nearly always nothing has to be configured for that.`;

const secrets = `## Secrets

Values that come from variables, all values in \`env\` and all headers are replaced wherever tutti writes something
for people, if they have six characters or more. Paths are not, unless the name of their variable says that they are secret.`;

const otherClients = `## Keys of other clients

Keys that nobody knows are errors. Keys that another client knows are taken for ours where they mean the same, and
otherwise named once at the start. Where ours is given too, ours wins; what any list excludes is excluded.`;

/** As much of JSON Schema as our own schemas come to. */
type JsonSchema = {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
};

type Field = readonly [name: string, schema: JsonSchema];

function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: "input", target: "draft-7" }) as JsonSchema;
}

function ignoredFields(ignored: ReadonlyMap<string, string>): Record<string, z.ZodOptional<z.ZodUnknown>> {
  const fields = [...ignored].map(([key, reason]) => [key, z.unknown().optional().describe(`Ignored: ${reason}.`)]);
  return Object.fromEntries(fields);
}

/** Groups are written out: `limits.maxDepth`. */
function settingFields(): Field[] {
  return Object.entries(toJsonSchema(settingsSchema).properties ?? {}).flatMap(([name, schema]): Field[] =>
    schema.properties
      ? Object.entries(schema.properties).map(([inner, field]) => [`${name}.${inner}`, field])
      : [[name, schema]],
  );
}

function fieldTable(fields: readonly Field[]): string {
  const rows = fields.map(([name, schema]) => {
    const fallback = schema.default === undefined ? "" : `\`${JSON.stringify(schema.default)}\``;
    return [`\`${name}\``, typeText(schema), fallback, schema.description ?? ""];
  });
  return table(["Field", "Type", "Default", "Meaning"], rows);
}

function reasonTable(reasons: ReadonlyMap<string, string>, title: string): string {
  const keysOf = new Map<string, string[]>();
  for (const [key, reason] of reasons) keysOf.set(reason, [...(keysOf.get(reason) ?? []), `\`${key}\``]);
  return table(
    [title, "Why"],
    [...keysOf].map(([reason, keys]) => [keys.join(", "), reason]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

function typeText(schema: JsonSchema): string {
  const { type, enum: words, anyOf, items, minimum, maximum, additionalProperties: values } = schema;
  if (schema.const !== undefined) return `${schema.const}`;
  if (words) return words.map((word) => `\`${word}\``).join(", ");
  if (anyOf) return anyOf.map(typeText).join(" or ");
  if (Array.isArray(type)) return type.map((each) => typeText({ type: each })).join(" or ");
  if (type === "array") return `list of ${items ? typeText(items) : "anything"}`;
  if (type === "object")
    return typeof values === "object" && values.type !== "object" ? `object of ${typeText(values)}` : "object";
  if (type === "string") return "text";
  if (type === "boolean") return "true or false";
  const range = maximum === undefined ? "" : `, ${minimum ?? `above ${schema.exclusiveMinimum}`} to ${maximum}`;
  return `${type === "integer" ? "whole number" : "number"}${range}`;
}
