import type { ToolRules } from "../config/config.ts";
import { encodeString } from "../wire/message.ts";
import { type Definition, exposeTool, type Kind, kinds, type Offer, shown, withKey } from "./definition.ts";
import { matches } from "./glob.ts";
import { exposedNames, ownNames, prefixOf } from "./names.ts";
import { entryKey } from "./pins.ts";
import { ownRoute, placeResources, placeTemplates, templateFinder } from "./resources.ts";

const comma = Buffer.from(",");

/** Where a request for something exposed goes. */
export type Route = {
  /** The configured name of the server. */
  readonly server: string;
  /** The original name or URI as a JSON string, in bytes. */
  readonly original: string;
  /** For tools: `isWrapped` of the exposed one. */
  readonly isWrapped: boolean;
};

/** One thing of the catalog. */
export type ExposedItem = {
  /** The name, URI or template by which clients know it. */
  readonly exposed: string;
  readonly original: string;
  readonly server: string;
  /** The definition as clients get it. */
  readonly bytes: Buffer;
  /** As those clients get it that take objects alone as structured results. */
  readonly olderBytes: Buffer;
  /** For tools: whether `olderBytes` promises `{"result": …}` for what the server gives, whatever that is. */
  readonly isWrapped: boolean;
  readonly route: Route;
};

/** What one server offers, as clients see it while nobody else does. */
export type Exposed = {
  readonly server: string;
  readonly prefix: string;
  readonly lists: Readonly<Record<Kind, ExposedList>>;
  /** By `entryKey`: what is not listed and cannot be asked for, but keeps its name. */
  readonly withheld?: ReadonlySet<string>;
};

type ExposedList = {
  readonly items: readonly ExposedItem[];
  readonly ttlMs: number;
  readonly isPublic: boolean;
};

/** The immutable picture of all that is offered now. A new one is built whenever a server's offer changes. */
export type Catalog = Readonly<Record<Kind, readonly ExposedItem[]>> & {
  /**
   * The whole result of a kind's list method, in bytes: all on one page, servers in the order of the configuration.
   * `isHinted`: for clients that want to know how long they may keep it; theirs are the definitions as servers gave them.
   * `isLazy`: for clients that are shown no tools but those with which they look for others.
   */
  readonly list: (kind: Kind, isHinted: boolean, isLazy?: boolean) => Buffer;
  /** The definitions of the tools that tutti itself answers, as clients see them beside those of servers. */
  readonly ownTools: () => readonly Buffer[];
  /** The route of a tool's exposed name. */
  readonly route: (exposed: string) => Route | undefined;
  /** The route of a tool's original name, without its server's prefix, where only one server has a tool of that name. */
  readonly routeOfOriginal: (original: string) => Route | undefined;
  /** The route of a prompt's exposed name, or of an original one that only one server has and that is under nobody's prefix. */
  readonly promptRoute: (name: string) => Route | undefined;
  /** The server that has something of this name, exposed or original, which is withheld. */
  readonly withheldBy: (kind: "tool" | "prompt", name: string) => string | undefined;
  /** The route of a URI that is listed as it stands. */
  readonly listedRoute: (uri: string) => Route | undefined;
  /** The route of a listed URI, an address of tutti's own, or a URI that matches a template; its original is the server's URI. */
  readonly resourceRoute: (uri: string) => Route | undefined;
  /** The route of a listed template, or of a listed URI or an address of tutti's own: what a completion may refer to. */
  readonly templateRoute: (uriTemplate: string) => Route | undefined;
  /** Which server's resource wins and how the other is reached, a sentence each. */
  readonly conflicts: readonly string[];
};

/** The tools that tutti itself answers. */
export type OwnTools = {
  /** Names that are never a server's. */
  readonly names: ReadonlySet<string>;
  /** Their definitions, for clients that see what servers offer or for the lazy ones. */
  readonly definitions: (catalog: Catalog, isLazy: boolean) => readonly Buffer[];
};

const noTools: OwnTools = { names: new Set(), definitions: () => [] };

/** What a server offers as clients see it, and what was left out, a sentence each. */
export function expose(
  server: string,
  prefix: string,
  rules: ToolRules,
  offer: Offer,
  isPrefixed = true,
): { readonly exposed: Exposed; readonly leftOut: readonly string[] } {
  const leftOut: string[] = [];
  const listOf = (kind: Kind, items: (offered: ReadonlyMap<string, Definition>) => readonly Item[]): ExposedList => {
    const { definitions, ttlMs, isPublic } = offer[kind];
    const wanted = kind === "tools" ? definitions.filter(({ key }) => isOffered(key, rules)) : definitions;
    return { items: items(once(kind, wanted, leftOut)).map((item) => itemOf(server, item)), ttlMs, isPublic };
  };
  const named = (originals: readonly string[]) => (isPrefixed ? exposedNames(prefix, originals) : ownNames(originals));
  const tools = (all: ReadonlyMap<string, Definition>) => exposedTools(named, rules, all, leftOut);
  const lists = {
    tools: listOf("tools", tools),
    prompts: listOf("prompts", (all) => exposedPrompts(named, all)),
    resources: listOf("resources", asTheyAre),
    templates: listOf("templates", asTheyAre),
  };
  return { exposed: { server, prefix, lists }, leftOut };
}

/** The same, with what is not to be seen or asked for withheld. */
export function withhold(exposed: Exposed, withheld: ReadonlySet<string>): Exposed {
  const { templates } = exposed.lists;
  const items = templates.items.filter(({ original }) => !withheld.has(entryKey("template", original)));
  return { ...exposed, lists: { ...exposed.lists, templates: { ...templates, items } }, withheld };
}

/**
 * `exposed` in the order in which clients get them, those of servers that offer nothing yet too: nobody else gets what is
 * asked for under their prefixes. Exposed names are unique, because prefixes are.
 */
export function buildCatalog(exposed: readonly Exposed[], own = noTools): Catalog {
  const servers = new Map(exposed.map(({ prefix, server }) => [prefix, server]));
  const [tools, prompts] = [namedOf(exposed, "tools", own.names), namedOf(exposed, "prompts")];
  const [resources, templates] = [placeResources(exposed), placeTemplates(exposed)];
  const items = { tools: tools.items, prompts: prompts.items, resources: resources.items, templates: templates.items };
  const listed = new Map<string, Buffer>();
  let find: ((uri: string) => Route | undefined) | undefined;
  const matching = (uri: string): Route | undefined => {
    find ??= templateFinder(exposed);
    return find(uri);
  };
  const catalog: Catalog = {
    ...items,
    list: (kind, isHinted, isLazy = false) => {
      const key = `${kind} ${isHinted} ${isLazy}`;
      const known = listed.get(key);
      if (known !== undefined) return known;
      const shown = kind === "tools" && isLazy ? [] : items[kind];
      const added = kind === "tools" ? own.definitions(catalog, isLazy) : [];
      const list = render(kind, shown, added, isHinted ? hintsOf(exposed, kind) : undefined);
      listed.set(key, list);
      return list;
    },
    ownTools: () => own.definitions(catalog, false),
    route: (name) => tools.exposed.get(name),
    routeOfOriginal: (name) => tools.originals.get(name),
    withheldBy: (kind, name) => (kind === "tool" ? tools : prompts).withheld.get(name),
    promptRoute: (name) =>
      prompts.exposed.get(name) ?? (servers.has(prefixOf(name) ?? "") ? undefined : prompts.originals.get(name)),
    listedRoute: (uri) => resources.routes.get(uri),
    resourceRoute: (uri) => {
      const listedRoute = resources.routes.get(uri);
      if (listedRoute !== undefined) return listedRoute;
      const { isOwn, route } = ownRoute(servers, uri);
      return isOwn ? route : matching(uri);
    },
    templateRoute: (uri) => templates.routes.get(uri) ?? resources.routes.get(uri) ?? ownRoute(servers, uri).route,
    conflicts: [...tools.conflicts, ...prompts.conflicts, ...resources.conflicts, ...templates.conflicts],
  };
  return catalog;
}

type Item = Omit<ExposedItem, "server" | "route">;

function itemOf(server: string, { exposed, original, bytes, olderBytes, isWrapped }: Item): ExposedItem {
  const route = { server, original: encodeString(original), isWrapped };
  return { exposed, original, server, bytes, olderBytes, isWrapped, route };
}

function once(kind: Kind, definitions: readonly Definition[], leftOut: string[]): ReadonlyMap<string, Definition> {
  const offered = new Map<string, Definition>();
  for (const definition of definitions) {
    const { key } = definition;
    if (offered.has(key)) leftOut.push(`${kinds[kind].one} ${shown(key)} is listed twice; the first one counts`);
    else offered.set(key, definition);
  }
  return offered;
}

type Naming = (originals: readonly string[]) => readonly string[];

function exposedTools(
  named: Naming,
  rules: ToolRules,
  all: ReadonlyMap<string, Definition>,
  leftOut: string[],
): readonly Item[] {
  const names = named([...all.keys()].map((key) => rules.rename.get(key) ?? key));
  const tools = new Map<string, Item>();
  for (const [index, definition] of [...all.values()].entries()) {
    const [original, exposed] = [definition.key, names[index] as string];
    if (tools.has(exposed)) leftOut.push(`tool ${shown(original)} would have the same name as another, ${exposed}`);
    else tools.set(exposed, { exposed, original, ...exposeTool(definition, exposed, rules.annotations) });
  }
  return [...tools.values()];
}

function isOffered(name: string, { include, exclude }: ToolRules): boolean {
  const isIncluded = include.length === 0 || include.some((pattern) => matches(pattern, name));
  return isIncluded && !exclude.some((pattern) => matches(pattern, name));
}

function exposedPrompts(named: Naming, all: ReadonlyMap<string, Definition>): readonly Item[] {
  const names = named([...all.keys()]);
  return [...all.values()].map(({ key, bytes }, index) => {
    const exposed = names[index] as string;
    return unwrapped(exposed, key, withKey("prompts", bytes, exposed));
  });
}

function asTheyAre(all: ReadonlyMap<string, Definition>): readonly Item[] {
  return [...all.values()].map(({ key, bytes }) => unwrapped(key, key, bytes));
}

function unwrapped(exposed: string, original: string, bytes: Buffer): Item {
  return { exposed, original, bytes, olderBytes: bytes, isWrapped: false };
}

/** What has names, by those that clients see and by the original ones. */
function namedOf(servers: readonly Exposed[], kind: "tools" | "prompts", own: ReadonlySet<string> = new Set()) {
  const prefixes = new Map(servers.map(({ prefix, server }) => [prefix, server]));
  const items: ExposedItem[] = [];
  const byExposed = new Map<string, Route>();
  const originals = new Map<string, Route | undefined>();
  const conflicts: string[] = [];
  const withheld = new Map<string, string>();
  const withheldOriginals = new Map<string, string>();
  const isWithheld = new Map(servers.map((one) => [one.server, one.withheld]));
  // What is withheld keeps its name: nobody else's tool is called in its place.
  const owners = new Map<string, string>();
  for (const item of servers.flatMap(({ lists }) => lists[kind].items)) {
    const { exposed, original, server, route } = item;
    // Names without prefix may meet each other, and may look like those of another server.
    const owner =
      (own.has(exposed) ? "tutti" : undefined) ??
      owners.get(exposed) ??
      prefixes.get(prefixOf(exposed) ?? "") ??
      server;
    if (owner !== server) {
      const name = `${kinds[kind].one} ${shown(original)}`;
      conflicts.push(`${name} of ${server} is left out: its name, without a prefix, is one of ${owner}'s`);
      continue;
    }
    owners.set(exposed, server);
    const isKept = isWithheld.get(server)?.has(entryKey(kinds[kind].one, original)) === true;
    const isTwice = originals.has(original);
    originals.set(original, isKept || isTwice ? undefined : route);
    if (isKept) {
      withheld.set(exposed, server);
      if (!isTwice) withheldOriginals.set(original, server);
      continue;
    }
    items.push(item);
    byExposed.set(exposed, route);
  }
  // What is somebody's exposed name is meant as that.
  return { items, exposed: byExposed, originals, conflicts, withheld: new Map([...withheldOriginals, ...withheld]) };
}

/** How long a list of what several servers offer may be kept, and by whom: as the strictest of them says. */
function hintsOf(exposed: readonly Exposed[], kind: Kind): string {
  const lists = exposed.map(({ lists }) => lists[kind]);
  const ttlMs = Math.min(...lists.map((list) => list.ttlMs));
  // Nobody has said anything of a kind that no server has.
  if (!Number.isFinite(ttlMs)) return ',"ttlMs":0,"cacheScope":"private"';
  return `,"ttlMs":${ttlMs},"cacheScope":"${lists.every((list) => list.isPublic) ? "public" : "private"}"`;
}

function render(
  kind: Kind,
  items: readonly ExposedItem[],
  added: readonly Buffer[],
  hints: string | undefined,
): Buffer {
  const parts: Buffer[] = [
    Buffer.from(`{${hints === undefined ? "" : '"resultType":"complete",'}"${kinds[kind].member}":[`),
  ];
  const definitions = items.map(({ bytes, olderBytes }) => (hints === undefined ? olderBytes : bytes));
  for (const [index, definition] of [...definitions, ...added].entries()) {
    if (index > 0) parts.push(comma);
    parts.push(definition);
  }
  parts.push(Buffer.from(`]${hints ?? ""}}`));
  return Buffer.concat(parts);
}
