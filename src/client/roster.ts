import type { HttpLink } from "../transport/http-link.ts";
import type { Message, Outgoing } from "../wire/message.ts";
import type { Client } from "./client.ts";

/** A client over HTTP, and its link. */
export type Served = {
  readonly client: Client;
  readonly link: HttpLink;
  /** Who may speak as this client. */
  readonly owner: string;
};

/** What a request gets for an answer that is open when its client leaves; undefined: nothing. */
export type LastWord = (request: Message) => Outgoing | undefined;

/** Who has said nothing for so long gives way where there is no room for others. */
const givesWayMs = 60_000;

/**
 * The clients of one kind, by what each is known by: so many at most. Those with nothing open leave in time, and earlier
 * where others need the room.
 */
export class Roster {
  readonly #served = new Map<string, Served>();
  readonly #most: number;
  readonly #idleMs: number;

  constructor(bounds: { readonly most: number; readonly idleMs: number }) {
    this.#most = bounds.most;
    this.#idleMs = bounds.idleMs;
  }

  get size(): number {
    return this.#served.size;
  }

  get(key: string): Served | undefined {
    return this.#served.get(key);
  }

  /** Whether there is room for one more, which is made where it has to be. */
  hasRoom(): boolean {
    if (this.#served.size < this.#most) return true;
    const [longest] = [...this.#served].toSorted(([, one], [, other]) => other.link.idleMs - one.link.idleMs);
    if (longest === undefined || longest[1].link.idleMs < givesWayMs) return false;
    this.remove(longest[0], nothing);
    return true;
  }

  add(key: string, served: Served): void {
    this.#served.set(key, served);
  }

  /** It has left: whatever it waits for is answered with what `last` gives. */
  remove(key: string, last: LastWord): void {
    const served = this.#served.get(key);
    if (served === undefined) return;
    this.#served.delete(key);
    served.client.closed();
    served.link.close(last);
  }

  tick(): void {
    for (const [key, served] of [...this.#served]) {
      if (served.link.idleMs >= this.#idleMs) this.remove(key, nothing);
      else served.link.tick();
    }
  }

  /** The same of all of which `is` is true. */
  removeAll(last: LastWord, is: (served: Served) => boolean = () => true): void {
    for (const [key, served] of [...this.#served]) if (is(served)) this.remove(key, last);
  }
}

/** Who is idle waits for nothing. */
function nothing(): undefined {
  return undefined;
}
