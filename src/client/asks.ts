import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";

/** Who waits for the answer to a question. Unless it is withdrawn, either `reply` or `lost` is called, once. */
export type Asked = {
  /** The client's reply: a result or an error. */
  readonly reply: (reply: Message) => void;
  /** The client reports progress under the question's id, which it does only where the question asks for it. */
  readonly progress: (notification: Message) => void;
  /** No reply will come: the client has left, its reply cannot be read, or all that it could be about is over. Never called before `Client.ask` has returned. */
  readonly lost: (why: "left" | "spoilt" | "over") => void;
};

/** Questions of several servers within one request of the client: it gets each when the one before it is over. */
type Turn = {
  /** The request. */
  readonly within: Message;
  /** Called when it is answered, or nobody waits for it any more. */
  readonly over: (() => void) | undefined;
};

/** Sends a question to the client under this id. False: nobody needs an answer any more. */
type Put = (id: number) => boolean;

type Waiting = {
  readonly asked: Asked;
  readonly put: Put;
  readonly turn: Turn | undefined;
  isPut: boolean;
};

const done = Promise.resolve();

/** The questions that one client has not answered, under ids of our own: 1, 2, 3, … Replies to others are dropped. */
export class Asks {
  /** In the order in which they came. */
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  get count(): number {
    return this.#waiting.size;
  }

  /** `put` sends it to the client: at once, or in its turn. */
  add(asked: Asked, put: Put, turn: Turn | undefined): number {
    this.#lastId += 1;
    const id = this.#lastId;
    const waiting = { asked, put, turn, isPut: turn === undefined };
    this.#waiting.set(id, waiting);
    if (turn === undefined) put(id);
    else this.#putNext(turn.within);
    return id;
  }

  /** Whether the client knows of it and has not answered. */
  forget(id: number): boolean {
    const wasPut = this.#waiting.get(id)?.isPut === true;
    this.#take(id);
    return wasPut;
  }

  reply(reply: Message): void {
    const id = reply.integer(slot.id);
    if (this.#waiting.get(id)?.isPut === true) this.#take(id)?.asked.reply(reply);
  }

  progress(notification: Message): void {
    this.#waiting.get(notification.integer(slot.token))?.asked.progress(notification);
  }

  /**
   * Whether the line that was spoilt, of which no method could be read, was the reply to a question: "late" where it
   * seems to be one to a question that nobody waits for any more.
   */
  spoil(id: string): boolean | "late" {
    // The digits as we write them: what else counts as the same number is not our id.
    if (!/^[1-9]\d{0,14}$/.test(id) || Number(id) > this.#lastId) return false;
    const waiting = this.#waiting.get(Number(id));
    if (waiting === undefined) return "late";
    if (!waiting.isPut) return false;
    this.#take(Number(id))?.asked.lost("spoilt");
    return true;
  }

  loseAll(): void {
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { asked } of lost) asked.lost("left");
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    const turn = waiting?.turn;
    turn?.over?.();
    // Whoever takes back several takes back those that have not been put, too, before one of them is.
    if (turn !== undefined) void done.then(() => this.#putNext(turn.within));
    return waiting;
  }

  /** Puts the first of those within one request, unless it was put before. */
  #putNext(within: Message): void {
    for (const [id, one] of this.#waiting) {
      if (one.turn?.within !== within) continue;
      if (!one.isPut) {
        one.isPut = true;
        if (!one.put(id)) this.#take(id)?.asked.lost("over");
      }
      return;
    }
  }
}
