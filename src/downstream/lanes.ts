/** Something that waits in the lane of whoever it belongs to. */
type InLane = { readonly lane: object };

type Lane<T> = { readonly owner: object; readonly waiting: Set<T> };

/** What waits, in one lane for each owner. Lanes take turns; within one, first come first served. */
export class Lanes<T extends InLane> {
  /** Those in which something waits; the first is the next to have its turn. A few at most: one for each client. */
  readonly #lanes: Lane<T>[] = [];

  get size(): number {
    return this.#lanes.reduce((size, { waiting }) => size + waiting.size, 0);
  }

  /** How many have their turn before one of this owner's that is added now. */
  before(owner: object): number {
    const own = this.#laneOf(owner)?.waiting.size ?? 0;
    let before = own;
    for (const lane of this.#lanes) if (lane.owner !== owner) before += Math.min(lane.waiting.size, own + 1);
    return before;
  }

  add(one: T): void {
    const lane = this.#laneOf(one.lane);
    if (lane === undefined) this.#lanes.push({ owner: one.lane, waiting: new Set([one]) });
    else lane.waiting.add(one);
  }

  /** Takes out whose turn it is. */
  next(): T | undefined {
    const lane = this.#lanes.shift();
    if (lane === undefined) return undefined;
    const one = lane.waiting.values().next().value as T;
    lane.waiting.delete(one);
    if (lane.waiting.size > 0) this.#lanes.push(lane);
    return one;
  }

  /** False: it does not wait here. */
  delete(one: T): boolean {
    const lane = this.#laneOf(one.lane);
    if (lane?.waiting.delete(one) !== true) return false;
    if (lane.waiting.size === 0) this.#lanes.splice(this.#lanes.indexOf(lane), 1);
    return true;
  }

  #laneOf(owner: object): Lane<T> | undefined {
    return this.#lanes.find((lane) => lane.owner === owner);
  }
}
