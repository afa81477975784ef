/**
 * What is under way, by what it is known by, in no particular order: a few hundred at most, each searched for one by one.
 * No `Map`, because the discarded tables of a busy one keep what has ended, and all that it refers to, through one
 * collection of young garbage after the other.
 */
export class UnderWay<Key, Value> {
  readonly #keys: Key[] = [];
  readonly #values: Value[] = [];

  get size(): number {
    return this.#keys.length;
  }

  has(key: Key): boolean {
    return this.#keys.includes(key);
  }

  get(key: Key): Value | undefined {
    return this.#values[this.#keys.indexOf(key)];
  }

  /** `key` must not be there yet. */
  add(key: Key, value: Value): void {
    this.#keys.push(key);
    this.#values.push(value);
  }

  /** What it was; undefined where it was not there. */
  take(key: Key): Value | undefined {
    const at = this.#keys.indexOf(key);
    if (at === -1) return undefined;
    const value = this.#values[at];
    const [lastKey, lastValue] = [this.#keys.pop() as Key, this.#values.pop() as Value];
    if (at < this.#keys.length) {
      this.#keys[at] = lastKey;
      this.#values[at] = lastValue;
    }
    return value;
  }

  /** All that are there now; what is added and taken meanwhile changes nothing. */
  entries(): readonly (readonly [Key, Value])[] {
    return this.#keys.map((key, index) => [key, this.#values[index] as Value] as const);
  }

  /** The values of `entries`. */
  values(): readonly Value[] {
    return this.#values.slice();
  }

  clear(): void {
    this.#keys.length = 0;
    this.#values.length = 0;
  }
}
