import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { home } from "./support/home.ts";
import { run } from "./support/program.ts";

test("no difference that is shown has a secret in it, of neighbours and of what is given back neither", async () => {
  const { path, at: here } = home({ isEmpty: true });
  const secret = 'sk-live"0123456789';
  const gemini = { mcpServers: { other: { command: "npx", args: ["other", "--api-key", secret] } } };
  const cursor = {
    mcpServers: { a: { command: "x", env: { KEY: secret } }, b: { url: "https://x", headers: { Auth: secret } } },
  };
  for (const [folder, name, document] of [
    [".cursor", "mcp.json", cursor],
    [".gemini", "settings.json", gemini],
  ] as const) {
    mkdirSync(join(path, folder));
    writeFileSync(join(path, folder, name), `${JSON.stringify(document, undefined, 2)}\n`);
  }
  await run(["add", "one", "-e", `KEY=${secret}`, "--", "x"], here);
  for (const words of [
    ["install", "cursor", "--dry-run"],
    ["install", "cursor", "--replace", "--dry-run"],
    ["import", "--dry-run"],
    ["import", "--dry-run", "--json"],
    ["install", "cursor", "--replace", "--yes"],
    ["install", "cursor", "--uninstall", "--dry-run"],
    ["import", "--yes"],
    ["get", "other"],
  ]) {
    const { code, stdout, stderr } = await run(words, here);
    expect({ words, code }).toEqual({ words, code: 0 });
    expect(stdout + stderr).not.toMatch(/sk-live/);
    if (words.includes("--dry-run")) expect(stdout).toContain("[redacted]");
  }
});

test("install refuses a file that does not parse, names the place, and changes nothing", async () => {
  const { at: here, read } = home();
  await run(["import", "--yes"], here);
  const before = read(".codeium/windsurf/mcp_config.json");
  const { code, stderr } = await run(["install", "windsurf"], here);
  expect(code).toBe(1);
  expect(stderr).toMatch(/windsurf\/mcp_config\.json:3: a comma is missing before this/);
  expect(read(".codeium/windsurf/mcp_config.json")).toBe(before);
});

test("install says which file it cannot read or is not to write, and changes nothing", async () => {
  const { path, at: here, read } = home({ isEmpty: true });
  await run(["add", "one", "--", "x"], here);
  mkdirSync(join(path, ".cursor", "mcp.json"), { recursive: true });
  const unreadable = await run(["install", "cursor"], here);
  expect(unreadable).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^tutti: .*mcp\.json: cannot be read \(EISDIR/),
  });
  writeFileSync(join(path, ".claude.json"), "{}", { mode: 0o444 });
  const { code, stderr } = await run(["install", "claude-code"], here);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(
      /^tutti: .*\.claude\.json: cannot be written \(it is read-only\)\. It is as it was\.$/m,
    ),
  });
  expect(read(".claude.json")).toBe("{}");
});

test("install without a configuration says how to begin one", async () => {
  const { code, stderr } = await run(["install", "cursor"], home({ isEmpty: true }).at);
  expect(code).toBe(1);
  expect(stderr).toContain("there is no such file yet. Begin one with tutti import, tutti add, or --replace.");
});
