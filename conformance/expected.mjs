import { existsSync, readFileSync } from "node:fs";

/** The entries of the cell's files: `scenario`, `checks` (ids; absent = any), `reason`. */
function expectationsOf({ files, revision }) {
  return files
    .map((name) => new URL(`expected/${name}.json`, import.meta.url))
    .filter((file) => existsSync(file))
    .flatMap((file) => JSON.parse(readFileSync(file, "utf8")))
    .filter((entry) => entry.revision === undefined || entry.revision === revision)
    .flatMap(({ scenarios, ...entry }) => scenarios.map((scenario) => ({ scenario, ...entry })));
}

export const isBad = ({ status }) => status === "FAILURE" || status === "WARNING";

/**
 * Holds results against what is expected: `faults` are lines on what failed unexpectedly and what passed unexpectedly,
 * `exceptions` the expected failures that came about.
 */
export function judge(cell, results) {
  const expectations = expectationsOf(cell);
  const faults = [];
  const exceptions = [];
  for (const { scenario, isScored, checks } of results) {
    const expected = expectations.filter((entry) => entry.scenario === scenario);
    const bad = checks.filter(isBad);
    for (const check of bad) {
      if (expected.some((entry) => entry.checks?.includes(check.id) ?? true)) continue;
      faults.push(`${scenario}: ${check.status} ${check.id} (${check.name}): ${check.message.slice(0, 300)}`);
    }
    for (const entry of expected) {
      const stale = (entry.checks ?? [undefined]).filter(
        (id) => !bad.some((check) => id === undefined || check.id === id),
      );
      for (const id of stale)
        faults.push(`${scenario}: passes${id === undefined ? "" : ` ${id}`}, but expected/ says it fails`);
      if (stale.length === 0) exceptions.push({ ...entry, isScored });
    }
  }
  return { faults, exceptions };
}
