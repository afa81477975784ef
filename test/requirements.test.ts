import { describe, expect, test } from "vitest";
import { allCells, type Cell, type Requirement } from "./requirements/requirement.ts";
import { requirements } from "./requirements.ts";
import { sourcesIn } from "./support/sources.ts";

const all = new Map<string, Requirement>(Object.entries(requirements));

/** What a call in a test says that it shows: an id, in some cells, or in all that it has. */
type Shown = { readonly path: string; readonly id: string; readonly cells: readonly Cell[] };

function cellsIn(text: string): readonly Cell[] {
  return allCells.filter((cell) => text.includes(`"${cell}"`));
}

function shownIn(path: string, code: string): readonly Shown[] {
  const shown: Shown[] = [];
  for (const [, id = "", cells = ""] of code.matchAll(/\brequirement\(\s*"([^"]+)"([^)]*)\)/g)) {
    shown.push({ path, id, cells: cellsIn(cells) });
  }
  for (const [, id = "", cells = ""] of code.matchAll(/\bsomeCells\(\s*"([^"]+)",\s*\[([^\]]*)\]/g)) {
    shown.push({ path, id, cells: cellsIn(cells) });
  }
  for (const [, id = ""] of code.matchAll(/\bcells\(\s*"([^"]+)"/g)) {
    shown.push({ path, id, cells: all.get(id)?.cells ?? [] });
  }
  return shown;
}

const shown = sourcesIn("test")
  .filter(({ path }) => path.endsWith(".test.ts") && path !== "test/requirements.test.ts")
  .flatMap(({ path, code }) => shownIn(path, code));

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
