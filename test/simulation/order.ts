/** What was sent on one link, and what of it has come: all of it once, and what is of one source in order. */
export class Order {
  readonly #lines = new Map<string, number>();
  /** What has not come yet, by whose it is. */
  readonly #bySource = new Map<object, string[]>();

  sent(line: string, source: object | undefined): void {
    this.#lines.set(line, (this.#lines.get(line) ?? 0) + 1);
    if (source === undefined) return;
    const before = this.#bySource.get(source);
    if (before === undefined) this.#bySource.set(source, [line]);
    else before.push(line);
  }

  /** A line has come; what is wrong with that, if anything is. */
  came(line: string): string | undefined {
    const count = this.#lines.get(line) ?? 0;
    if (count === 0) return "what was not sent to it";
    if (count === 1) this.#lines.delete(line);
    else this.#lines.set(line, count - 1);
    const waiting = [...this.#bySource.values()].filter((lines) => lines.includes(line));
    const first = waiting.find(([next]) => next === line);
    if (first !== undefined) first.shift();
    else if (waiting.length > 0) return "before what its server has sent earlier";
    return undefined;
  }

  /** What has not come. */
  get left(): Iterable<string> {
    return this.#lines.keys();
  }
}
