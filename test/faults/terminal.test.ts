import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { configFile, fixture, run, start, temporaryFolder } from "../e2e/support/program.ts";
import { until } from "../e2e/support/until.ts";

/** Each would do something to a terminal, hide something, or begin a line of its own. */
const hostile = [
  "\u001b[2J",
  "\u001b]52;c;aGk=\u0007",
  "\u001b]0;title\u001b\\",
  "\u009b31m",
  "\u009d52;c;aGk=\u009c",
  "\r",
  "\u0085",
  "\u2028",
  "\u2029",
  "\u202e",
  "\u2066",
  "\u200b",
  "\u200f",
  "\ufeff",
  "\u{e0041}\u{e007f}",
  "\ufe01\u{e0102}",
].join("x");
const acting =
  /(?![\t\n])\p{Cc}|[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{2}/u;

/** A line that looks like one of the log. */
const forged = "\n12:00:00 error files: forged\n";

function offering() {
  const file = join(temporaryFolder(), "offered.json");
  const name = `evil${hostile}`;
  const tool = { name, description: `${hostile} Does.${forged}`, title: hostile, inputSchema: { type: "object" } };
  const prompts = [{ name, description: hostile }];
  const resourceTemplates = [{ name, uriTemplate: `file:///${hostile}{a}`, description: hostile }];
  writeFileSync(
    file,
    JSON.stringify({ tools: [tool, { ...tool }], prompts, resourceTemplates, instructions: hostile }),
  );
  return { file, name };
}

describe("F63: ESC, OSC 52, C1, CR, line separators, bidi, zero-width and tag characters in names, descriptions and stderr", () => {
  test("are in no line of the log, whose lines are tutti's own, and in nothing that check and list print", async () => {
    const { file } = offering();
    const config = configFile({
      files: fixture("defined-by-file.mjs", file),
      noisy: fixture("says-hostile.mjs", hostile, forged),
    });
    for (const command of [["check"], ["list"]]) {
      const { stdout, stderr } = await run([...command, "--config", config, "--log", "debug"]);
      expect(stdout).toContain("\\x1b[2J");
      for (const line of `${stdout}${stderr}`.split("\n")) expect(line).not.toMatch(acting);
      expect(`${stdout}\n${stderr}`).not.toMatch(/^12:00:00/m);
    }
    const client = start(["serve", "--config", config, "--log", "debug"]);
    await client.handshake();
    await client.request("tools/list");
    await client.call("noisy__go");
    await until("its last words", () => client.stderr.includes("forged"), 20);
    client.child.stdin.end();
    await client.exit();
    for (const line of client.stderr.trimEnd().split("\n")) {
      expect(line).not.toMatch(acting);
      expect(Object.keys(JSON.parse(line) as object)).toEqual(expect.arrayContaining(["level", "time", "msg"]));
    }
  });

  test("are named by check where they are in definitions, and taken out of descriptions by hygiene strip", async () => {
    const { file } = offering();
    const config = (hygiene: string) => configFile({ files: fixture("defined-by-file.mjs", file) }, { hygiene });
    const { stdout } = await run(["check", "--config", config("flag")]);
    expect(stdout).toMatch(/! files: tool .* holds characters that nobody sees: U\+/);
    expect(stdout).toMatch(/! files: prompt .* holds characters that nobody sees: U\+/);
    const shown = await run(["list", "--json", "--config", config("flag")]);
    const stripped = await run(["list", "--json", "--config", config("strip")]);
    const tool = (text: string) => (JSON.parse(text) as { tools: Record<string, string>[] }).tools[0] ?? {};
    expect(tool(shown.stdout)["description"]).toBe(`${hostile} Does.${forged}`);
    expect(tool(stripped.stdout)["description"]?.replaceAll("\r", "")).not.toMatch(acting);
    expect(tool(stripped.stdout)["description"]).toContain("Does.\n12:00:00 error files: forged\n");
  });

  test("reach a program in a result byte for byte, and no terminal", async () => {
    const { file, name } = offering();
    const config = configFile({ files: fixture("defined-by-file.mjs", file) });
    const client = start(["serve", "--config", config]);
    await client.handshake();
    const { result } = await client.request("tools/list");
    const exposed = (result as { tools: { name: string }[] }).tools[0]?.name ?? "";
    expect(exposed).toMatch(/^files__[A-Za-z0-9_-]+$/);
    expect((await client.call(exposed)).result).toEqual({ content: [{ type: "text", text: name }] });
  });
});
