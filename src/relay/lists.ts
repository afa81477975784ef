import type { Catalog } from "../catalog/catalog.ts";
import { type Kind, kinds } from "../catalog/definition.ts";
import type { Client } from "../client/client.ts";
import type { Era, Origin } from "../client/handshake.ts";
import { rpcCode, toProtocolError } from "../errors.ts";
import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";
import { hasHints } from "./eras.ts";

/** Which kind a method lists. */
const kindOf: ReadonlyMap<string, Kind> = new Map(
  (Object.keys(kinds) as Kind[]).map((kind) => [kinds[kind].method, kind]),
);

/** By which notification a change of each kind is told. */
export const changeOf: Readonly<Record<Kind, "tools" | "prompts" | "resources">> = {
  tools: "tools",
  prompts: "prompts",
  resources: "resources",
  templates: "resources",
};

/** The lists that one client was given, or told of, last. */
type Listed = Map<Kind, Buffer>;

/** Answers the list methods out of the catalog, and tells clients that were given a list when it is another. */
export class Lists {
  readonly #listed = new Map<Client, Listed>();
  readonly #catalog: () => Catalog;

  constructor(catalog: () => Catalog) {
    this.#catalog = catalog;
  }

  static kindOf(method: string): Kind | undefined {
    return kindOf.get(method);
  }

  send(kind: Kind, message: Message, client: Client, { era }: Origin): void {
    const id = message.raw(slot.id) as string;
    const params = message.parsed(slot.params) as { cursor?: unknown } | undefined;
    // Some clients write null for what they do not say.
    if (typeof params === "object" && (params?.cursor ?? null) !== null) {
      const text = "There is no such cursor: every list comes on one page.";
      client.reply(message, toProtocolError(id, rpcCode.invalidParams, text));
      return;
    }
    const list = this.#catalog().list(kind, hasHints(era), client.isLazy);
    // Who is told by a stream of its own is not told here.
    if (!hasHints(era)) this.#listedOf(client).set(kind, list);
    client.reply(message, [Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":`, "latin1"), list, Buffer.from("}")]);
  }

  /** The client was given this list, for requests of this era, before anybody answered it. */
  gave(client: Client, method: string, era: Era, list: Buffer): void {
    const kind = kindOf.get(method);
    if (kind !== undefined && !hasHints(era)) this.#listedOf(client).set(kind, list);
  }

  /** The catalog is another. */
  tell(): void {
    for (const [client, listed] of this.#listed) {
      const changed = new Set<string>();
      for (const [kind, before] of listed) {
        const now = this.#catalog().list(kind, false, client.isLazy);
        if (before !== now && !before.equals(now)) changed.add(changeOf[kind]);
        listed.set(kind, now);
      }
      for (const what of changed) client.notify(`{"jsonrpc":"2.0","method":"notifications/${what}/list_changed"}`);
    }
  }

  forget(client: Client): void {
    this.#listed.delete(client);
  }

  #listedOf(client: Client): Listed {
    const listed = this.#listed.get(client) ?? new Map();
    this.#listed.set(client, listed);
    return listed;
  }
}
