import type { Clock } from "../ports/clock.ts";
import type { Pausable } from "../transport/link.ts";

const mib = 1024 * 1024;
/** What one message costs us beyond its bytes, told in bytes: reading it takes about as long as scanning so many. */
const messageBytes = 1024;
/** The same of each further part in which it comes. */
const partBytes = 8 * 1024;
/** So much in a second a server may bring that answers nothing, */
const perSecond = mib;
/** and so much at once. */
const mostAtOnce = 6 * mib;
/** Beyond that it is a flood, until less than half of it is left; however long it was, that takes a few seconds. */
const mostOwed = mostAtOnce + mostAtOnce / 2;
/** A flood is read in pieces of what comes at once, */
const pieceBytes = mib / 16;
/** with so much time between them that fewer than one in a hundred short calls of other servers meet one, */
const pieceMs = 100;
/** but at once where no other server has answered anything for so long. */
const aloneMs = 500;
const longestPauseMs = 1000;

/** What the servers of one tutti have answered: whoever floods it is held up for the sake of the others. */
export class Traffic {
  /** Replies that somebody waited for. */
  replies = 0;
}

/** Holds up a server that floods us, so that what it brings takes no time from others; and for whoever else wants it held up. */
export class Brake implements Pausable {
  readonly #clock: Clock;
  readonly #link: () => Pausable | undefined;
  readonly #traffic: Traffic;
  /** Of the traffic, its own. */
  #replies = 0;
  #othersReplies = 0;
  #othersAt = Number.NEGATIVE_INFINITY;
  /** In how many parts has come what is no whole message yet. */
  #parts = 0;
  /** What it has brought that answers nothing, in bytes, as of `#countedAt`. */
  #owed = 0;
  #countedAt = 0;
  #isFlooding = false;
  /** What was read of the flood since it was held up last. */
  #piece = 0;
  #isWaiting = false;
  #isHeld = false;

  /** `link`: what is held up, once there is one. */
  constructor(clock: Clock, link: () => Pausable | undefined, traffic: Traffic) {
    this.#clock = clock;
    this.#link = link;
    this.#traffic = traffic;
  }

  /** It has brought a message of so many bytes that answers nothing. */
  useless(bytes: number): void {
    this.#owe(bytes + messageBytes + partBytes * Math.max(0, this.#parts - 1));
    this.#parts = 0;
    this.#take(messageBytes);
  }

  /** It has brought a reply of so many bytes that somebody waited for. */
  useful(bytes: number): void {
    this.#parts = 0;
    this.#replies++;
    this.#traffic.replies++;
    if (this.#owed > 0) this.#owe(-bytes - messageBytes);
  }

  /** So many bytes were read, `wasted` of them in lines that are no messages. */
  read(bytes: number, wasted: number): void {
    if (wasted > 0 || this.#isFlooding) this.#owe(wasted);
    this.#parts++;
    this.#take(bytes + (this.#parts > 1 ? partBytes : 0));
  }

  pause(): void {
    this.#isHeld = true;
    this.#apply();
  }

  resume(): void {
    this.#isHeld = false;
    this.#apply();
  }

  /** There is another link, which is held up as the one before was: whoever wanted that wants it still. */
  renew(): void {
    this.#apply();
  }

  #owe(bytes: number): void {
    const now = this.#clock.now();
    const paid = ((now - this.#countedAt) * perSecond) / 1000;
    this.#countedAt = now;
    this.#owed = Math.min(mostOwed, Math.max(0, this.#owed - paid + bytes));
    this.#isFlooding = this.#owed > (this.#isFlooding ? mostAtOnce / 2 : mostAtOnce);
  }

  #take(bytes: number): void {
    if (!this.#isFlooding) return;
    this.#piece += bytes;
    if (this.#piece < pieceBytes || this.#isWaiting || this.#isAlone()) return;
    const ms = Math.min(longestPauseMs, (this.#piece / pieceBytes) * pieceMs);
    this.#piece = 0;
    this.#isWaiting = true;
    this.#apply();
    this.#clock.after(ms, () => {
      this.#isWaiting = false;
      this.#apply();
    });
  }

  #isAlone(): boolean {
    const others = this.#traffic.replies - this.#replies;
    const now = this.#clock.now();
    if (others !== this.#othersReplies) {
      this.#othersReplies = others;
      this.#othersAt = now;
    }
    return now - this.#othersAt > aloneMs;
  }

  #apply(): void {
    const link = this.#link();
    if (this.#isHeld || this.#isWaiting) link?.pause();
    else link?.resume();
  }
}
