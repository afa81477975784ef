import type { Outcome } from "./run.ts";

/** What many runs have shown, as it is kept in a file. */
export type Summary = {
  readonly from: number;
  readonly seeds: number;
  readonly failed: readonly number[];
  readonly requests: number;
  readonly calls: number;
  readonly replies: number;
  readonly compared: number;
  /** Calls that were sent once more after their server was lost. */
  readonly repeats: number;
  readonly steps: number;
  readonly virtualHours: number;
  readonly faults: number;
  /** How often servers came into each state. */
  readonly states: Readonly<Record<string, number>>;
  readonly faultsByKind: Readonly<Record<string, number>>;
};

/** Adds up what runs have shown. */
export class Tally {
  readonly #from: number;
  readonly #failed: number[] = [];
  readonly #byKind = new Map<string, number>();
  readonly #states = new Map<string, number>();
  readonly #sums = {
    seeds: 0,
    requests: 0,
    calls: 0,
    replies: 0,
    compared: 0,
    repeats: 0,
    steps: 0,
    virtualMs: 0,
    faults: 0,
  };

  constructor(from: number) {
    this.#from = from;
  }

  add({ seed, violations, counts, steps, virtualMs, faults, byKind, states }: Outcome): void {
    const sums = this.#sums;
    sums.seeds++;
    for (const name of ["requests", "calls", "replies", "compared", "repeats"] as const) sums[name] += counts[name];
    sums.steps += steps;
    sums.virtualMs += virtualMs;
    sums.faults += faults.length;
    addTo(this.#byKind, byKind);
    addTo(this.#states, states);
    if (violations.length > 0) this.#failed.push(seed);
  }

  get summary(): Summary {
    const { virtualMs, ...sums } = this.#sums;
    return {
      from: this.#from,
      failed: this.#failed,
      ...sums,
      virtualHours: Math.round(virtualMs / 3_600_000),
      states: inOrder(this.#states),
      faultsByKind: inOrder(this.#byKind),
    };
  }
}

function addTo(sums: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [name, count] of more) sums.set(name, (sums.get(name) ?? 0) + count);
}

function inOrder(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** How a failed run is told: what was wrong, how to see it again, and the end of its trace. */
export function describe({ seed, violations, tail }: Outcome, faults: readonly string[] = []): string {
  return [
    `seed ${seed}: ${violations.length} violations`,
    ...violations.slice(0, 5).map((one) => `  ${one}`),
    `  again, with the whole trace: npm run simulate -- --seed ${seed} --trace`,
    ...(faults.length > 0 ? [`  it needs these faults: ${faults.join(", ")}`] : []),
    ...tail.map((line) => `  | ${line}`),
  ].join("\n");
}
