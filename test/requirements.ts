import { describe, test } from "vitest";
import { asking } from "./requirements/asking.ts";
import { greeting } from "./requirements/greeting.ts";
import { offer } from "./requirements/offer.ts";
import type { Cell, Requirement } from "./requirements/requirement.ts";

/**
 * What is demanded of the relay, by id. Each has a test: a test names what it shows with `requirement`, `cells` or
 * `someCells`, and `requirements.test.ts` fails where an id, or one of its cells, is named by none. Ids and cells stand
 * literally in the tests.
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

/** One test of `id` in each of these cells: where other cells are shown by other tests. */
export function someCells(id: RequirementId, shownIn: readonly Cell[], run: (cell: Cell) => Promise<void>): void {
  describe(requirement(id), () => {
    for (const cell of shownIn) test(cell, () => run(cell));
  });
}
