import { describe, expect, test } from "vitest";
import { buildCatalog, expose } from "../../../src/catalog/catalog.ts";
import { unmarkedOf } from "../../../src/cli/check/unmarked.ts";
import { defined, noRules, offerOf } from "../../catalog/offered.ts";

function tools(...described: readonly (readonly [name: string, annotations?: string])[]) {
  const offer = offerOf({});
  const definitions = described.map(([name, annotations]) =>
    defined("tools", name, annotations === undefined ? "" : `,"annotations":${annotations}`),
  );
  const { exposed } = expose("s", "s", noRules, { ...offer, tools: { ...offer.tools, definitions } });
  return buildCatalog([exposed]).tools;
}

describe("tools that do not say what they change", () => {
  test("are none where each says it, whatever it says", () => {
    expect(unmarkedOf(tools(["a", '{"readOnlyHint":true}'], ["b", '{"readOnlyHint":false}']))).toBeUndefined();
    expect(unmarkedOf([])).toBeUndefined();
  });

  test("are named by their own names, and those that seem to read get a pattern that meets no other", () => {
    const unmarked = unmarkedOf(
      tools(["get_a"], ["get_b"], ["listAll"], ["search_x"], ["write"], ["t", '{"title":"T"}'], ["null", "null"]),
    );
    expect(unmarked?.names).toEqual(["get_a", "get_b", "listAll", "search_x", "write", "t", "null"]);
    expect(unmarked?.text).toContain("7 tools do not say");
    expect(unmarked?.entry).toBe(
      '"tools": { "annotations": {"get_*":{"readOnlyHint":true},"listAll":{"readOnlyHint":true},"search_x":{"readOnlyHint":true}} }',
    );
  });

  test("get one for example where none seems to read", () => {
    expect(unmarkedOf(tools(["write"], ["getaway"]))?.entry).toBe(
      '"tools": { "annotations": {"write":{"readOnlyHint":true}} }',
    );
  });

  test("are not all named where they are many", () => {
    const many = unmarkedOf(tools(...Array.from({ length: 20 }, (_, index) => [`t${index}`] as const)));
    expect(many?.text).toContain("t7, and 12 more");
  });
});
