/** The most requests that can be open at once; ids of one slot are this far apart. */
export const mostOpen = 65_536;

/**
 * What is open on one connection, each under an integer from 1 on that is never given twice. Slots are used again and
 * hold nothing while they are free: the discarded tables of a busy `Map` would keep ended requests, and all they refer
 * to, through one collection of young garbage after the other.
 */
export class OpenRequests<T> {
  readonly #slots: (T | undefined)[] = [];
  /** The id of what is in each slot, or of what was in it last. */
  readonly #ids: number[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#slots.length - this.#free.length;
  }

  /** The id under which `request` is open from now on. Throws when it is full. */
  add(request: T): number {
    const slot = this.#free.pop() ?? this.#slots.length;
    if (slot === mostOpen) throw new Error(`more than ${mostOpen} requests are open on one connection`);
    const id = slot < this.#ids.length ? (this.#ids[slot] as number) + mostOpen : slot + 1;
    this.#slots[slot] = request;
    this.#ids[slot] = id;
    return id;
  }

  get(id: number): T | undefined {
    const slot = (id - 1) % mostOpen;
    return this.#ids[slot] === id ? this.#slots[slot] : undefined;
  }

  delete(id: number): void {
    const slot = (id - 1) % mostOpen;
    if (this.#ids[slot] !== id || this.#slots[slot] === undefined) return;
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  /** What is open now, in no particular order; adding and deleting meanwhile is safe. */
  *values(): Generator<T> {
    for (const request of this.#slots) if (request !== undefined) yield request;
  }
}
