import type { Client } from "../client/client.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { CallError, cutAt } from "../errors.ts";
import { slot } from "../wire/members.ts";
import type { Message, Outgoing } from "../wire/message.ts";

/** A stream of notices that a client has open. */
export type Listen = {
  readonly client: Client;
  /** Its request. */
  readonly request: Message;
  /** The id of that, as it stands. */
  readonly id: string;
  /** What it is to bring and cannot yet, by the URI that it is about; undefined once it is acknowledged. */
  early: Map<string, Outgoing> | undefined;
};

/** Who wants to hear of a resource: a client itself, or one of its streams, under the URI that it gave. */
export type Holder = { readonly client: Client; readonly listen: Listen | undefined; readonly uri: string };

/** A resource where it is: at its server, under the URI by which that one knows it. */
export type Place = { readonly downstream: Downstream; readonly original: string };

/** A resource that somebody wants to hear of. */
export type Watch = Place & {
  readonly holders: ReadonlySet<Holder>;
};

/** A server that was told that nobody wants to hear of a resource any more. */
export type Told = { readonly downstream: Downstream; readonly reply: Promise<Message | undefined> };

type OwnWatch = Place & {
  readonly holders: Set<Holder>;
  /** The server's reply while it is awaited; to whoever comes later it has nothing to say. */
  reply: Promise<Message | undefined>;
};

const mostPerClient = 4096;

/** Which resources somebody wants to hear of: each server is asked once for each, and told when nobody wants it any more. */
export class Watched {
  readonly #oddity: (server: string, text: string) => void;
  readonly #all = new Map<string, OwnWatch>();
  /** Those that wait for their server to start. */
  readonly #waking = new Set<Holder>();
  /** How many each client holds; no entry where none. */
  readonly #counts = new Map<Client, number>();
  /** Tells servers apart: one that was replaced has the name of another. */
  readonly #numbers = new WeakMap<Downstream, number>();
  #lastNumber = 0;

  constructor(oddity: (server: string, text: string) => void) {
    this.#oddity = oddity;
  }

  get size(): number {
    return this.#all.size;
  }

  all(): Iterable<Watch> {
    return this.#all.values();
  }

  /** Whether the client can hold no more. */
  isFull(client: Client): boolean {
    return (this.#counts.get(client) ?? 0) >= mostPerClient;
  }

  /**
   * Gives the server's reply where it had to be asked. Where that is an error, or this rejects (a `CallError` where it was
   * not asked at all), the holder is none.
   */
  async hold({ downstream, original }: Place, holder: Holder): Promise<Message | undefined> {
    const { client, listen, uri } = holder;
    const { name } = downstream;
    if (this.isFull(client)) {
      const text = `There are ${mostPerClient} subscriptions already, the most that a client can have. Take some back first.`;
      throw new CallError("queue_full", text);
    }
    if (downstream.state.kind === "idle") {
      this.#waking.add(holder);
      await downstream.wake();
      // It was released meanwhile.
      if (!this.#waking.delete(holder)) return undefined;
    }
    if (downstream.state.kind !== "ready") {
      const text = `${name}: ${downstream.trouble}. The subscription was not made.`;
      throw new CallError("unavailable", text, { server: name });
    }
    const key = this.#keyOf(downstream, original);
    const watch = this.#all.get(key) ?? this.#begin(key, { downstream, original });
    const isHeld = [...watch.holders].some((one) => one.client === client && one.listen === listen && one.uri === uri);
    if (!isHeld) {
      watch.holders.add(holder);
      this.#counts.set(client, (this.#counts.get(client) ?? 0) + 1);
    }
    return await watch.reply;
  }

  /** Gives what servers say that are told that nobody wants a resource any more. */
  release(isMeant: (holder: Holder) => boolean): readonly Told[] {
    for (const holder of this.#waking) if (isMeant(holder)) this.#waking.delete(holder);
    return [...this.#all.values()].flatMap((watch) => this.#releaseIn(watch, isMeant) ?? []);
  }

  #begin(key: string, { downstream, original }: Place): OwnWatch {
    const reply = downstream.subscribe(original).then(
      (answer) => {
        if (answer?.has(slot.error)) this.#releaseIn(watch, () => true);
        watch.reply = Promise.resolve(undefined);
        return answer;
      },
      (cause: unknown) => {
        this.#releaseIn(watch, () => true);
        throw cause;
      },
    );
    const watch: OwnWatch = { downstream, original, holders: new Set(), reply };
    this.#all.set(key, watch);
    return watch;
  }

  #releaseIn(watch: OwnWatch, isMeant: (holder: Holder) => boolean): Told | undefined {
    const { downstream, original, holders } = watch;
    for (const holder of holders) if (isMeant(holder)) this.#drop(holders, holder);
    const key = this.#keyOf(downstream, original);
    // Another one may have begun since it was released.
    if (holders.size > 0 || this.#all.get(key) !== watch) return undefined;
    this.#all.delete(key);
    const reply = downstream.unsubscribe(original);
    reply.catch((cause: Error) => {
      if (downstream.state.kind !== "ready") return;
      this.#oddity(downstream.name, `still tells of ${JSON.stringify(cutAt(200, original))}: ${cause.message}`);
    });
    return { downstream, reply };
  }

  #drop(holders: Set<Holder>, holder: Holder): void {
    holders.delete(holder);
    const left = (this.#counts.get(holder.client) ?? 1) - 1;
    if (left > 0) this.#counts.set(holder.client, left);
    else this.#counts.delete(holder.client);
  }

  #keyOf(downstream: Downstream, uri: string): string {
    const number = this.#numbers.get(downstream) ?? ++this.#lastNumber;
    this.#numbers.set(downstream, number);
    return `${number}\n${uri}`;
  }
}
