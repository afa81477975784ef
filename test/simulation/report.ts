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
  readonly steps: number;
  readonly virtualHours: number;
  readonly faults: number;
  readonly faultsByKind: Readonly<Record<string, number>>;
};

/** Adds up what runs have shown. */
export class Tally {
  readonly #from: number;
  readonly #failed: number[] = [];
  readonly #byKind = new Map<string, number>();
  readonly #sums = { seeds: 0, requests: 0, calls: 0, replies: 0, compared: 0, steps: 0, virtualMs: 0, faults: 0 };

  constructor(from: number) {
    this.#from = from;
  }

  add({ seed, violations, counts, steps, virtualMs, faults, byKind }: Outcome): void {
    const sums = this.#sums;
    sums.seeds++;
    for (const name of ["requests", "calls", "replies", "compared"] as const) sums[name] += counts[name];
    sums.steps += steps;
    sums.virtualMs += virtualMs;
    sums.faults += faults.length;
    for (const [kind, count] of byKind) this.#byKind.set(kind, (this.#byKind.get(kind) ?? 0) + count);
    if (violations.length > 0) this.#failed.push(seed);
  }

  get summary(): Summary {
    const { virtualMs, ...sums } = this.#sums;
    const faultsByKind = Object.fromEntries([...this.#byKind].sort(([a], [b]) => (a < b ? -1 : 1)));
    return {
      from: this.#from,
      failed: this.#failed,
      ...sums,
      virtualHours: Math.round(virtualMs / 3_600_000),
      faultsByKind,
    };
  }
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
