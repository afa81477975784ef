import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";

/** Who waits for the answer to a question. Unless it is withdrawn, either `reply` or `lost` is called, once. */
export type Asked = {
  /** The client's reply: a result or an error. */
  readonly reply: (reply: Message) => void;
  /** The client reports progress under the question's id, which it does only where the question asks for it. */
  readonly progress: (notification: Message) => void;
  /** No reply will come: the client has left, or its reply was spoilt. Never called before `Client.ask` has returned. */
  readonly lost: () => void;
};

/** The questions that one client has not answered, under ids of our own: 1, 2, 3, … Replies to others are dropped. */
export class Asks {
  readonly #waiting = new Map<number, Asked>();
  #lastId = 0;

  get count(): number {
    return this.#waiting.size;
  }

  add(asked: Asked): number {
    this.#lastId += 1;
    this.#waiting.set(this.#lastId, asked);
    return this.#lastId;
  }

  forget(id: number): void {
    this.#waiting.delete(id);
  }

  reply(reply: Message): void {
    const id = reply.integer(slot.id);
    const asked = this.#waiting.get(id);
    this.#waiting.delete(id);
    asked?.reply(reply);
  }

  progress(notification: Message): void {
    this.#waiting.get(notification.integer(slot.token))?.progress(notification);
  }

  /** Whether the line that was spoilt, of which no method could be read, was the reply to a question. */
  spoil(id: string): boolean {
    const asked = /^\d{1,15}$/.test(id) ? this.#waiting.get(Number(id)) : undefined;
    this.#waiting.delete(Number(id));
    asked?.lost();
    return asked !== undefined;
  }

  loseAll(): void {
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const asked of lost) asked.lost();
  }
}
