import { rpcCode, toProtocolError } from "../errors.ts";
import type { OpenLink, OwnLink } from "../transport/link.ts";
import type { BadLine } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import type { Message, Outgoing } from "../wire/message.ts";

/** Who waits for one reply. Exactly one of `reply`, `spoilt` and `lost` is called, once, unless it is forgotten first. */
export type Waiter = {
  readonly reply: (reply: Message) => void;
  readonly progress: (notification: Message) => void;
  /** The reply came and cannot be passed on. */
  readonly spoilt: (problem: BadLine["problem"]) => void;
  /** The link has closed; no reply will come. */
  readonly lost: (reason: string) => void;
};

export type ConnectionEvents = {
  /** A notification that is nobody's progress. */
  readonly notification: (method: string, message: Message) => void;
  readonly strayLine: (line: BadLine) => void;
  /** Something that belongs to no request of ours was dropped. */
  readonly dropped: (what: string) => void;
  readonly closed: (reason: string) => void;
  readonly defect: (cause: unknown) => void;
};

/**
 * One live link to a server, and who waits for what on it. Ids and progress tokens on it are ours: integers, one after
 * the other, never used again; whatever carries another id is dropped.
 */
export class Connection {
  readonly #events: ConnectionEvents;
  readonly #waiters = new Map<number, Waiter>();
  #link: OwnLink | undefined;
  #lastId = 0;
  #closedBecause: string | undefined;

  constructor(events: ConnectionEvents) {
    this.#events = events;
  }

  /** Rejects as `openLink` does. Once, and before anything else. */
  async open(openLink: OpenLink): Promise<void> {
    this.#link = await openLink({
      message: (message) => this.#receive(message),
      badLine: (line) => this.#receiveBadLine(line),
      closed: (reason) => this.#close(reason),
      defect: this.#events.defect,
    });
  }

  /** Closes the link and ends what was started for it; resolves when nothing of that is left. */
  async stop(): Promise<void> {
    await this.#link?.stop();
  }

  /** The same at once and synchronously. */
  kill(): void {
    this.#link?.kill();
  }

  get link(): OwnLink {
    if (this.#link === undefined) throw new Error("the connection is used before it is open");
    return this.#link;
  }

  /** Why nothing can be sent any more; undefined while it can. */
  get closedBecause(): string | undefined {
    return this.#closedBecause;
  }

  /** How many replies are waited for. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Sends what `encode` makes of the next id, which is also the progress token, and returns that id; 0 when it made nothing. */
  send(encode: (id: number) => Outgoing | undefined, waiter: Waiter): number {
    const id = ++this.#lastId;
    const message = encode(id);
    if (message === undefined) return 0;
    if (this.#closedBecause !== undefined) {
      waiter.lost(this.#closedBecause);
      return 0;
    }
    this.#waiters.set(id, waiter);
    this.link.send(message);
    return id;
  }

  /** Nobody waits for `id` any more: what still comes for it is dropped. */
  forget(id: number): void {
    this.#waiters.delete(id);
  }

  #receive(message: Message): void {
    if (message.kind === "reply") {
      const waiter = this.#take(message.integer(slot.id));
      if (waiter === undefined) this.#events.dropped(`a reply with the id ${short(message.raw(slot.id))}`);
      else waiter.reply(message);
      return;
    }
    const method = message.text(slot.method) ?? "";
    if (message.kind === "request") this.#answer(method, message.raw(slot.id) as string);
    else if (method === "notifications/progress") {
      const waiter = this.#waiters.get(message.integer(slot.token));
      if (waiter === undefined) this.#events.dropped(`progress with the token ${short(message.raw(slot.token))}`);
      else waiter.progress(message);
    } else this.#events.notification(method, message);
  }

  #receiveBadLine(line: BadLine): void {
    const isReply = line.isObject && !line.hasMethod && line.id !== undefined && /^\d{1,15}$/.test(line.id);
    const waiter = isReply ? this.#take(Number(line.id)) : undefined;
    if (waiter === undefined) this.#events.strayLine(line);
    else waiter.spoilt(line.problem);
  }

  #answer(method: string, id: string): void {
    if (method === "ping") this.link.send(`{"jsonrpc":"2.0","id":${id},"result":{}}`);
    else this.link.send(toProtocolError(id, rpcCode.methodNotFound, `tutti declared no capability for ${method}`));
  }

  #take(id: number): Waiter | undefined {
    const waiter = this.#waiters.get(id);
    if (waiter !== undefined) this.#waiters.delete(id);
    return waiter;
  }

  #close(reason: string): void {
    this.#closedBecause = reason;
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    this.#events.closed(reason);
    for (const waiter of waiters) waiter.lost(reason);
  }
}

function short(raw: string | undefined): string {
  return raw === undefined ? "none" : raw.slice(0, 40);
}
