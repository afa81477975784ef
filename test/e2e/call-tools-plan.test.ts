import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configFile, fake, run, temporaryFolder } from "./support/program.ts";

const together = { callTools: { scope: "non-destructive" } };

async function planned(text: string) {
  const path = join(temporaryFolder(), "plan.json");
  writeFileSync(path, text);
  return await run(["call", "--plan", path, "--config", configFile({ one: fake() }, together)]);
}

const long = '{"n": 12345678901234567890, "f": 1.0, "e": 1e400}';

test.each([
  ["an object", (calls: string) => ` {"calls": ${calls}}\n`],
  ["a list", (calls: string) => `${calls}\n`],
])("call --plan sends and prints what stands in the file, digit for digit: %s", async (_, file) => {
  const text = JSON.stringify(long);
  const { code, stdout } = await planned(
    file(`[\n{"id": "a", "name": "one__echo", "arguments": {"text": ${text}}},
      {"id": "b", "name": "one__echo", "arguments": {"text": {"$template": "\${a.n}"}}},
      {"id": "c", "name": "one__echo", "arguments": {"text": 12345678901234567890}}]`),
  );
  expect(code).toBe(0);
  expect(stdout).toContain('{"id":"a","ok":true,"result":{"n":12345678901234567890,"f":1.0,"e":1e400}}');
  expect(stdout).toContain('{"id":"b","ok":true,"result":"12345678901234567890"}');
  expect(stdout).toMatch(/\{"id":"c","ok":true,"result":/);
});

test("call --plan shows of a call for each element which ones have failed", async () => {
  const { code, stdout } = await planned(
    JSON.stringify([
      { id: "l", name: "one__echo", arguments: { text: '[{"ms":1},{"ms":2}]' } },
      { id: "s", name: "one__sleep", each: "l", arguments: { ms: { $from: "item.ms" } } },
      { id: "t", name: "one__tool_error", each: "l", arguments: {} },
    ]),
  );
  expect(code).toBe(5);
  const marks = [...stdout.matchAll(/^ {2}(\S) (\w+\[\d\]) /gm)].map(([, mark, label]) => `${label} ${mark}`);
  expect(marks.toSorted()).toEqual(["s[0] ✓", "s[1] ✓", "t[0] !", "t[1] !"]);
});
