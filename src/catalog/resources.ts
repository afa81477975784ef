import { encodeString } from "../wire/message.ts";
import type { Exposed, ExposedItem, Route } from "./catalog.ts";
import { kinds, shown, withKey } from "./definition.ts";
import { addressOf, type Effort, readAddress, readTemplate, stands, type Template } from "./uris.ts";

/** Steps that the templates of one server may take for one URI, some 10 ms. */
const stepsPerServer = 1_500_000;

/** The resources of all servers, or their templates, each where clients find it. */
export type Placed = {
  readonly items: readonly ExposedItem[];
  /** By what is listed. */
  readonly routes: ReadonlyMap<string, Route>;
  /** A sentence for each two servers that have the same, and for each that lists addresses of tutti's own. */
  readonly conflicts: readonly string[];
};

/** The first server that lists a URI has it; the resources of others by that URI are listed under addresses of tutti's own. */
export function placeResources(exposed: readonly Exposed[]): Placed {
  return place(exposed, "resources", (item, prefix) => {
    const address = addressOf(prefix, item.original);
    const bytes = withKey("resources", item.bytes, address);
    return { ...item, exposed: address, bytes, olderBytes: bytes };
  });
}

/** The first server that lists a template has it; the same one of another is not listed. */
export function placeTemplates(exposed: readonly Exposed[]): Placed {
  return place(exposed, "templates", () => undefined);
}

/** The route of an address of tutti's own. `isOwn`: it is one, so that nobody else can have it, also where there is no route. */
export function ownRoute(
  servers: ReadonlyMap<string, string>,
  address: string,
): { readonly isOwn: boolean; readonly route: Route | undefined } {
  const read = readAddress(address);
  const server = read === undefined ? undefined : servers.get(read.prefix);
  if (server === undefined) return { isOwn: false, route: undefined };
  const route = read?.uri === undefined ? undefined : routeTo(server, read.uri);
  return { isOwn: true, route };
}

/**
 * Whose template a URI matches: of several the one with the most text of its own, of those the first. However hostile
 * the templates of a server are, those of the others still count.
 */
export function templateFinder(exposed: readonly Exposed[]): (uri: string) => Route | undefined {
  const servers = exposed.map(({ server, lists }) => ({
    server,
    templates: lists.templates.items.flatMap(({ original }) => readTemplate(original) ?? []),
  }));
  return (uri) => {
    let best: { readonly server: string; readonly template: Template } | undefined;
    for (const { server, templates } of servers) {
      const effort: Effort = { steps: stepsPerServer };
      for (const template of templates) {
        if (template.literals <= (best?.template.literals ?? -1)) continue;
        if (stands(template, uri, effort)) best = { server, template };
      }
    }
    return best === undefined ? undefined : routeTo(best.server, uri);
  };
}

/** What is `original` in `server`'s own list, or would be. */
function routeTo(server: string, original: string): Route {
  return { server, original: encodeString(original), isWrapped: false };
}

/** `hidden`: what is listed instead of an item whose key is another's already. */
function place(
  exposed: readonly Exposed[],
  kind: "resources" | "templates",
  hidden: (item: ExposedItem, prefix: string) => ExposedItem | undefined,
): Placed {
  const servers = new Map(exposed.map(({ prefix, server }) => [prefix, server]));
  const items: ExposedItem[] = [];
  const routes = new Map<string, Route>();
  const conflicts = new Map<string, Conflict>();
  for (const { server, prefix, lists } of exposed) {
    for (const item of lists[kind].items) {
      const isOwn = ownRoute(servers, item.original).isOwn;
      const winner = isOwn ? undefined : routes.get(item.original)?.server;
      const placed = isOwn || winner !== undefined ? hidden(item, prefix) : item;
      if (placed !== item) note(conflicts, { kind, winner, server, prefix, example: item.original, count: 1 });
      if (placed === undefined || routes.has(placed.exposed)) continue;
      items.push(placed);
      routes.set(placed.exposed, placed.route);
    }
  }
  return { items, routes, conflicts: [...conflicts.values()].map(sentence) };
}

type Conflict = {
  readonly kind: "resources" | "templates";
  /** Undefined where it is tutti's own addresses that are listed. */
  readonly winner: string | undefined;
  readonly server: string;
  readonly prefix: string;
  readonly example: string;
  readonly count: number;
};

// Two servers may have thousands in common; one sentence is enough.
function note(conflicts: Map<string, Conflict>, conflict: Conflict): void {
  const key = JSON.stringify([conflict.winner, conflict.server]);
  const known = conflicts.get(key);
  conflicts.set(key, known === undefined ? conflict : { ...known, count: known.count + 1 });
}

function sentence({ kind, winner, server, prefix, example, count }: Conflict): string {
  const more = count === 1 ? "" : ` (and ${count - 1} more)`;
  const what = `the ${kinds[kind].one} ${shown(example)}${more}`;
  if (winner !== undefined) {
    const which = kind === "resources" ? "that URI is" : "its URIs are";
    const first = `${which} read from ${shown(winner)}, which comes first in the configuration`;
    return `${shown(winner)} and ${shown(server)} both have ${what}: ${first}; those of ${shown(server)} are at tutti://${prefix}/…`;
  }
  const has = `${server} has ${what}, which has an address of tutti's own`;
  if (kind === "resources") return `${has}; it is read under ${shown(addressOf(prefix, example))}`;
  return `${has}; its resources are read under tutti://${prefix}/ and their encoded URI`;
}
