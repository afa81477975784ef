import type { Catalog } from "../catalog/catalog.ts";
import type { Kind } from "../catalog/definition.ts";
import type { Client } from "../client/client.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { rpcCode, toProtocolError } from "../errors.ts";
import { slot } from "../wire/members.ts";
import { type Edit, encodeString, type Message } from "../wire/message.ts";
import { memberOf, rewriteObject } from "../wire/object.ts";
import { changeOf } from "./lists.ts";

/** What holds a subscription: a client itself, or one of its streams, under the URI that it gave. */
type Holder = { readonly client: Client; readonly listen: Listen | undefined; readonly uri: string };

/** One resource that somebody wants to hear of. */
type Subscribed = {
  readonly downstream: Downstream;
  /** As its server knows it. */
  readonly uri: string;
  readonly holders: Set<Holder>;
  /** The server's reply to the subscription. */
  readonly reply: Promise<Message | undefined>;
};

/** A server that was told that nobody wants to hear of a resource any more. */
type Told = { readonly downstream: Downstream; readonly reply: Promise<Message | undefined> };

/** A stream of notices that a client has open. */
type Listen = {
  readonly client: Client;
  /** The id of its request, as it stands. */
  readonly id: string;
  readonly lists: ReadonlySet<string>;
  readonly holders: Holder[];
  /** The lists that it knows. */
  listed: Catalog;
};

const listKinds: readonly Kind[] = ["tools", "prompts", "resources", "templates"];
const subscriptionId = "io.modelcontextprotocol/subscriptionId";
const mostPerClient = 4096;

export type SubscriptionsOptions = {
  readonly catalog: () => Catalog;
  /** Where a URI goes. */
  readonly resolve: (uri: string) => { readonly downstream: Downstream; readonly original: string } | undefined;
  readonly oddity: (server: string, text: string) => void;
};

/**
 * Who wants to hear of what changes: each server is asked once for each resource, however many ask us, and told when
 * nobody wants it any more. A stream (`subscriptions/listen`) begins with what was granted and then brings just that.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/utilities/subscriptions
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #subscribed = new Map<string, Subscribed>();
  readonly #listens = new Set<Listen>();
  readonly #counts = new Map<Client, number>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** How many resources servers were asked for, and streams are open. */
  get size(): number {
    return this.#subscribed.size + this.#listens.size;
  }

  /** `resources/subscribe`: answered as the server does. */
  async subscribe(message: Message, client: Client): Promise<void> {
    const id = message.raw(slot.id) as string;
    const uri = uriOf(message);
    const route = uri === undefined ? undefined : this.#options.resolve(uri);
    if (uri === undefined || route === undefined) {
      refuse(client, id, uri);
      return;
    }
    const subscribed = this.#hold(route, { client, listen: undefined, uri });
    if (typeof subscribed === "string") {
      client.send(toProtocolError(id, rpcCode.invalidRequest, subscribed));
      return;
    }
    await this.#answer(id, client, route.downstream, subscribed.reply, () => void this.#releaseOwn(client, uri));
  }

  /** `resources/unsubscribe`: answered as the server does where it has to be told; what was not subscribed to changes nothing. */
  async unsubscribe(message: Message, client: Client): Promise<void> {
    const id = message.raw(slot.id) as string;
    const uri = uriOf(message);
    if (uri === undefined) refuse(client, id, uri);
    else {
      const [told] = this.#releaseOwn(client, uri);
      await this.#answer(id, client, told?.downstream, told?.reply ?? Promise.resolve(undefined), () => {});
    }
  }

  /** `subscriptions/listen`: open until the client cancels it or leaves. */
  async listen(message: Message, client: Client): Promise<void> {
    const id = message.raw(slot.id) as string;
    const wanted = wantedBy(message);
    if (wanted === undefined) {
      const text = "subscriptions/listen needs params.notifications, an object that says what of";
      client.send(toProtocolError(id, rpcCode.invalidParams, text));
      return;
    }
    const listen: Listen = { client, id, lists: wanted.lists, holders: [], listed: this.#options.catalog() };
    this.#listens.add(listen);
    const granted = await Promise.all(wanted.uris.map((uri) => this.#grant(uri, listen)));
    if (!this.#listens.has(listen)) return;
    const lists = [...wanted.lists].map((name) => `"${name}ListChanged":true`);
    const uris = granted.filter((uri) => uri !== undefined).map((uri) => encodeString(uri));
    const members = wanted.uris.length === 0 ? lists : [...lists, `"resourceSubscriptions":[${uris.join(",")}]`];
    this.#tell(listen, "subscriptions/acknowledged", `,"notifications":{${members.join(",")}}`);
  }

  /** The client takes `id` back. False: it is no stream. */
  cancel(client: Client, id: string | undefined): boolean {
    const ended = [...this.#listens].filter((listen) => listen.client === client && listen.id === id);
    for (const listen of ended) this.#end(listen);
    return ended.length > 0;
  }

  /** A server tells of a resource, or of a part of one. */
  updated(downstream: Downstream, message: Message): void {
    const uri = uriOf(message);
    if (uri === undefined) return;
    for (const subscribed of this.#subscribed.values()) {
      if (subscribed.downstream !== downstream || !isWithin(uri, subscribed.uri)) continue;
      const told = new Set<Client | Listen>();
      for (const { client, listen, uri: own } of subscribed.holders) {
        if (told.has(listen ?? client)) continue;
        told.add(listen ?? client);
        const shown = own === subscribed.uri ? undefined : own;
        client.send(message.splice([...uriEdits(message, shown), ...streamEdits(message, listen?.id)]), downstream);
      }
    }
  }

  /** The catalog is another: streams that want to know which lists are. */
  tell(): void {
    const catalog = this.#options.catalog();
    for (const listen of this.#listens) {
      const before = listen.listed;
      listen.listed = catalog;
      const changed = listKinds.filter((kind) => !before.list(kind, true).equals(catalog.list(kind, true)));
      for (const what of new Set(changed.map((kind) => changeOf[kind]))) {
        if (listen.lists.has(what)) this.#tell(listen, `${what}/list_changed`, "");
      }
    }
  }

  /** The client has left. */
  forget(client: Client): void {
    for (const listen of [...this.#listens]) if (listen.client === client) this.#end(listen);
    this.#release((holder) => holder.client === client);
    this.#counts.delete(client);
  }

  /** Gives the client the server's reply, or one of ours where the server had none to give. */
  async #answer(
    id: string,
    client: Client,
    downstream: Downstream | undefined,
    replied: Promise<Message | undefined>,
    refused: () => void,
  ): Promise<void> {
    try {
      const reply = await replied;
      if (reply?.has(slot.error)) refused();
      const edit = reply && { start: reply.start(slot.id), end: reply.end(slot.id), bytes: id };
      client.send(reply && edit ? reply.splice([edit]) : `{"jsonrpc":"2.0","id":${id},"result":{}}`);
    } catch (cause) {
      refused();
      client.send(toProtocolError(id, rpcCode.internalError, `${downstream?.name}: ${(cause as Error).message}`));
    }
  }

  #releaseOwn(client: Client, uri: string): readonly Told[] {
    return this.#release((holder) => holder.client === client && holder.uri === uri && holder.listen === undefined);
  }

  async #grant(uri: string, listen: Listen): Promise<string | undefined> {
    const route = this.#options.resolve(uri);
    if (route === undefined) return undefined;
    const holder = { client: listen.client, listen, uri };
    const subscribed = this.#hold(route, holder);
    if (typeof subscribed === "string") return undefined;
    try {
      const reply = await subscribed.reply;
      if (!reply?.has(slot.error)) return uri;
    } catch {
      // Not granted, as the acknowledgement says.
    }
    this.#release((one) => one === holder);
    return undefined;
  }

  #hold(route: { downstream: Downstream; original: string }, holder: Holder): Subscribed | string {
    const { downstream, original } = route;
    const count = this.#counts.get(holder.client) ?? 0;
    if (count >= mostPerClient) return `There are ${count} subscriptions already. Take some back first.`;
    const key = `${downstream.name}\n${original}`;
    let subscribed = this.#subscribed.get(key);
    if (subscribed === undefined) {
      const reply = downstream.subscribe(original);
      reply.catch(() => {}); // Whoever holds it hears of that.
      subscribed = { downstream, uri: original, holders: new Set(), reply };
      this.#subscribed.set(key, subscribed);
    }
    const isHeld = [...subscribed.holders].some(
      ({ client, listen, uri }) => client === holder.client && listen === holder.listen && uri === holder.uri,
    );
    if (!isHeld) {
      subscribed.holders.add(holder);
      this.#counts.set(holder.client, count + 1);
    }
    return subscribed;
  }

  /** Gives what servers say that are told that nobody wants a resource any more. */
  #release(isMeant: (holder: Holder) => boolean): readonly Told[] {
    const told: Told[] = [];
    for (const [key, { downstream, uri, holders }] of this.#subscribed) {
      for (const holder of holders) {
        if (!isMeant(holder)) continue;
        holders.delete(holder);
        this.#counts.set(holder.client, (this.#counts.get(holder.client) ?? 1) - 1);
      }
      if (holders.size > 0) continue;
      this.#subscribed.delete(key);
      const reply = downstream.unsubscribe(uri);
      told.push({ downstream, reply });
      reply.catch((cause: Error) => {
        this.#options.oddity(downstream.name, `still tells of ${JSON.stringify(uri.slice(0, 200))}: ${cause.message}`);
      });
    }
    return told;
  }

  #end(listen: Listen): void {
    this.#listens.delete(listen);
    this.#release((holder) => holder.listen === listen);
  }

  #tell({ client, id }: Listen, method: string, more: string): void {
    const params = `{"_meta":{"${subscriptionId}":${id}}${more}}`;
    client.send(`{"jsonrpc":"2.0","method":"notifications/${method}","params":${params}}`);
  }
}

/** What a stream is asked for; undefined where that cannot be read. */
function wantedBy(message: Message): { lists: ReadonlySet<string>; uris: readonly string[] } | undefined {
  const params = message.parsed(slot.params) as { notifications?: Record<string, unknown> } | undefined;
  const wanted = params?.notifications;
  if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) return undefined;
  const lists = new Set(["tools", "prompts", "resources"].filter((name) => wanted[`${name}ListChanged`] === true));
  const uris = Array.isArray(wanted["resourceSubscriptions"]) ? wanted["resourceSubscriptions"] : [];
  return { lists, uris: [...new Set(uris.filter((uri) => typeof uri === "string"))] };
}

/** Whether `uri` is that of `whole` or of a part of it. */
function isWithin(uri: string, whole: string): boolean {
  return uri.startsWith(whole) && (uri === whole || whole.endsWith("/") || "/?#".includes(uri[whole.length] as string));
}

/** `params.uri` */
export function uriOf(message: Message): string | undefined {
  if (message.firstByte(slot.params) !== 0x7b) return undefined;
  const at = memberOf(message, message.start(slot.params), message.end(slot.params), "uri");
  const raw = at && message.bytes(at.start, at.end).toString();
  return raw?.startsWith('"') ? (JSON.parse(raw) as string) : undefined;
}

function uriEdits(message: Message, shown: string | undefined): Edit[] {
  const at = memberOf(message, message.start(slot.params), message.end(slot.params), "uri");
  return shown === undefined || at === undefined ? [] : [{ ...at, bytes: encodeString(shown) }];
}

/** A notice as part of the stream `id`; as one of no stream where there is none. */
function streamEdits(message: Message, id: string | undefined): Edit[] {
  const added = id === undefined ? "" : `"${subscriptionId}":${id}`;
  const [start, end] = [message.start(slot.meta), message.end(slot.meta)];
  if (message.firstByte(slot.meta) === 0x7b) {
    return rewriteObject(message, start, end, new Set([subscriptionId]), added);
  }
  if (id === undefined) return [];
  return rewriteObject(
    message,
    message.start(slot.params),
    message.end(slot.params),
    new Set(["_meta"]),
    `"_meta":{${added}}`,
  );
}

function refuse(client: Client, id: string, uri: string | undefined): void {
  const text =
    uri === undefined ? "params.uri is missing" : `No server has the resource ${JSON.stringify(uri.slice(0, 300))}.`;
  client.send(toProtocolError(id, rpcCode.invalidParams, text));
}
