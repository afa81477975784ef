import type { Catalog } from "../../src/catalog/catalog.ts";
import { type Kind, kinds } from "../../src/catalog/definition.ts";
import { changeOf, Lists } from "../../src/relay/lists.ts";
import { countIn } from "./ledger.ts";

/** What a client knows of lists that it is told of when they become others: what it was given, and how often it was told. */
export class KnownLists {
  /** What it was given last; undefined: it was told since that there is another. */
  readonly #given = new Map<Kind, string | undefined>();
  readonly #told = new Map<string, number>();

  /** It gets the result of a request with this method. */
  gets(method: string, result: object): void {
    const kind = Lists.kindOf(method);
    if (kind !== undefined) this.#given.set(kind, JSON.stringify(result));
  }

  /** It gets a notification. */
  hears(method: string): void {
    const what = /^notifications\/(\w+)\/list_changed$/.exec(method)?.[1];
    if (what === undefined) return;
    countIn(this.#told, what);
    for (const kind of this.#given.keys()) if (changeOf[kind] === what) this.#given.set(kind, undefined);
  }

  /** What is wrong where this is the catalog by now, and so often something may have become another since it came. */
  problems({ list }: Pick<Catalog, "list">, causes: number): readonly string[] {
    const old = [...this.#given].filter(([kind, given]) => given !== undefined && given !== textOf(list(kind, false)));
    const often = [...this.#told].filter(([, times]) => times > causes + 1);
    return [
      ...old.map(([kind]) => `is not told that ${kinds[kind].method} gives another list`),
      ...often.map(([what, times]) => `is told ${times} times that its ${what} are others, for ${causes} changes`),
    ];
  }
}

function textOf(list: Buffer): string {
  return JSON.stringify(JSON.parse(list.toString()));
}
