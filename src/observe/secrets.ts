import { createRedactor } from "./redact.ts";

/** What must never be shown in a run. It grows: what was a secret once stays one. */
export class Secrets {
  readonly #all: Set<string>;
  #redact: (text: string) => string;

  constructor(secrets: readonly string[]) {
    this.#all = new Set(secrets);
    this.#redact = createRedactor(secrets);
  }

  /** From now on these are among them. */
  learn(secrets: readonly string[]): void {
    const known = this.#all.size;
    for (const secret of secrets) this.#all.add(secret);
    if (this.#all.size > known) this.#redact = createRedactor([...this.#all]);
  }

  /** Takes all of them out of a text, as `createRedactor`. */
  readonly redact = (text: string): string => this.#redact(text);
}
