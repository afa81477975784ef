import { describe, test } from "vitest";
import { asking } from "./requirements/asking.ts";
import { greeting } from "./requirements/greeting.ts";
import { offer } from "./requirements/offer.ts";
import { type Cell, hasWay, isExcepted, type Requirement } from "./requirements/requirement.ts";
import { way } from "./requirements/ways.ts";

/**
 * What is demanded of the relay, by id. Each has a test: a test names what it shows with `requirement`, `cells`,
 * `someCells` or `withoutCells`, and `requirements.test.ts` fails where an id, or one of its cells, is named by none. Ids
 * and cells stand literally in the tests. By what the tests connect says `requirements/ways.ts`.
 * The data is in `requirements/`: how tutti is greeted and greets (`greeting.ts`), what servers offer (`offer.ts`), what
 * they ask and how requests end (`asking.ts`).
 */
export const requirements = { ...greeting, ...offer, ...asking } satisfies Readonly<Record<string, Requirement>>;

export type RequirementId = keyof typeof requirements;

/**
 * The title of a test of `id`. A requirement that has cells is shown in those that are named, one after another:
 * `test(requirement("state.forged", "ML"), …)`.
 */
export function requirement(id: RequirementId, ...shownIn: readonly Cell[]): string {
  return [`${id}: ${requirements[id].behaviour}`, ...shownIn].join(" · ");
}

/** One test of `id` in each of its cells. Several of one id stand in a `describe` that says how they differ. */
export function cells(id: RequirementId, run: (cell: Cell) => Promise<void>): void {
  someCells(id, requirements[id].cells, run);
}

/**
 * One test of `id` in each of these cells: where other cells are shown by other tests. Where the way of this run is an
 * exception, the test has to fail.
 */
export function someCells(id: RequirementId, shownIn: readonly Cell[], run: (cell: Cell) => Promise<void>): void {
  describe(requirement(id), () => {
    for (const cell of shownIn) {
      const begin = isExcepted(requirements[id], way, cell) ? test.fails : test;
      if (hasWay(cell, way)) begin(cell, () => run(cell));
      else test.skip(cell);
    }
  });
}

/** One test of an `id` that has no cells; as above. */
export function withoutCells(id: RequirementId, run: () => Promise<void>): void {
  const begin = isExcepted(requirements[id], way, undefined) ? test.fails : test;
  begin(requirement(id), run);
}
