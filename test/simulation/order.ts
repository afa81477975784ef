/** What was sent on one link, and what of it has come: all of it once, and what is of one source in order. */
export class Order {
  readonly #lines = new Map<string, number>();
  /** What has not come yet, by whose it is; `at` grows with each. */
  readonly #bySource = new Map<object, { readonly line: string; readonly at: number }[]>();
  #sent = 0;

  sent(line: string, source: object | undefined): void {
    this.#lines.set(line, (this.#lines.get(line) ?? 0) + 1);
    if (source === undefined) return;
    const before = this.#bySource.get(source);
    this.#sent++;
    const one = { line, at: this.#sent };
    if (before === undefined) this.#bySource.set(source, [one]);
    else before.push(one);
  }

  /** A line has come; what is wrong with that, if anything is. */
  came(line: string): string | undefined {
    const count = this.#lines.get(line) ?? 0;
    if (count === 0) return "what was not sent to it";
    if (count === 1) this.#lines.delete(line);
    else this.#lines.set(line, count - 1);
    const waiting = [...this.#bySource.values()].filter((all) => all.some((one) => one.line === line));
    // Two may have said the same, to two requests under one id: it is whoever said it first.
    const [first] = waiting
      .filter(([next]) => next?.line === line)
      .toSorted(([one], [other]) => (one?.at ?? 0) - (other?.at ?? 0));
    if (first !== undefined) first.shift();
    else if (waiting.length > 0) return "before what its server has sent earlier";
    return undefined;
  }

  /** What has not come. */
  get left(): Iterable<string> {
    return this.#lines.keys();
  }
}
