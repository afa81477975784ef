import type { ToolRules } from "../config/config.ts";
import { encodeString } from "../wire/message.ts";
import { type Definition, exposeDefinition } from "./definition.ts";
import { matches } from "./glob.ts";
import { exposedNames } from "./names.ts";

/** Where a call of an exposed tool goes. */
export type Route = {
  /** The configured name of the server. */
  readonly server: string;
  /** The tool's original name as a JSON string, in bytes. */
  readonly original: string;
};

/** One tool of the catalog. */
export type ExposedTool = {
  readonly exposed: string;
  readonly original: string;
  readonly server: string;
  /** The definition as clients get it. */
  readonly bytes: Buffer;
};

/** The immutable picture of all that is offered now. A new one is built whenever a server's offer changes. */
export type Catalog = {
  readonly tools: readonly ExposedTool[];
  /** The result of `tools/list`, in bytes: all tools on one page, servers in the order of the configuration. */
  readonly toolList: () => Buffer;
  /** The route for an exposed name. */
  readonly route: (exposed: string) => Route | undefined;
  /** The route for an original name, without its server's prefix, where only one server has a tool of that name. */
  readonly routeOfOriginal: (original: string) => Route | undefined;
};

/** One server's tools as clients see them, and what was left out, a sentence each. */
export function exposeTools(
  server: string,
  prefix: string,
  rules: ToolRules,
  definitions: readonly Definition[],
): { readonly tools: readonly ExposedTool[]; readonly leftOut: readonly string[] } {
  const leftOut: string[] = [];
  const offered = new Map<string, Definition>();
  for (const definition of definitions) {
    if (!isOffered(definition.name, rules)) continue;
    if (offered.has(definition.name)) leftOut.push(`tool "${definition.name}" is listed twice; the first one counts`);
    else offered.set(definition.name, definition);
  }
  const names = [...offered.keys()];
  const exposed = exposedNames(
    prefix,
    names.map((name) => rules.rename.get(name) ?? name),
  );
  const tools = new Map<string, ExposedTool>();
  for (const [index, original] of names.entries()) {
    const name = exposed[index] as string;
    if (tools.has(name)) leftOut.push(`tool "${original}" would have the same name as another, ${name}`);
    else {
      const bytes = exposeDefinition(offered.get(original) as Definition, name, rules.annotations);
      tools.set(name, { exposed: name, original, server, bytes });
    }
  }
  return { tools: [...tools.values()], leftOut };
}

/** `tools` in the order in which clients get them; exposed names are unique, because prefixes are. */
export function buildCatalog(tools: readonly ExposedTool[]): Catalog {
  const exposed = new Map<string, Route>();
  const originals = new Map<string, Route | undefined>();
  for (const tool of tools) {
    const route = { server: tool.server, original: encodeString(tool.original) };
    exposed.set(tool.exposed, route);
    originals.set(tool.original, originals.has(tool.original) ? undefined : route);
  }
  let toolList: Buffer | undefined;
  return {
    tools,
    toolList: () => {
      toolList ??= listOf(tools);
      return toolList;
    },
    route: (name) => exposed.get(name),
    routeOfOriginal: (name) => originals.get(name),
  };
}

function listOf(tools: readonly ExposedTool[]): Buffer {
  const list = tools.flatMap(({ bytes }, index) => (index === 0 ? [bytes] : [Buffer.from(","), bytes]));
  return Buffer.concat([Buffer.from('{"tools":['), ...list, Buffer.from("]}")]);
}

function isOffered(name: string, { include, exclude }: ToolRules): boolean {
  const isIncluded = include.length === 0 || include.some((pattern) => matches(pattern, name));
  return isIncluded && !exclude.some((pattern) => matches(pattern, name));
}
