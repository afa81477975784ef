import type { Catalog, ExposedItem } from "../catalog/catalog.ts";
import type { Kind } from "../catalog/definition.ts";
import { addressOf, readAddress } from "../catalog/uris.ts";
import type { Client } from "../client/client.ts";
import type { Downstream } from "../downstream/downstream.ts";
import type { Era } from "../downstream/handshake.ts";
import { CallError, foreignMarks, rpcCode, toFailure, toProtocolError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import { slot } from "../wire/members.ts";
import { type Edit, encodeString, type Message } from "../wire/message.ts";
import { memberOf, rewriteObject } from "../wire/object.ts";
import { notFoundCode } from "./eras.ts";
import { changeOf } from "./lists.ts";
import { type Holder, type Listen, type Place, type Told, Watched } from "./watched.ts";

type Stream = Listen & {
  readonly lists: ReadonlySet<string>;
  /** The lists that it knows. */
  listed: Catalog;
};

const listKinds: readonly Kind[] = ["tools", "prompts", "resources", "templates"];
const subscriptionId = "io.modelcontextprotocol/subscriptionId";
/** So long a stream waits for servers to grant what it wants. */
const grantMs = 5000;
const mostStreams = 256;
/** Of what comes for a stream before it is acknowledged, the rest is dropped. */
const mostEarly = 256;

export type SubscriptionsOptions = {
  readonly clock: Clock;
  readonly catalog: () => Catalog;
  /** Where a URI goes. */
  readonly resolve: (uri: string) => Place | undefined;
  /** Where a URI goes that a server lists. */
  readonly resolveListed: (uri: string) => Place | undefined;
  /** What is said of a resource that nobody has. */
  readonly unknown: (uri: string) => string;
  readonly oddity: (server: string, text: string) => void;
  /** Resolves when each server has started or had its time; undefined: they have. */
  readonly started: () => Promise<void> | undefined;
};

/**
 * Who wants to hear of what changes: each server is asked once for each resource, however many ask us, and told when
 * nobody wants it any more. A stream (`subscriptions/listen`) begins with what was granted and then brings just that.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/utilities/subscriptions
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #watched: Watched;
  readonly #streams = new Set<Stream>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    this.#watched = new Watched(options.oddity);
  }

  /** How many resources servers were asked for, and streams are open. */
  get size(): number {
    return this.#watched.size + this.#streams.size;
  }

  /** `resources/subscribe`: answered as the server does. */
  async subscribe(message: Message, client: Client, era: Era): Promise<void> {
    const id = message.raw(slot.id) as string;
    const uri = uriOf(message);
    const place = uri === undefined ? undefined : this.#options.resolve(uri);
    if (uri === undefined) refuse(client, message, "resources/subscribe");
    else if (place === undefined)
      client.reply(message, toProtocolError(id, notFoundCode(era), this.#options.unknown(uri)));
    else await answer(message, client, place.downstream, this.#watched.hold(place, { client, listen: undefined, uri }));
  }

  /** `resources/unsubscribe`: answered as the server does where it has to be told; what was not subscribed to changes nothing. */
  async unsubscribe(message: Message, client: Client): Promise<void> {
    const uri = uriOf(message);
    if (uri === undefined) {
      refuse(client, message, "resources/unsubscribe");
      return;
    }
    const isMeant = (one: Holder): boolean => one.client === client && one.uri === uri && one.listen === undefined;
    const [told]: readonly (Told | undefined)[] = this.#watched.release(isMeant);
    await answer(message, client, told?.downstream, told?.reply ?? Promise.resolve(undefined));
  }

  /** `subscriptions/listen`: open until the client cancels it or leaves. */
  async listen(message: Message, client: Client): Promise<void> {
    const id = message.raw(slot.id) as string;
    const wanted = wantedBy(message);
    if (wanted === undefined) {
      const text = "subscriptions/listen needs params.notifications, an object that says what to tell of";
      client.reply(message, toProtocolError(id, rpcCode.invalidParams, text));
      return;
    }
    if ([...this.#streams].filter((one) => one.client === client).length >= mostStreams) {
      const text = `There are ${mostStreams} streams already, the most that a client can have. Cancel some first.`;
      client.reply(message, toFailure(id, new CallError("queue_full", text)));
      return;
    }
    const listed = this.#options.catalog();
    const stream: Stream = { client, request: message, id, lists: wanted.lists, listed, early: new Map() };
    this.#streams.add(stream);
    const granted = await Promise.all(wanted.uris.map((uri) => this.#grant(uri, stream)));
    if (!this.#streams.has(stream)) return;
    const lists = [...wanted.lists].map((name) => `"${name}ListChanged":true`);
    const uris = granted.filter((uri) => uri !== undefined).map((uri) => encodeString(uri));
    const members = wanted.uris.length === 0 ? lists : [...lists, `"resourceSubscriptions":[${uris.join(",")}]`];
    this.#open(stream, `{${members.join(",")}}`);
  }

  /** Whether a stream of the client is open under `id`. */
  has(client: Client, id: string | undefined): boolean {
    return [...this.#streams].some((stream) => stream.client === client && stream.id === id);
  }

  /** The client takes the stream `id` back. */
  cancel(client: Client, id: string | undefined): void {
    for (const stream of [...this.#streams]) if (stream.client === client && stream.id === id) this.#end(stream);
  }

  /** A server tells of a resource, or of a part of one. */
  updated(downstream: Downstream, message: Message): void {
    const uri = uriOf(message);
    if (uri === undefined) return;
    const told = new Map<Client | Listen, Set<string>>();
    for (const watch of this.#watched.all()) {
      if (watch.downstream !== downstream || !isWithin(uri, watch.original)) continue;
      for (const { client, listen, uri: own } of watch.holders) {
        const shown = shownAs(uri, watch.original, own);
        const seen = told.get(listen ?? client) ?? new Set();
        if (seen.has(shown)) continue;
        told.set(listen ?? client, seen.add(shown));
        const edits = shown === uri ? [] : uriEdits(message, shown);
        const notice = message.splice([...edits, ...streamEdits(message, listen?.id)]);
        if (listen?.early === undefined) client.notify(notice, downstream, listen?.request);
        else if (listen.early.size < mostEarly) listen.early.set(shown, notice);
      }
    }
  }

  /** The catalog is another: subscriptions go to those running that list the resources now, and streams hear which lists are others. */
  tell(): void {
    for (const { holders, downstream } of [...this.#watched.all()]) {
      for (const holder of holders) {
        const place = this.#options.resolveListed(holder.uri);
        if (!place || place.downstream === downstream || place.downstream.state.kind === "starting") continue;
        this.#watched.release((one) => one === holder);
        this.#watched.hold(place, holder).catch(() => {}); // Nobody waits for it; the log has what the server says.
      }
    }
    for (const stream of this.#streams) if (stream.early === undefined) this.#tellLists(stream);
  }

  /** Nobody reads this stream any more. */
  withdrawn(request: Message): void {
    for (const stream of [...this.#streams]) if (stream.request === request) this.#end(stream);
  }

  /** The client has left. */
  forget(client: Client): void {
    for (const stream of [...this.#streams]) if (stream.client === client) this.#end(stream);
    this.#watched.release((holder) => holder.client === client);
  }

  async #grant(uri: string, listen: Stream): Promise<string | undefined> {
    const started = this.#options.started();
    if (started !== undefined) await started;
    const isVain = !this.#streams.has(listen) || this.#watched.isFull(listen.client);
    const place = isVain ? undefined : this.#options.resolve(uri);
    if (place === undefined) return undefined;
    const holder = { client: listen.client, listen, uri };
    if (await this.#inTime(this.#watched.hold(place, holder))) return uri;
    this.#watched.release((one) => one === holder);
    return undefined;
  }

  /** Whether a server takes a subscription: one that says nothing for a while holds up no stream. */
  async #inTime(asked: Promise<Message | undefined>): Promise<boolean> {
    return await new Promise((resolve) => {
      const timer = this.#options.clock.after(grantMs, () => resolve(false));
      const end = (isGranted: boolean): void => {
        timer.cancel();
        resolve(isGranted);
      };
      asked.then(
        (reply) => end(!reply?.has(slot.error)),
        () => end(false),
      );
    });
  }

  /** Nothing is told on a stream before it is acknowledged. */
  #open(stream: Stream, granted: string): void {
    this.#notify(stream, "subscriptions/acknowledged", `,"notifications":${granted}`);
    for (const notice of stream.early?.values() ?? []) stream.client.notify(notice, undefined, stream.request);
    stream.early = undefined;
    this.#tellLists(stream);
  }

  #tellLists(stream: Stream): void {
    const before = stream.listed;
    const now = this.#options.catalog();
    stream.listed = now;
    if (before === now) return;
    const changed = listKinds.filter((kind) => !isSameList(before[kind], now[kind]));
    for (const what of new Set(changed.map((kind) => changeOf[kind]))) {
      if (stream.lists.has(what)) this.#notify(stream, `${what}/list_changed`, "");
    }
  }

  #end(stream: Stream): void {
    this.#streams.delete(stream);
    this.#watched.release((holder) => holder.listen === stream);
  }

  #notify({ client, request, id }: Stream, method: string, more: string): void {
    const params = `{"_meta":{"${subscriptionId}":${id}}${more}}`;
    const notice = `{"jsonrpc":"2.0","method":"notifications/${method}","params":${params}}`;
    client.notify(notice, undefined, request);
  }
}

/** Gives the client the server's reply, or one of ours where the server had none to give. */
async function answer(
  request: Message,
  client: Client,
  downstream: Downstream | undefined,
  replied: Promise<Message | undefined>,
): Promise<void> {
  const id = request.raw(slot.id) as string;
  try {
    const reply = await replied;
    const edit = reply && { start: reply.start(slot.id), end: reply.end(slot.id), bytes: id };
    const isOurs = reply === undefined || edit === undefined;
    const own = `{"jsonrpc":"2.0","id":${id},"result":{}}`;
    client.reply(request, isOurs ? own : reply.splice([edit, ...foreignMarks(reply)]));
  } catch (cause) {
    const text = `${downstream?.name}: ${(cause as Error).message}`;
    const isCall = cause instanceof CallError;
    client.reply(request, isCall ? toFailure(id, cause) : toProtocolError(id, rpcCode.internalError, text));
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

/** Whether there is nothing to fetch anew; how long it may be kept does not count. */
function isSameList(one: readonly ExposedItem[], other: readonly ExposedItem[]): boolean {
  if (one.length !== other.length) return false;
  return one.every((item, index) => item === other[index] || item.bytes.equals((other[index] as ExposedItem).bytes));
}

/** Whether `uri` is that of `whole` or of a part of it. */
function isWithin(uri: string, whole: string): boolean {
  return uri.startsWith(whole) && (uri === whole || whole.endsWith("/") || "/?#".includes(uri[whole.length] as string));
}

/** What a server knows as `uri`, for who knows `whole`, which it is or which it is a part of, as `own`. */
function shownAs(uri: string, whole: string, own: string): string {
  if (uri === whole || own === whole) return uri === whole ? own : uri;
  const address = readAddress(own);
  return address === undefined ? uri : addressOf(address.prefix, uri);
}

/** `params.uri`; the last one where it is there more than once, which is then also the one that is replaced. */
export function uriOf(message: Message): string | undefined {
  if (message.firstByte(slot.params) !== 0x7b) return undefined;
  const at = memberOf(message, message.start(slot.params), message.end(slot.params), "uri");
  const raw = at && message.bytes(at.start, at.end).toString();
  return raw?.startsWith('"') ? (JSON.parse(raw) as string) : undefined;
}

function uriEdits(message: Message, shown: string): Edit[] {
  const at = memberOf(message, message.start(slot.params), message.end(slot.params), "uri");
  return at === undefined ? [] : [{ ...at, bytes: encodeString(shown) }];
}

/** A notice as part of the stream `id`; as one of no stream where there is none. */
function streamEdits(message: Message, id: string | undefined): Edit[] {
  const added = id === undefined ? "" : `"${subscriptionId}":${id}`;
  if (message.firstByte(slot.meta) === 0x7b) {
    return rewriteObject(message, message.start(slot.meta), message.end(slot.meta), new Set([subscriptionId]), added);
  }
  if (id === undefined) return [];
  const [start, end] = [message.start(slot.params), message.end(slot.params)];
  return rewriteObject(message, start, end, new Set(["_meta"]), `"_meta":{${added}}`);
}

function refuse(client: Client, request: Message, method: string): void {
  const text = `${method} needs params.uri, the URI of a resource`;
  client.reply(request, toProtocolError(request.raw(slot.id) as string, rpcCode.invalidParams, text));
}
