import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findingCodes } from "../../src/cli/check/finding.ts";
import { sourcesIn } from "../support/sources.ts";
import { root, run } from "./support/program.ts";

const page = readFileSync(join(root, "docs", "troubleshooting.md"), "utf8");
const errors = readFileSync(join(root, "docs", "errors.md"), "utf8");

test("the page has a section with something to do for each finding, and for no other", () => {
  const sections = [...page.matchAll(/^### `(\w+)`\n\n(.+)$/gm)].map(([, code]) => code);
  expect(sections.sort()).toEqual([...findingCodes].sort());
});

test("each finding is made somewhere", () => {
  const code = sourcesIn("src/cli/check")
    .filter(({ path }) => !path.endsWith("/finding.ts"))
    .map(({ text }) => text)
    .join("\n");
  expect(findingCodes.filter((one) => !code.includes(`code: "${one}"`) && !code.includes(`${one}: {`))).toEqual([]);
});

test("the codes of failed commands are those that commands give", () => {
  const source = sourcesIn("src").filter(({ path }) => path.startsWith("src/cli/") || path === "src/main.ts");
  const given = source.flatMap(({ text }) => [
    ...[...text.matchAll(/failed\([^;]*?code: "(\w+)"/g)].map(([, code]) => code),
    ...[...text.matchAll(/failed\(argv, "(\w+)"/g)].map(([, code]) => code),
  ]);
  const table = page.slice(page.indexOf("## Failed calls and exit codes"));
  const documented = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code);
  expect([...new Set([...given, "tool_failed"])].sort()).toEqual(documented.sort());
});

test("the page leads to the codes of calls, each of which has a row there", () => {
  const union = sourcesIn("src").find(({ path }) => path === "src/errors.ts")?.text ?? "";
  const codes = [...union.matchAll(/^ {2}\| "(\w+)"/gm)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(10);
  expect(page).toContain("(errors.md#codes)");
  for (const code of codes) expect(errors).toMatch(new RegExp(`^\\| \`${code}\` \\|`, "m"));
});

test("the command line knows what the page says", async () => {
  const block = /^```sh\n(.*?)^```$/ms.exec(page)?.[1] ?? "";
  const lines = [...block.matchAll(/^tutti (.*?)(?: +#.*)?$/gm), ...page.matchAll(/`tutti ([^`]+)`/g)];
  const commands = new Set(lines.map(([, words = ""]) => words.replace(/^install( CLIENT)?/, "install cursor")));
  expect(commands.size).toBeGreaterThan(8);
  for (const words of commands) {
    expect(await run([...words.split(" "), "--help"])).toMatchObject({ code: 0, stderr: "" });
  }
});
