import type { Dice } from "./dice.ts";
import { countIn, type Ledger } from "./ledger.ts";

/**
 * Decides what goes wrong. Each fault of a run has a name, its kind and number; a run can leave out some of them, which
 * is how a failing one is made smaller.
 */
export class Faults {
  /** Names of those that were put in, in order. */
  readonly done: string[] = [];
  readonly #ledger: Ledger;
  readonly #without: ReadonlySet<string>;
  readonly #numbers = new Map<string, number>();
  #areOver = false;

  constructor(ledger: Ledger, without: ReadonlySet<string>) {
    this.#ledger = ledger;
    this.#without = without;
  }

  /** Whether nothing goes wrong any more. */
  get areOver(): boolean {
    return this.#areOver;
  }

  /** From now on nothing goes wrong, until they begin again. */
  end(): void {
    this.#areOver = true;
  }

  begin(): void {
    this.#areOver = false;
  }

  /** Whether a fault of this kind happens now. */
  happens(kind: string, percent: number, dice: Dice): boolean {
    return dice.chance(percent) && this.does(kind);
  }

  /** A fault that was chosen happens now, unless the run goes without it. */
  does(kind: string): boolean {
    if (this.#areOver) return false;
    const number = (this.#numbers.get(kind) ?? 0) + 1;
    this.#numbers.set(kind, number);
    const name = `${kind}#${number}`;
    if (this.#without.has(name)) return false;
    this.done.push(name);
    countIn(this.#ledger.faults, kind);
    this.#ledger.trace(`! ${name}`);
    return true;
  }
}
