import type { Catalog, Route } from "../catalog/catalog.ts";
import { prefixOf } from "../catalog/names.ts";
import { nearest } from "../config/nearest.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { CallError } from "../errors.ts";

/** Where a request goes. */
export type Destination = {
  /** Undefined where no server can have what is asked for. */
  readonly downstream: Downstream | undefined;
  /** Undefined where nobody has listed it: then the server is still starting. */
  readonly route: Route | undefined;
};

const nowhere: Destination = { downstream: undefined, route: undefined };

/** Says which server has what a client asks for. */
export class Routes {
  readonly #catalog: () => Catalog;
  readonly #byName: ReadonlyMap<string, Downstream>;
  readonly #byPrefix: ReadonlyMap<string, Downstream>;

  constructor(downstreams: readonly Downstream[], prefixes: ReadonlyMap<string, string>, catalog: () => Catalog) {
    this.#catalog = catalog;
    this.#byName = new Map(downstreams.map((one) => [one.name, one]));
    this.#byPrefix = new Map(downstreams.map((one) => [prefixes.get(one.name) as string, one]));
  }

  /**
   * Where a call of `tool` goes. A name under the prefix of a server is never anybody else's: while that server has no
   * list it may still be its own, and another server must not get the call by listing a tool of that very name.
   */
  tool(tool: string): Destination {
    const catalog = this.#catalog();
    return this.#named(tool, catalog.route(tool), () => catalog.routeOfOriginal(tool));
  }

  prompt(name: string): Destination {
    return this.#named(name, this.#catalog().promptRoute(name), () => undefined);
  }

  resource(uri: string): Destination {
    return this.#listed(this.#catalog().resourceRoute(uri));
  }

  /** Where the completion of a template, or of a resource, goes. */
  template(uri: string): Destination {
    return this.#listed(this.#catalog().templateRoute(uri));
  }

  /** The servers that declare what a method belongs to, in a capability of their own. */
  declaring(method: string): readonly Downstream[] {
    return [...this.#byName.values()].filter(({ state, greeting }) => {
      if (state.kind !== "ready" || greeting === undefined) return false;
      const { experimental, extensions, ...capabilities } = greeting.capabilities;
      const names = [capabilities, experimental, extensions].flatMap((some) => Object.keys(some ?? {}));
      return names.some((name) => declares(name, method));
    });
  }

  named(server: string): Downstream | undefined {
    return this.#byName.get(server);
  }

  unknown(kind: "tool" | "prompt", name: string): CallError {
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

  /** Which servers may still bring what is missing now, as a sentence with a blank before it; empty where none may. */
  late(): string {
    const starting = [...this.#byName.values()].filter(({ state }) => state.kind === "starting");
    return starting.length === 0 ? "" : ` Still starting: ${starting.map(({ name }) => name).join(", ")}.`;
  }

  #named(name: string, exposed: Route | undefined, original: () => Route | undefined): Destination {
    if (exposed !== undefined) return this.#listed(exposed);
    const named = this.#byPrefix.get(prefixOf(name) ?? "");
    if (named === undefined) return this.#listed(original());
    return { downstream: named.state.kind === "ready" ? undefined : named, route: undefined };
  }

  #listed(route: Route | undefined): Destination {
    return route === undefined ? nowhere : { downstream: this.#byName.get(route.server), route };
  }
}

/**
 * Whether a capability of this name is what a method belongs to: `tasks` that of `tasks/get`, as is
 * `io.modelcontextprotocol/tasks`, and `com.example/search` that of `com.example/search/run` and of `com.example/index`.
 */
function declares(capability: string, method: string): boolean {
  const [first = "", ...rest] = method.split("/");
  if (rest.length === 0) return capability === method;
  const [owner = "", ...name] = capability.split("/");
  if (name.length === 0) return capability === first;
  return name.at(-1) === first || owner === first;
}
