// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what stands in plans
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configFile, fake, fixture, run, temporaryFolder } from "./support/program.ts";

const together = { callTools: { scope: "non-destructive" } };

function planFile(plan: unknown): string {
  const path = join(temporaryFolder(), "plan.json");
  writeFileSync(path, typeof plan === "string" ? plan : JSON.stringify(plan));
  return path;
}

/** Lines below the drawing: what waits for what, and the results. */
function below(stdout: string): readonly string[] {
  const lines = stdout.split("\n");
  return lines.slice(lines.findIndex((line) => line.startsWith("wall ")) + 1);
}

test("call --plan draws when each call ran and what it waited for, and prints each one's result in the plan's order", async () => {
  const config = configFile({ one: fake(), sdk: fixture("sdk-server.mjs") }, together);
  const plan = planFile({
    calls: [
      { id: "slow", name: "one__sleep", arguments: { ms: 600 } },
      { id: "said", name: "one__echo", arguments: { text: { $template: "${sum.sum} in all" } } },
      { id: "sum", name: "sdk__sum", arguments: { a: 19, b: 23 } },
      { id: "last", name: "one__echo", arguments: { text: { $from: "said" } }, after: ["slow"] },
    ],
  });
  const { code, stdout, stderr, left } = await run(["call", "--plan", plan, "--config", config]);
  expect({ code, stderr, left }).toEqual({ code: 0, stderr: "", left: [] });
  const bars = new Map(
    [...stdout.matchAll(/^ {2}✓ (\w+) \w+ .* ([\d.]+ m?s)$/gm)].map(([line, id = ""]) => [id, line.search(/[█-▐]/u)]),
  );
  expect([...bars.keys()].sort()).toEqual(["last", "said", "slow", "sum"]);
  const startOf = (id: string): number => bars.get(id) ?? -1;
  // What waits for sum alone does not wait for slow.
  expect(startOf("said") - startOf("slow")).toBeLessThan(20);
  expect(startOf("last") - startOf("slow")).toBeGreaterThan(40);
  expect(below(stdout)).toEqual([
    "",
    "Order:",
    "  said after sum",
    "  last after slow, said",
    "",
    '{"id":"slow","ok":true,"result":"slept 600"}',
    '{"id":"said","ok":true,"result":"42 in all"}',
    '{"id":"sum","ok":true,"result":{"sum":42}}',
    '{"id":"last","ok":true,"result":"42 in all"}',
    "",
  ]);
});

test("call --plan prints with --json what a client gets, and a list alone is a plan", async () => {
  const config = configFile({ one: fake() }, together);
  const plan = planFile([{ name: "echo", arguments: { text: "hi" } }]);
  expect(await run(["call", "--plan", plan, "--json", "--config", config])).toEqual({
    code: 0,
    stdout: '{"results":[{"id":"c1","ok":true,"result":"hi"}]}\n',
    stderr: "",
    left: [],
  });
});

test("call --plan gives each call that fails its own error and the others their results, and ends with 5", async () => {
  const marked = { throws: { destructiveHint: true } };
  const config = configFile(
    {
      one: fake(),
      doomed: fake(),
      absent: { command: "/no/such/command" },
      sdk: { ...fixture("sdk-server.mjs"), tools: { annotations: marked } },
    },
    together,
  );
  const names: Readonly<Record<string, object>> = {
    works: { name: "one__echo", arguments: { text: "x" } },
    no: { name: "one__tool_error" },
    rpc: { name: "one__rpc_error" },
    crash: { name: "doomed__crash" },
    unknown: { name: "one__ecko" },
    away: { name: "absent__anything" },
    typed: { name: "sdk__sum", arguments: { a: "1", b: 2 } },
    marked: { name: "sdk__throws" },
    skipped: { name: "one__echo", after: ["works", "no"] },
    lost: { name: "one__echo", arguments: { text: { $from: "sum.total" } } },
    sum: { name: "sdk__sum", arguments: { a: 1, b: 2 } },
  };
  const plan = planFile({ calls: Object.entries(names).map(([id, call]) => ({ id, ...call })) });
  const { code, stdout, left } = await run(["call", "--plan", plan, "--json", "--config", config]);
  type Entry = { id: string; ok: boolean; error?: { code: string; message: string; sent?: unknown } };
  const { results } = JSON.parse(stdout) as { results: Entry[] };
  expect(results.map(({ id, error }) => [id, error?.code, error?.sent])).toEqual([
    ["works", undefined, undefined],
    ["no", "tool_error", undefined],
    ["rpc", "protocol_error", undefined],
    ["crash", "unavailable", "unknown"],
    ["unknown", "unknown_tool", undefined],
    ["away", "unknown_tool", undefined],
    ["typed", "invalid_arguments", undefined],
    ["marked", "out_of_scope", undefined],
    ["skipped", "skipped", undefined],
    ["lost", "no_such_value", undefined],
    ["sum", undefined, undefined],
  ]);
  const messages = Object.fromEntries(results.map(({ id, error }) => [id, error?.message]));
  expect(messages["unknown"]).toContain("one__echo");
  expect(messages["skipped"]).toContain('"no"');
  expect(messages["lost"]).toContain("sum");
  expect(messages["marked"]).toBe('"sdk__throws" is marked destructive; call it on its own');
  expect({ code, left }).toEqual({ code: 5, left: [] });
});

test.each([
  ["that is not there", undefined, "there is no such file. --plan names a file with calls."],
  ["that is no JSON", '{"calls": [', 'Write {"calls": [{"id": "a", "name": "server__tool", "arguments": {}}]}.'],
  ["without calls", { calls: [] }, '"calls" is empty'],
  ["that is no object", "3", "the arguments must be an object"],
  [
    "whose calls wait for each other",
    { calls: ["b", "a"].map((id) => ({ id, name: "x", after: [id === "a" ? "b" : "a"] })) },
    '"b" → "a" → "b"',
  ],
  ["with one id twice", { calls: ["a", "a"].map((id) => ({ id, name: "x" })) }, 'have the same id "a"'],
  ["with an unknown id", [{ id: "a", name: "x", arguments: { y: { $from: "b.z" } } }], '"b", which is the id of no'],
])("call --plan refuses a file %s before anything is started, in one line", async (_, plan, text) => {
  const path = plan === undefined ? "/no/such/plan.json" : planFile(plan);
  const { code, stdout, stderr, left } = await run(["call", "--plan", path, "--config", "/no/such/servers.json"]);
  expect({ code, stdout, left }).toEqual({ code: 1, stdout: "", left: [] });
  expect(stderr).toContain(text);
  expect(stderr).toMatch(/^tutti: [^\n]+\n$/);
  expect(stderr.startsWith(`tutti: ${path}: `)).toBe(true);
});

test("call --plan says what is in its way where the configuration has no call_tools", async () => {
  const plan = planFile([{ name: "one__echo" }]);
  const config = configFile({ one: fake() }, { callTools: { scope: "off" } });
  const { code, stdout, stderr } = await run(["call", "--plan", plan, "--config", config]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^tutti: "callTools": \{"scope": "off"\} .+ Take it out, or name a scope\.\n$/);
});
