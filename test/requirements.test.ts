import { describe, expect, test } from "vitest";
import { allCells, type Cell, hasWay, type Requirement, type Way } from "./requirements/requirement.ts";
import { contractFiles, contractRuns, readWay, withoutWay } from "./requirements/ways.ts";
import { requirements } from "./requirements.ts";
import { sourcesIn } from "./support/sources.ts";

const all = new Map<string, Requirement>(Object.entries(requirements));

/** What a call in a test says that it shows: an id, in some cells, or in all that it has. */
type Shown = {
  readonly path: string;
  readonly id: string;
  readonly cells: readonly Cell[];
  /** Whether the test has to fail where the requirement is excepted. */
  readonly isInverted: boolean;
};

function cellsIn(text: string): readonly Cell[] {
  return allCells.filter((cell) => text.includes(`"${cell}"`));
}

function shownIn(path: string, code: string): readonly Shown[] {
  const shown: Shown[] = [];
  for (const [, id = "", cells = ""] of code.matchAll(/\brequirement\(\s*"([^"]+)"([^)]*)\)/g)) {
    shown.push({ path, id, cells: cellsIn(cells), isInverted: false });
  }
  for (const [, id = "", cells = ""] of code.matchAll(/\bsomeCells\(\s*"([^"]+)",\s*\[([^\]]*)\]/g)) {
    shown.push({ path, id, cells: cellsIn(cells), isInverted: true });
  }
  for (const [, id = ""] of code.matchAll(/\b(?:cells|withoutCells)\(\s*"([^"]+)"/g)) {
    shown.push({ path, id, cells: all.get(id)?.cells ?? [], isInverted: true });
  }
  return shown;
}

const shown = sourcesIn("test")
  .filter(({ path }) => path.endsWith(".test.ts") && path !== "test/requirements.test.ts")
  .flatMap(({ path, code }) => shownIn(path, code));

/** Whether a file is one of those that run over each way. */
function isInSuite(path: string): boolean {
  return contractFiles.some((pattern) => {
    const [before = "", after] = pattern.split("*");
    return after === undefined ? path === pattern : path.startsWith(before) && path.endsWith(after);
  });
}

describe("each requirement over each way", () => {
  test("has a test that connects by it, or a reason why it has none", () => {
    const inSuite = new Set(shown.filter(({ path }) => isInSuite(path)).map(({ id }) => id));
    const missing = [...all.keys()].filter((id) => !inSuite.has(id) && withoutWay[id] === undefined);
    expect(missing).toEqual([]);
  });

  test("that is said to have no test which connects has none", () => {
    for (const [id, reason] of Object.entries(withoutWay)) {
      expect(reason).toMatch(/^\S.{10,}/);
      expect(all.has(id)).toBe(true);
      const own = shown.filter((one) => one.id === id && isInSuite(one.path));
      expect(own.filter(({ path }) => !path.endsWith("era-remembered.test.ts"))).toEqual([]);
    }
  });

  test("is shown in each of its cells there, unless it is none of that way or an exception with a reason", () => {
    const ways = contractRuns.map(({ name }) => readWay(name));
    const missing = [...all].flatMap(([id, one]) => {
      if (withoutWay[id] !== undefined) return [];
      const tests = shown.filter((shownOne) => shownOne.id === id && isInSuite(shownOne.path));
      const lacks = (cell: Cell, way: Way) => hasWay(cell, way) && !tests.some(({ cells }) => cells.includes(cell));
      return ways.flatMap((way) => one.cells.filter((cell) => lacks(cell, way)).map((cell) => `${id} in ${cell}`));
    });
    expect([...new Set(missing)]).toEqual([]);
  });

  test("is excepted in cells that it has, with a reason, and shown there by a test that has to fail", () => {
    for (const [id, { exceptions, cells }] of all) {
      for (const { cells: excepted, reason } of exceptions) {
        expect(reason).toMatch(/^\S.{10,}[^.\s]$/);
        expect(excepted.filter((cell) => !cells.includes(cell))).toEqual([]);
        expect(excepted.length > 0 || cells.length === 0).toBe(true);
        // `requirement` alone gives a title, and cannot make a test fail.
        const inverted = shown.filter((one) => one.id === id && one.isInverted && isInSuite(one.path));
        expect(inverted.length, id).toBeGreaterThan(0);
      }
    }
  });
});

describe("each requirement", () => {
  test("has a test in each of its cells", () => {
    const missing = [...all].flatMap(([id, { cells }]) => {
      const tests = shown.filter((one) => one.id === id);
      if (tests.length === 0) return [id];
      const lacking = cells.filter((cell) => !tests.some((one) => one.cells.includes(cell)));
      return lacking.length === 0 ? [] : [`${id} in ${lacking.join(" ")}`];
    });
    expect(missing).toEqual([]);
  });

  test("says in one sentence what is seen, and where it is demanded", () => {
    for (const [id, { behaviour, link }] of all) {
      expect(id).toMatch(/^[a-z]+(?:[.-][a-z0-9]+)*$/);
      expect(behaviour).toMatch(/^\S.{15,200}[^.\s]$/);
      expect(link).toMatch(
        /^(?:https:\/\/modelcontextprotocol\.io\/specification\/20\d\d-\d\d-\d\d\/|protocol\.md §11: )\S/,
      );
    }
  });

  test("is another than all others", () => {
    expect(new Set([...all.values()].map(({ behaviour }) => behaviour)).size).toBe(all.size);
  });
});

test("tests name only requirements that there are, in cells that they have", () => {
  const wrong = shown.flatMap(({ path, id, cells }) => {
    const known = all.get(id);
    if (known === undefined) return [`${path}: ${id}`];
    return cells.filter((cell) => !known.cells.includes(cell)).map((cell) => `${path}: ${id} in ${cell}`);
  });
  expect(wrong).toEqual([]);
});

test("a test that names an id is found however it is laid out", () => {
  const code = `
    test(requirement("state.forged", "ML"), run);
    test(requirement(
      "ask.rounds",
      "LL",
      "MM",
    ), run);
    cells("elicitation.form", async (cell) => {});
    someCells("roots.list", ["LM", "ML"], async (cell) => {});
    cells(
      "state.forged",
      run,
    );`;
  expect(shownIn("p", code).map(({ id, cells }) => `${id}: ${cells.join(" ")}`)).toEqual([
    "state.forged: ML",
    "ask.rounds: LL MM",
    "roots.list: LM ML",
    "elicitation.form: LL LM ML MM",
    "state.forged: ML",
  ]);
});
