import type { ExposedItem } from "../../catalog/catalog.ts";
import { prefixOf } from "../../catalog/names.ts";
import type { ServerConfig } from "../../config/config.ts";
import { bytesPerToken } from "../../metatools/budget.ts";
import { type Finding, grouped, listed } from "./finding.ts";
import { unmarkedOf } from "./unmarked.ts";

/** Claude Code cuts what is longer, in characters. */
const longestDescription = 2048;

/** From so many tokens of definitions on, searching for tools costs less than having them all. */
const mostTokens = 10_000;

/** So many tools the programs send to a model; of the first that is exceeded is told. */
const mostTools = [
  [128, "VS Code and OpenAI take 128 at once, Windsurf 100 and Cursor 40", "warning"],
  [100, "Windsurf is said to take 100, and Cursor sends about 40", "note"],
  [40, "Cursor sends about 40 of them", "note"],
] as const;

type Tool = {
  readonly name: string;
  readonly description?: unknown;
  readonly inputSchema: Readonly<Record<string, unknown>>;
};

/** What of a server's tools gives trouble in some program, or costs time there. */
export function aboutTools(config: ServerConfig, tools: readonly ExposedItem[]): readonly Finding[] {
  const { name: server } = config;
  const all = tools.map(({ original, bytes }) => ({ original, tool: JSON.parse(bytes.toString()) as Tool }));
  const those = (isOne: (tool: Tool) => boolean): readonly string[] =>
    all.filter(({ tool }) => isOne(tool)).map(({ original }) => original);
  return [
    ...topLevelUnion(
      server,
      those(({ inputSchema }) => ["oneOf", "anyOf", "allOf"].some((key) => key in inputSchema)),
    ),
    ...reference(
      server,
      those(({ inputSchema }) => hasMember(inputSchema, "$ref")),
    ),
    ...longDescription(
      server,
      those(({ description }) => typeof description === "string" && description.length > longestDescription),
    ),
    ...nameCut(config, tools),
    ...unmarked(server, tools),
  ];
}

/** About so many tokens are definitions of so many bytes. */
export function tokensIn(bytes: number): number {
  return Math.round(bytes / bytesPerToken);
}

/** What it costs to show a model all tools. `lazyTokens`: what those cost that `--lazy` shows instead. */
export function aboutSize(tools: number, tokens: number, lazyTokens: number): readonly Finding[] {
  const findings: Finding[] = [];
  const over = mostTools.find(([most]) => tools > most);
  if (over !== undefined) {
    const cure = `leave some out ("tools": {"exclude": […]} in an entry), or show four tools with which a model searches: --lazy`;
    findings.push({ code: "many_tools", severity: over[2], text: `${grouped(tools)} tools in all: ${over[1]}`, cure });
  }
  if (tokens > mostTokens) {
    const text = `the definitions of all tools cost a model about ${grouped(tokens)} tokens, before it is asked anything`;
    const cure = `where a program does not search for tools by itself, tutti serve --lazy shows it four tools of about ${grouped(lazyTokens)} tokens`;
    findings.push({ code: "many_tokens", severity: "note", text, cure });
  }
  return findings;
}

/** "1 tool has" or "2 tools have", and which. */
function count(names: readonly string[], one: string, several: string): string {
  return `${names.length} ${names.length === 1 ? `tool ${one}` : `tools ${several}`} (${listed(names)})`;
}

function exclusion(names: readonly string[]): string {
  return `"tools": { "exclude": ${JSON.stringify(names)} }`;
}

function topLevelUnion(server: string, names: readonly string[]): readonly Finding[] {
  if (names.length === 0) return [];
  const text = `the input schema of ${count(names, "is", "are")} oneOf, anyOf or allOf at its top: models of Anthropic and OpenAI refuse all tools over it, and Claude Code drops it`;
  const cure = `tell its author; until then leave it out in its entry: ${exclusion(names)}`;
  return [{ code: "schema_top_level_union", server, severity: "warning", text, cure }];
}

function reference(server: string, names: readonly string[]): readonly Finding[] {
  if (names.length === 0) return [];
  const text = `the input schema of ${count(names, "has", "have")} $ref in it, which Gemini CLI refuses`;
  const cure = `only where you use Gemini CLI: leave it out in its entry: ${exclusion(names)}`;
  return [{ code: "schema_reference", server, severity: "note", text, cure }];
}

function longDescription(server: string, names: readonly string[]): readonly Finding[] {
  if (names.length === 0) return [];
  const text = `${count(names, "has a description", "have descriptions")} of more than ${grouped(longestDescription)} characters, the rest of which Claude Code cuts off`;
  return [{ code: "long_description", server, severity: "note", text, cure: "tell its author; it works all the same" }];
}

function nameCut(
  { name: server, prefix, tools: rules }: ServerConfig,
  tools: readonly ExposedItem[],
): readonly Finding[] {
  const cut = tools.flatMap(({ original, exposed }) => {
    const head = prefix ? `${prefixOf(exposed) ?? ""}__` : "";
    const whole = head + (rules.rename.get(original) ?? original);
    return [...whole].length > exposed.length ? [{ original, exposed }] : [];
  });
  if (cut.length === 0) return [];
  const shown = listed(cut.map(({ original, exposed }) => `${original} is ${exposed}`));
  const text = `${cut.length === 1 ? "1 name is" : `${cut.length} names are`} longer than all programs take, and cut (${shown})`;
  const example = Object.fromEntries(cut.slice(0, 1).map(({ original }) => [original, "a shorter one"]));
  const cure = `give better ones in its entry: "tools": { "rename": ${JSON.stringify(example)} }`;
  return [{ code: "name_cut", server, severity: "note", text, cure }];
}

function unmarked(server: string, tools: readonly ExposedItem[]): readonly Finding[] {
  const found = unmarkedOf(tools);
  if (found === undefined) return [];
  const cure = `where they only read, say so in its entry: ${found.entry}`;
  return [{ code: "unmarked_tools", server, severity: "warning", text: found.text, cure }];
}

function hasMember(value: unknown, name: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, name) || Object.values(value).some((one) => hasMember(one, name));
}
