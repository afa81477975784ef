// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what models write
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Plan, readPlan } from "../../src/metatools/plan.ts";
import { jsonText } from "../wire/generators.ts";

function read(args: unknown): Plan {
  const plan = readPlan(Buffer.from(typeof args === "string" ? args : JSON.stringify(args)));
  if ("problem" in plan) throw new Error(plan.problem);
  return plan;
}

function ids(plan: Plan): readonly string[] {
  return plan.calls.map(({ id }) => id);
}

function a(more: object = {}) {
  return { id: "a", name: "t", ...more };
}

function b(more: object = {}) {
  return { id: "b", name: "t", ...more };
}

describe("a plan", () => {
  test("of the reference is read: what each call waits for, in the order of the list", () => {
    const plan = read({
      calls: [
        { id: "ny", name: "SearchAirport", arguments: { query: "New York" }, pick: [] },
        { id: "ldn", name: "SearchAirport", arguments: { query: "London" }, pick: [] },
        {
          id: "fl",
          name: "FlightSearch",
          arguments: { from: { $from: "ny.skyId" }, to: { $from: "ldn.skyId" }, again: { $from: "ny.entityId" } },
        },
        { id: "loc", name: "SearchLocation", arguments: { query: "London" }, pick: [] },
        {
          id: "ho",
          name: "SearchHotels",
          arguments: { geoId: { $from: "loc.geoId" }, note: { $template: "${ny.name} to ${r_7Kd2.x}" } },
          pick: ["hotels[*].name", "hotels[*].price"],
          after: ["fl", "fl"],
        },
        { id: "d", name: "get_pr", each: "ho.items", arguments: { number: { $from: "item.number" } } },
      ],
    });
    expect(plan.calls.map(({ id, needs, handles }) => [id, [...needs].sort(), [...handles]])).toEqual([
      ["ny", [], []],
      ["ldn", [], []],
      ["fl", ["ldn", "ny"], []],
      ["loc", [], []],
      ["ho", ["fl", "loc", "ny"], ["r_7Kd2"]],
      ["d", ["ho"], []],
    ]);
    expect(plan.calls[0]?.pick).toEqual([]);
    expect(plan.calls[2]?.pick).toBeUndefined();
    expect(plan.calls[4]?.pick?.map(({ text }) => text)).toEqual(["hotels[*].name", "hotels[*].price"]);
    expect(plan.calls[4]?.after).toEqual(["fl"]);
    expect(plan.calls[5]?.each).toMatchObject({ root: "ho", text: "ho.items" });
  });

  test("keeps arguments byte for byte", () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        fc.pre(!/[\r\n]/.test(text));
        const args = `{"x":${text}}`;
        const plan = read(`{"calls": [ {"id":"a","name":"t","arguments": ${args} } ]}`);
        expect(plan.calls[0]?.args.toString()).toBe(args);
      }),
    );
    expect(read('{"calls":[{"name":"t","arguments":{ "x":\n18446744073709551616 }}]}').calls[0]?.args.toString()).toBe(
      '{"x":18446744073709551616}',
    );
  });
});

describe("what models write", () => {
  const expected = [{ id: "a", name: "t", args: '{"x":1}' }];

  test.each([
    ['{"calls":[{"id":"a","name":"t","arguments":{"x":1}}]}'],
    ['{"calls":[{"id":"a","tool":"t","args":{"x":1}}]}'],
    ['{"calls":[{"id":"a","name":" t ","parameters":{"x":1}}]}'],
    ['{"calls":[{"type":"tool_use","id":"a","name":"t","input":{"x":1}}]}'],
    ['{"calls":[{"id":" a ","name":"t","arguments":"{\\"x\\":1}","description":"first"}]}'],
    ['{"calls":"[{\\"id\\":\\"a\\",\\"name\\":\\"t\\",\\"arguments\\":{\\"x\\":1}}]"}'],
    ['{"calls":["{\\"id\\":\\"a\\",\\"name\\":\\"t\\",\\"arguments\\":{\\"x\\":1}}"]}'],
    ['{"calls":{"id":"a","name":"t","arguments":{"x":1}}}'],
    ['{"id":"a","name":"t","arguments":{"x":1}}'],
    [' [{"id":"a","name":"t","arguments":{"x":1}}] '],
    ['{"calls":[{"id":"a","name":"t","arguments":{"x":1},"args":null,"after":null,"each":null,"pick":null}]}'],
    ['{"calls":[{"id":"a","name":"t","arguments":{"x":1},"after":"","each":"","pick":""}],"parallel":true}'],
    ['{"calls":[],"calls":[{"id":"b","id":"a","name":"t","arguments":{"x":1}}]}'],
  ])("%s is understood", (text) => {
    expect(read(text).calls.map(({ id, name, args }) => ({ id, name, args: args.toString() }))).toEqual(expected);
  });

  test.each([["{}"], ["null"], ['""'], ['" "'], ['"{}"']])("%s is no arguments", (text) => {
    expect(read(`{"calls":[{"name":"t","arguments":${text}}]}`).calls[0]?.args.toString()).toBe("{}");
    expect(read('{"calls":[{"name":"t"}]}').calls[0]?.args.toString()).toBe("{}");
  });

  test("without ids gets some, that nobody else has and that can be referred to", () => {
    expect(ids(read({ calls: [{ name: "t" }, { name: "t" }, { name: "t", id: "" }] }))).toEqual(["c1", "c2", "c3"]);
    expect(ids(read({ calls: [{ name: "t" }, { name: "t", id: "c1" }, { id: 7, name: "t" }] }))).toEqual([
      "c2",
      "c1",
      "7",
    ]);
    const plan = read({ calls: [{ name: "t" }, { name: "t", arguments: { x: { $from: "c1.y" } } }] });
    expect(plan.calls[1]?.needs).toEqual(new Set(["c1"]));
  });

  test("for after, each and pick may be one text, or the text of a list, or a reference", () => {
    expect(read({ calls: [a(), b({ after: "a", each: { $from: "a.items" }, pick: "[*].x" })] }).calls[1]).toMatchObject(
      {
        after: ["a"],
        each: { root: "a", text: "a.items" },
        pick: [{ text: "[*].x" }],
      },
    );
    expect(read({ calls: [a(), b({ after: '["a"]', pick: '["x","y"]' })] }).calls[1]).toMatchObject({
      after: ["a"],
      pick: [{ text: "x" }, { text: "y" }],
    });
  });
});
