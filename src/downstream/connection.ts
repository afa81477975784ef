import type { Clock } from "../ports/clock.ts";
import type { LinkFailure, OpenLink, OwnLink, Pausable } from "../transport/link.ts";
import type { BadLine } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import type { Message, Outgoing } from "../wire/message.ts";
import { Brake, Traffic } from "./brake.ts";
import type { Dated } from "./deadlines.ts";
import { mostOpen, OpenRequests } from "./open-requests.ts";

/** Who waits for one reply. Exactly one of `reply`, `spoilt`, `lost` and `failed` is called, once, unless it is forgotten first. */
export type Waiter = Dated & {
  /** Whether its request was sent; until then nothing that comes can be for it. */
  readonly isSent: boolean;
  readonly reply: (reply: Message) => void;
  readonly progress: (notification: Message) => void;
  /** The reply came and cannot be passed on. */
  readonly spoilt: (problem: BadLine["problem"]) => void;
  /** The link over which it was sent has closed: no reply will come. */
  readonly lost: (reason: string) => void;
  /** No reply will come to it alone. */
  readonly failed: (failure: LinkFailure) => void;
};

export type ConnectionEvents = {
  /** Something has come from the server. */
  readonly heard: () => void;
  /** A notification that is nobody's progress. */
  readonly notification: (method: string, message: Message, within: Waiter | undefined) => void;
  /** The server asks something, other than whether we are there. */
  readonly request: (method: string, message: Message, within: Waiter | undefined) => void;
  readonly strayLine: (line: BadLine) => void;
  /** Something that belongs to no request of ours was dropped. */
  readonly dropped: (what: string) => void;
  /** The link has closed, and who waited for a reply over it was told. Others who wait may be served over another one. */
  readonly closed: (reason: string) => void;
  /** The server knows nothing of what it was told since it was greeted. */
  readonly renewed: () => void;
  readonly defect: (cause: unknown) => void;
};

/**
 * One live link to a server, and who waits for what on it. Ids and progress tokens on it are ours, integers that are
 * never used again; whatever carries another id is dropped.
 */
export class Connection {
  readonly #events: ConnectionEvents;
  readonly #waiters = new OpenRequests<Waiter>();
  readonly #brake: Brake;
  #link: OwnLink | undefined;
  #closedBecause: string | undefined;
  /** How many links were opened, or given up before they were. Only what the last one brings counts. */
  #generation = 0;
  #isOpening = false;
  /** The request that was given up last. */
  #givenUp: number | undefined;

  /** `traffic`: absent where it is alone. */
  constructor(events: ConnectionEvents, { clock, traffic = new Traffic() }: { clock: Clock; traffic?: Traffic }) {
    this.#events = events;
    this.#brake = new Brake(clock, () => this.#link, traffic);
  }

  /**
   * Opens the link, or another one in its place: who waits for a reply over that gets none. Rejects as `openLink` does,
   * and where it is stopped meanwhile.
   */
  async open(openLink: OpenLink): Promise<void> {
    this.#lose("it was started anew");
    const generation = ++this.#generation;
    const ifPresent =
      <T>(take: (brought: T) => void) =>
      (brought: T): void => {
        if (generation === this.#generation) take(brought);
      };
    this.#closedBecause = undefined;
    this.#isOpening = true;
    try {
      const link = await openLink({
        message: (message, within) => {
          if (generation === this.#generation) this.#receive(message, within);
        },
        badLine: ifPresent((line) => this.#receiveBadLine(line)),
        isAwaited: (id) => isOurs(id) && this.#sent(Number(id)) !== undefined,
        read: (bytes, wasted) => {
          if (generation === this.#generation) this.#brake.read(bytes, wasted);
        },
        closed: ifPresent((reason) => this.#close(reason)),
        defect: this.#events.defect,
        failed: (id, failure) => {
          if (generation === this.#generation) this.#guarded(() => this.#take(id)?.failed(failure));
        },
        renewed: () => {
          if (generation === this.#generation) this.#guarded(() => this.#events.renewed());
        },
      });
      if (generation === this.#generation) this.#link = link;
      else {
        void link.stop();
        throw new Error("it was stopped before its link was open");
      }
    } finally {
      if (generation === this.#generation) this.#isOpening = false;
    }
  }

  /** Closes the link, and the one that is being opened as soon as it is; resolves when nothing of the first is left. */
  async stop(): Promise<void> {
    if (this.#isOpening) {
      this.#generation++;
      this.#isOpening = false;
      this.#closedBecause ??= "it was stopped";
    }
    await this.#link?.stop();
  }

  /** The same at once and synchronously. */
  kill(): void {
    this.#link?.kill();
  }

  /** Holds up what comes from it; does nothing while it is not open. */
  pause(): void {
    this.#brake.pause();
  }

  resume(): void {
    this.#brake.resume();
  }

  /** The server is greeted: from now on whoever holds it up holds up this link too. */
  greeted(): void {
    this.#brake.renew();
  }

  get link(): OwnLink {
    if (this.#link === undefined) throw new Error("the connection is used before it is open");
    return this.#link;
  }

  /** Why nothing can be sent any more; undefined while it can. */
  get closedBecause(): string | undefined {
    return this.#closedBecause;
  }

  /** How many requests are open, sent or not. */
  get openRequests(): number {
    return this.#waiters.size;
  }

  /** Whether there is room for no more than a request of our own. */
  get isFull(): boolean {
    return this.#waiters.size >= mostOpen - 1;
  }

  /** Who waits now. */
  waiters(): Iterable<Waiter> {
    return this.#waiters.values();
  }

  /** The id, and progress token, under which `waiter` sends its request later and gets its reply. Forget it when it is over. */
  register(waiter: Waiter): number {
    return this.#waiters.add(waiter);
  }

  /** Sends to the server; `source` is held up while the server does not read what came from it. */
  send(message: Outgoing, source?: Pausable): void {
    this.link.send(message, source);
  }

  /** Answers what the server has asked. The link is the source of what it makes us say: a server that asks and does not read is read no further. */
  answer(message: Outgoing): void {
    this.#link?.send(message, this.#link);
  }

  /** Nobody waits for `id` any more: what still comes for it is dropped. */
  forget(id: number): void {
    this.#waiters.delete(id);
  }

  /** The same of a request that was waited for in vain: a reply that comes late is nothing odd. */
  giveUp(id: number): void {
    this.forget(id);
    this.#givenUp = id;
    this.#link?.abort?.(id);
  }

  /** `within`: the request on whose way back it came, where that is known. */
  #receive(message: Message, within: number | undefined): void {
    this.#events.heard();
    if (message.kind === "reply") {
      const id = message.integer(slot.id);
      const waiter = this.#take(id);
      if (waiter === undefined && id === this.#givenUp) this.#givenUp = undefined;
      else if (waiter === undefined) this.#drop(message, `a reply with the id ${short(message.raw(slot.id))}`);
      else {
        this.#brake.useful(message.length);
        waiter.reply(message);
      }
      return;
    }
    this.#brake.useless(message.length);
    const method = message.text(slot.method) ?? "";
    const whose = within === undefined ? undefined : this.#sent(within);
    if (message.kind === "request") {
      if (method === "ping") this.answer(`{"jsonrpc":"2.0","id":${message.raw(slot.id)},"result":{}}`);
      else this.#events.request(method, message, whose);
    } else if (method === "notifications/progress") {
      const waiter = this.#sent(message.integer(slot.token));
      if (waiter === undefined) this.#events.dropped(`progress with the token ${short(message.raw(slot.token))}`);
      else waiter.progress(message);
    } else this.#events.notification(method, message, whose);
  }

  #receiveBadLine(line: BadLine): void {
    const { id = "", problem } = line;
    const isReply = line.isObject && !line.hasMethod && isOurs(id);
    const waiter = isReply ? this.#take(Number(id)) : undefined;
    if (waiter === undefined) this.#brake.useless(0);
    if (waiter !== undefined) waiter.spoilt(problem);
    else if (problem !== "unasked") this.#events.strayLine(line);
    else if (Number(id) === this.#givenUp) this.#givenUp = undefined;
    else this.#events.dropped(`a reply with the id ${short(id)}`);
  }

  #drop(message: Message, what: string): void {
    this.#brake.useless(message.length);
    this.#events.dropped(what);
  }

  #sent(id: number): Waiter | undefined {
    const waiter = this.#waiters.get(id);
    return waiter?.isSent === true ? waiter : undefined;
  }

  #take(id: number): Waiter | undefined {
    const waiter = this.#sent(id);
    if (waiter !== undefined) this.#waiters.delete(id);
    return waiter;
  }

  #close(reason: string): void {
    this.#lose(reason);
    this.#guarded(() => this.#events.closed(reason));
  }

  #lose(reason: string): void {
    this.#closedBecause = reason;
    for (const waiter of this.#waiters.values()) {
      if (waiter.isSent) this.#guarded(() => waiter.lost(reason));
    }
  }

  /** One that throws is a defect of ours, and keeps nobody else from hearing of what has happened. */
  #guarded(tell: () => void): void {
    try {
      tell();
    } catch (cause) {
      this.#events.defect(cause);
    }
  }
}

/** Whether an id, as it stands, may be one that we gave. */
function isOurs(id: string): boolean {
  return /^\d{1,15}$/.test(id);
}

function short(raw: string | undefined): string {
  return raw === undefined ? "none" : raw.slice(0, 40);
}
