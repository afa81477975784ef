import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";

/** Who waits for the answer to a question. Unless it is withdrawn, either `reply` or `lost` is called, once. */
export type Asked = {
  /** The client's reply: a result or an error. */
  readonly reply: (reply: Message) => void;
  /** The client reports progress under the question's id, which it does only where the question asks for it. */
  readonly progress: (notification: Message) => void;
  /** No reply will come: the client has left, or its reply cannot be read. Never called before `Client.ask` has returned. */
  readonly lost: (why: "left" | "spoilt") => void;
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

  /**
   * Whether the line that was spoilt, of which no method could be read, was the reply to a question: "late" where it
   * seems to be one to a question that nobody waits for any more.
   */
  spoil(id: string): boolean | "late" {
    // The digits as we write them: what else counts as the same number is not our id.
    if (!/^[1-9]\d{0,14}$/.test(id) || Number(id) > this.#lastId) return false;
    const asked = this.#waiting.get(Number(id));
    if (asked === undefined) return "late";
    this.#waiting.delete(Number(id));
    asked.lost("spoilt");
    return true;
  }

  loseAll(): void {
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const asked of lost) asked.lost("left");
  }
}
