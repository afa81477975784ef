import type { Catalog, Route } from "../catalog/catalog.ts";
import { prefixOf } from "../catalog/names.ts";
import { withheldText } from "../catalog/pins.ts";
import { nearest } from "../config/nearest.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { CallError } from "../errors.ts";
import type { MetaTool } from "../metatools/meta-tool.ts";
import { encodeString, toBytes } from "../wire/message.ts";
import type { Place } from "./watched.ts";

/** Where a request goes. */
export type Destination = {
  /** Undefined where no server can have what is asked for. */
  readonly downstream: Downstream | undefined;
  /** Undefined where nobody has listed it: then the server is still starting. */
  readonly route: Route | undefined;
  /** The tool of tutti's own that is meant. */
  readonly own?: MetaTool;
};

/** What was asked of a server before it had a list. */
type Wanted = { readonly method: string; readonly target: string; readonly downstream: Downstream | undefined };

const nowhere: Destination = { downstream: undefined, route: undefined };

/** No URI has braces. */
const expression = /\{[^{}]*\}/;
const scheme = /^[^:/?#]+:/;
const schemeAndHost = /^[^:/?#]+:\/\/[^/?#]+/;

/** Says which server has what a client asks for. */
export class Routes {
  readonly #own: ReadonlyMap<string, MetaTool>;
  readonly #catalog: () => Catalog;
  #byName: ReadonlyMap<string, Downstream> = new Map();
  #byPrefix: ReadonlyMap<string, Downstream> = new Map();

  constructor(
    downstreams: readonly Downstream[],
    prefixes: ReadonlyMap<string, string>,
    own: ReadonlyMap<string, MetaTool>,
    catalog: () => Catalog,
  ) {
    this.#own = own;
    this.#catalog = catalog;
    this.replace(downstreams, prefixes);
  }

  /** From now on requests go to these servers. */
  replace(downstreams: readonly Downstream[], prefixes: ReadonlyMap<string, string>): void {
    this.#byName = new Map(downstreams.map((one) => [one.name, one]));
    this.#byPrefix = new Map(downstreams.map((one) => [prefixes.get(one.name) as string, one]));
  }

  /**
   * Where a call of `tool` goes. A name under the prefix of a server is never anybody else's: while that server has no
   * list it may still be its own, and another server must not get the call by listing a tool of that very name.
   */
  tool(tool: string): Destination {
    const catalog = this.#catalog();
    const route = catalog.route(tool);
    if (route !== undefined) return this.#listed(route);
    const own = this.#own.get(tool);
    return own === undefined ? this.#unlisted(tool, catalog.routeOfOriginal(tool)) : { ...nowhere, own };
  }

  /** By which name, a JSON string in bytes, its server knows the tool or prompt `target`; why not, where it is none of its. */
  original({ method, target, downstream }: Wanted): string | CallError {
    const kind = method === "tools/call" ? "tool" : "prompt";
    const { route } = this[kind](target);
    return route !== undefined && route.server === downstream?.name ? route.original : this.unknown(kind, target);
  }

  /** Whether it is the name of a tool of tutti's own. */
  isOwn(tool: string | undefined): boolean {
    return tool !== undefined && this.#own.has(tool);
  }

  prompt(name: string): Destination {
    const route = this.#catalog().promptRoute(name);
    return route === undefined ? this.#unlisted(name, undefined) : this.#listed(route);
  }

  /**
   * Where a resource is read. What nobody has listed may still be had, as links in results are: from the one server it can
   * be of, which is more than a guess only when all have started or when it is that server's host.
   */
  resource(uri: string): Destination {
    const route = this.#catalog().resourceRoute(uri);
    if (route !== undefined) return this.#listed(route);
    const able = [...this.#byName.values()].filter(({ known }) => known?.capabilities["resources"] !== undefined);
    const alike = (beginning: RegExp): readonly Downstream[] => {
      const own = beginning.exec(uri)?.[0];
      return own === undefined
        ? []
        : able.filter((one) => addressesOf(one).some((address) => beginning.exec(address)?.[0] === own));
    };
    const places = this.late() === "" ? [able, alike(schemeAndHost), alike(scheme)] : [alike(schemeAndHost)];
    const [downstream] = places.find(({ length }) => length === 1) ?? [];
    if (downstream === undefined) return nowhere;
    return { downstream, route: { server: downstream.name, original: encodeString(uri), isWrapped: false } };
  }

  /** Where a resource is that a server lists under this very URI. */
  listedResource(uri: string): Destination {
    return this.#listed(this.#catalog().listedRoute(uri));
  }

  /** Where the completion of a template, or of a resource, goes. */
  template(uri: string): Destination {
    return this.#listed(this.#catalog().templateRoute(uri));
  }

  /** The servers that declare what a method belongs to, in a capability of their own: those that come closest. */
  declaring(method: string): readonly Downstream[] {
    const close = this.#ready().map(
      (one) => [one, Math.max(...capabilitiesOf(one).map((name) => closeness(name, method)), 0)] as const,
    );
    const most = Math.max(...close.map(([, one]) => one), 0);
    return most === 0 ? [] : close.filter(([, one]) => one === most).map(([one]) => one);
  }

  /** The extensions that one server alone declares, whose methods can therefore be passed on: members of an object, as JSON in bytes. */
  extensions(): string {
    const able = [...this.#byName.values()].filter(({ state }) => state.kind !== "down");
    const declared = able.flatMap(({ known }) => Object.entries(known?.capabilities["extensions"] ?? {}));
    const names = declared.map(([name]) => name);
    return declared
      .filter(([name]) => names.indexOf(name) === names.lastIndexOf(name))
      .map(([name, value]) => `${encodeString(name)}:${toBytes(JSON.stringify(value))}`)
      .join(",");
  }

  unknown(kind: "tool" | "prompt", name: string): CallError {
    const keeper = this.#catalog().withheldBy(kind, name);
    if (keeper !== undefined) {
      const text = `${keeper}: ${withheldText(keeper, kind, name)}. The call did not run.`;
      return new CallError("withheld", text, { server: keeper });
    }
    const names = nearest(
      name,
      this.#catalog()[`${kind}s`].map(({ exposed }) => exposed),
    );
    const hint = names.length === 0 ? "" : ` Nearest: ${names.join(", ")}.`;
    return new CallError(
      "unknown_tool",
      `There is no ${kind} ${JSON.stringify(name.slice(0, 200))}.${hint}${this.late()}`,
    );
  }

  /** What is said of a resource, or of a template, that nobody has. */
  unknownResource(uri: string): string {
    const isTemplate = expression.test(uri) && this.#catalog().templateRoute(uri) === undefined;
    return `No server has the resource ${isTemplate ? "template " : ""}${JSON.stringify(uri.slice(0, 300))}.${this.late()}`;
  }

  /** Which servers may still bring what is missing now, as a sentence with a blank before it; empty where none may. */
  late(): string {
    const starting = [...this.#byName.values()].filter(({ state }) => state.kind === "starting");
    return starting.length === 0 ? "" : ` Still starting: ${starting.map(({ name }) => name).join(", ")}.`;
  }

  #ready(): readonly Downstream[] {
    return [...this.#byName.values()].filter(({ state }) => state.kind === "ready");
  }

  /** `original`: the route of it as an original name. */
  #unlisted(name: string, original: Route | undefined): Destination {
    const named = this.#byPrefix.get(prefixOf(name) ?? "");
    if (named === undefined) {
      // While a server without prefix has no list the name may be its own, and no other's by what that one calls its tools.
      const own = this.#unprefixed();
      return own.downstream === undefined ? this.#listed(original) : own;
    }
    return { downstream: named.state.kind === "ready" ? undefined : named, route: undefined };
  }

  /** The only server that may still list a name without a prefix. */
  #unprefixed(): Destination {
    const [only, ...others] = [...this.#byName.values()].filter(
      ({ config, state, hasOffer }) => !config.prefix && !hasOffer && state.kind !== "down",
    );
    return only === undefined || others.length > 0 ? nowhere : { downstream: only, route: undefined };
  }

  #listed(route: Route | undefined): Destination {
    return route === undefined ? nowhere : { downstream: this.#byName.get(route.server), route };
  }
}

/** All that a server has listed to be read. */
function addressesOf({ offer }: Downstream): readonly string[] {
  return [...offer.resources.definitions, ...offer.templates.definitions].map(({ key }) => key);
}

function capabilitiesOf({ greeting }: Downstream): readonly string[] {
  const { experimental, extensions, ...capabilities } = greeting?.capabilities ?? {};
  return [capabilities, experimental, extensions].flatMap((some) => Object.keys(some ?? {}));
}

/**
 * Whether a capability of this name is what a method belongs to: 2 where it is, as `tasks` and
 * `io.modelcontextprotocol/tasks` are for `tasks/get`, and `com.example/search` for `com.example/search/run`; 1 where they
 * have the same owner, as `com.example/search` and `com.example/index`; else 0.
 */
function closeness(capability: string, method: string): number {
  if (method.startsWith(`${capability}/`)) return 2;
  const first = method.slice(0, Math.max(method.indexOf("/"), 0));
  const [owner, ...name] = capability.split("/");
  if (first === "" || name.length === 0) return 0;
  return name.at(-1) === first ? 2 : owner === first ? 1 : 0;
}

/** Where a resource is; undefined where nobody has it. */
export function placeOf({ downstream, route }: Destination): Place | undefined {
  return downstream && route && { downstream, original: JSON.parse(Buffer.from(route.original, "latin1").toString()) };
}
