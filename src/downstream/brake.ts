import type { Clock } from "../ports/clock.ts";
import type { Pausable } from "../transport/link.ts";

const mib = 1024 * 1024;
/** What one message costs us beyond its bytes, told in bytes: reading it takes about as long as scanning so many. */
const messageBytes = 1024;
/** So much in a second a server may bring that answers nothing, */
const perSecond = 4 * mib;
/** and so much at once. */
const mostAtOnce = 16 * mib;
/** Beyond that it is a flood, until less than half of it is left; however long it was, that takes a few seconds. */
const mostOwed = mostAtOnce + mostAtOnce / 2;
/** A flood is read in pieces of about a millisecond, */
const pieceBytes = mib / 2;
/** with so much time between them that fewer than one in a hundred short calls of other servers meet one. */
const pieceMs = 40;
const longestPauseMs = 1000;

/** Holds up a server that floods us, so that what it brings takes no time from others; and for whoever else wants it held up. */
export class Brake implements Pausable {
  readonly #clock: Clock;
  readonly #link: () => Pausable | undefined;
  /** What it has brought that answers nothing, in bytes, as of `#countedAt`. */
  #owed = 0;
  #countedAt = 0;
  #isFlooding = false;
  /** What was read of the flood since it was held up last. */
  #piece = 0;
  #isWaiting = false;
  #isHeld = false;

  /** `link`: what is held up, once there is one. */
  constructor(clock: Clock, link: () => Pausable | undefined) {
    this.#clock = clock;
    this.#link = link;
  }

  /** It has brought a message of so many bytes that answers nothing. */
  useless(bytes: number): void {
    this.#owe(bytes + messageBytes);
    this.#take(messageBytes);
  }

  /** It has brought a reply of so many bytes that somebody waited for. */
  useful(bytes: number): void {
    if (this.#owed > 0) this.#owe(-bytes - messageBytes);
  }

  /** So many bytes were read, `wasted` of them in lines that are no messages. */
  read(bytes: number, wasted: number): void {
    if (wasted > 0 || this.#isFlooding) this.#owe(wasted);
    this.#take(bytes);
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
    if (this.#piece < pieceBytes || this.#isWaiting) return;
    const ms = Math.min(longestPauseMs, (this.#piece / pieceBytes) * pieceMs);
    this.#piece = 0;
    this.#isWaiting = true;
    this.#apply();
    this.#clock.after(ms, () => {
      this.#isWaiting = false;
      this.#apply();
    });
  }

  #apply(): void {
    const link = this.#link();
    if (this.#isHeld || this.#isWaiting) link?.pause();
    else link?.resume();
  }
}
