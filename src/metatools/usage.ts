import type { Entry } from "./entry.ts";
import type { Done } from "./run.ts";

/** What a plan has cost, for hosts and benchmarks; times in whole ms. */
export type Usage = {
  readonly calls: number;
  readonly ok: number;
  readonly failed: number;
  readonly skipped: number;
  readonly ms: number;
  /** Of the calls that each had to wait for another, the longest row. */
  readonly criticalPathMs: number;
  /** One after the other it would have taken this. */
  readonly sumMs: number;
  readonly bytesIn: number;
  readonly bytesReturned: number;
};

/** `bytesReturned`: of the text and what is appended to it. */
export function usageOf({ entries, ms, bytesIn }: Done, bytesReturned: number): Usage {
  let [ok, skipped, sumMs] = [0, 0, 0];
  for (const entry of entries) {
    const failure = entry.wholeFailure;
    if (failure === undefined) ok++;
    else if (failure.code === "skipped") skipped++;
    sumMs += sumOf(entry);
  }
  return {
    calls: entries.length,
    ok,
    failed: entries.length - ok - skipped,
    skipped,
    ms: Math.round(ms),
    criticalPathMs: Math.round(longestRow(entries)),
    sumMs: Math.round(sumMs),
    bytesIn,
    bytesReturned,
  };
}

function longestRow(entries: readonly Entry[]): number {
  if (entries.every(({ call }) => call.needs.size === 0)) return Math.max(0, ...entries.map(spanOf));
  const byId = new Map(entries.map((entry) => [entry.call.id, entry]));
  const known = new Map<string, number>();
  const rowOf = (id: string): number => {
    const entry = byId.get(id);
    if (entry === undefined) return 0;
    const row = known.get(id) ?? spanOf(entry) + Math.max(0, ...[...entry.call.needs].map(rowOf));
    known.set(id, row);
    return row;
  };
  return Math.max(0, ...[...byId.keys()].map(rowOf));
}

function sumOf({ inners }: Entry): number {
  let sum = 0;
  for (const { startedAt, endedAt } of inners) if (startedAt !== undefined) sum += endedAt - startedAt;
  return sum;
}

/** From the first of its calls to the end of the last. */
function spanOf({ inners }: Entry): number {
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const { startedAt, endedAt } of inners) {
    if (startedAt === undefined) continue;
    first = Math.min(first, startedAt);
    last = Math.max(last, endedAt);
  }
  return Math.max(0, last - first);
}
