// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what models write
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPlan } from "../../src/metatools/plan.ts";
import { jsonText } from "../wire/generators.ts";

function problem(args: unknown): string {
  const plan = readPlan(Buffer.from(typeof args === "string" ? args : JSON.stringify(args)));
  return "problem" in plan ? plan.problem : "none";
}

function a(more: object = {}) {
  return { id: "a", name: "t", ...more };
}

function b(more: object = {}) {
  return { id: "b", name: "t", ...more };
}

describe("a plan is refused as a whole, with the call and the cure", () => {
  test.each<readonly [string, unknown, string]>([
    ["without calls", {}, '"calls" is missing'],
    ["with none", { calls: [] }, '"calls" is empty'],
    [
      "with too many",
      { calls: Array.from({ length: 33 }, () => ({ name: "t" })) },
      "more than 32 calls: send the others in another request",
    ],
    ["that is text", { calls: "do it" }, '"calls" must be a list'],
    ["with a number", { calls: [5] }, "calls[0]: a call must be an object"],
    [
      "with the same id twice",
      { calls: [a(), b(), a()] },
      'calls[0] and calls[2] have the same id "a": give each its own',
    ],
    [
      "with the reserved id",
      { calls: [{ id: "item", name: "t" }] },
      'calls[0] has the id "item", which means an element of "each"',
    ],
    [
      "with an id that is no root",
      { calls: [{ id: "a.b", name: "t" }] },
      'calls[0] ("a.b"): the id "a.b" must have no . [ ] { } " $ in it',
    ],
    ["with a long id", { calls: [{ id: "i".repeat(65), name: "t" }] }, "must have at most 64 characters"],
    ["with an id that is an object", { calls: [{ id: {}, name: "t" }] }, 'calls[0]: "id" must be a short text'],
    ["without a name", { calls: [{ id: "a" }] }, 'calls[0] ("a"): "name" is missing'],
    ["with a name that is no text", { calls: [a({ name: 5 })] }, 'calls[0] ("a"): "name" must be the name of a tool'],
    ["with two names", { calls: [a({ tool: "u" })] }, 'it has two of "name", "tool": write "name" alone'],
    ["with two arguments", { calls: [a({ input: {}, arguments: {} })] }, 'write "arguments" alone'],
    [
      "with arguments outside",
      { calls: [a({ query: "x" })] },
      'calls[0] ("a"): a call has no "query": what the tool is given goes in "arguments"',
    ],
    [
      "with an order in other words",
      { calls: [a(), b({ depends_on: ["a"] })] },
      'calls[1] ("b"): a call has no "depends_on"',
    ],
    ["with arguments that are a list", { calls: [a({ arguments: [1] })] }, '"arguments" must be an object'],
    [
      "with arguments that are no JSON",
      { calls: [a({ arguments: "{x:1}" })] },
      '"arguments" is text that is no JSON object',
    ],
    [
      "with arguments that are two",
      { calls: [a({ arguments: "{},{}" })] },
      '"arguments" is text that is no JSON object',
    ],
    [
      "with an unknown id in a path",
      { calls: [a(), b({ arguments: { x: { $from: "aa.x" } } })] },
      'calls[1] ("b"): the path "aa.x" begins with "aa", which is the id of no call here; did you mean "a"?',
    ],
    [
      "with one in a template",
      { calls: [a(), b({ arguments: { x: { $template: "${HOME}" } } })] },
      'begins with "HOME", which is the id of no call here; the ids are "a", "b"',
    ],
    [
      "with one in after",
      { calls: [a(), b({ after: ["zzzz"] })] },
      '"after" names "zzzz", which is the id of no call here; the ids are "a", "b"',
    ],
    ["with one in each", { calls: [a({ each: "zzzz.x" })] }, 'the path "zzzz.x" begins with "zzzz"'],
    ["with item and no each", { calls: [a(), b({ arguments: { x: { $from: "item.x" } } })] }, '"item.x" needs "each"'],
    ["with each of item", { calls: [a({ each: "item.x" })] }, '"each" cannot begin with "item"'],
    ["with each that is a list", { calls: [a({ each: [1] })] }, '"each" must be the path of an array'],
    [
      "with a bad path",
      { calls: [a(), b({ arguments: { x: [{ $from: "a..x" }] } })] },
      'calls[1] ("b"): the path "a..x" is wrong at character 2',
    ],
    [
      "with a bad path to pick",
      { calls: [a({ pick: ["x["] })] },
      'calls[0] ("a"): the path "x[" is wrong at character 2',
    ],
    ["with after that is no list", { calls: [a(), b({ after: 5 })] }, '"after" must be a list of ids of calls'],
    [
      "with after of numbers",
      { calls: [a(), b({ after: [5] })] },
      '"after" must be a list of ids of calls, each as text',
    ],
    ["with a call that waits for itself", { calls: [a({ after: ["a"] })] }, 'the call "a" waits for itself'],
    [
      "with a circle",
      {
        calls: [
          { id: "x", name: "t", after: ["a"] },
          a({ after: ["b"] }),
          b({ arguments: { y: { $template: "${c.z}" } } }),
          { id: "c", name: "t", each: "a.w" },
        ],
      },
      'calls wait for each other in a circle, "a" → "b" → "c" → "a": take one of these references out',
    ],
    [
      "with too many references",
      {
        calls: Array.from({ length: 32 }, (_, index) => ({
          id: `i${index}`,
          name: "t",
          arguments: { x: Array.from({ length: 17 }, () => ({ $from: "r_x" })) },
        })),
      },
      "more than 512 references",
    ],
  ])("%s", (_, args, expected) => {
    expect(problem(args)).toContain(expected);
    expect(problem(args)).not.toContain("\n");
    expect(problem(args).length).toBeLessThan(500);
  });

  test("and never otherwise than with a sentence, whatever comes", () => {
    const name = fc.constantFrom("id", "name", "tool", "arguments", "after", "each", "pick", "$from", "x");
    const text = fc.constantFrom(
      '"a"',
      '"b"',
      '"a.x"',
      '["a"]',
      '{"$from":"a"}',
      '{"$from":"b.x[*]"}',
      '{"$template":"${a}"}',
      '"[]"',
      "{}",
      "null",
    );
    const member = fc
      .tuple(name, fc.oneof({ weight: 4, arbitrary: text }, jsonText))
      .map(([key, value]) => `"${key}":${value}`);
    const call = fc
      .array(member, { maxLength: 5 })
      .map((members) => `{"name":"t",${[...members, '"type":1'].join(",")}}`);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(call, { maxLength: 4 }).map((calls) => `{"calls":[${calls}]}`),
          jsonText.map((one) => `{"calls":${one}}`),
          jsonText,
        ),
        (args) => {
          const plan = readPlan(Buffer.from(args));
          if ("problem" in plan) expect(plan.problem.length).toBeGreaterThan(10);
          else
            for (const one of plan.calls)
              for (const need of one.needs) expect(plan.calls.map(({ id }) => id)).toContain(need);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("and at little cost where it is hostile", () => {
    const chain = Array.from({ length: 32 }, (_, index) => ({
      id: `i${index}`,
      name: "t",
      after: Array.from({ length: index }, (_, other) => `i${other}`),
    }));
    expect(problem({ calls: chain })).toBe("none");
    expect(problem({ calls: [a({ after: Array.from({ length: 100_000 }, () => "a") })] })).toContain("more than 64");
    expect(problem({ calls: Array.from({ length: 200_000 }, () => ({ name: "t" })) })).toContain("more than 32 calls");
    expect(
      problem({ calls: [Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, 1]))] }),
    ).toContain("a call has no");
    const deep = `${'{"$from":'.repeat(400)}"a"${"}".repeat(400)}`;
    expect(problem(`{"calls":[{"name":"t","arguments":${deep}}]}`)).toContain('"$from" has must be text');
  });
});
