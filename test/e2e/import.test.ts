import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { home } from "./support/home.ts";
import { run } from "./support/program.ts";

const own = ".config/tutti/servers.json";
const token = "ghp_0123456789abcdef";

type Written = { readonly mcpServers: Readonly<Record<string, Readonly<Record<string, unknown>>>> };

test("import takes over the servers of a dozen programs, and what it writes starts", async () => {
  const { path, at, read } = home();
  const { code, stdout, stderr } = await run(["import", "--yes"], at);
  expect(code).toBe(0);
  const { mcpServers } = JSON.parse(read(own)) as Written;
  expect(Object.keys(mcpServers)).toEqual([
    ...[
      "github",
      "literal",
      "notes",
      "local-one",
      "team",
      "search",
      "github-vscode",
      "here",
      "off",
      "wiki",
      "tickets",
      "weather",
      "mail",
    ],
    ...["slow", "pages", "tasks"],
  ]);
  expect(stdout).toMatch(/^\+ github +.*— Claude Desktop, Claude Code, Cursor$/m);
  expect(stdout).toMatch(/^\+ github-vscode +.*— VS Code, there "github"$/m);
  expect(stdout).toMatch(/^ {4}! it asked for "search-key" when it started: set the environment variable SEARCH_KEY$/m);
  expect(stdout).toMatch(/"developer" has neither a command nor an address$/m);
  expect(stdout).toContain("\n2 are the same as others.\n");
  expect(stderr).toMatch(/^tutti: .*windsurf\/mcp_config\.json:3: a comma is missing before this/);
  expect(stdout + stderr).not.toContain(token);

  const check = await run(["check"], { ...at, cwd: path });
  expect(check.stdout).toMatch(/^15 of 15 servers ready/m);
  expect(check.code).toBe(0);
});

test("import converts what each client means, and keeps references where there were references", async () => {
  const { at, read, project } = home();
  await run(["import", "--yes"], at);
  const { mcpServers } = JSON.parse(read(own)) as Written;
  const {
    literal,
    notes,
    search,
    "github-vscode": github,
    here,
    off,
    tickets,
    weather,
    slow,
    mail,
    pages,
    tasks,
  } = mcpServers;
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: references to variables
  expect(literal?.["args"]).toEqual([expect.any(String), "$${HOME}"]);
  expect(notes).toMatchObject({
    args: [expect.any(String), "${NOTES_FOLDER:-none}"],
    env: { NOTES_KEY: "${NOTES_KEY}" },
  });
  expect(search?.["env"]).toEqual({ SEARCH_KEY: "${SEARCH_KEY}" });
  expect(github?.["env"]).toEqual({ GITHUB_TOKEN: "${env:GITHUB_TOKEN}" });
  expect(here).toMatchObject({ args: [expect.any(String), project], cwd: project });
  expect(off?.["disabled"]).toBe(true);
  expect(tickets).toMatchObject({
    env: { TICKETS_KEY: "${TICKETS_KEY}", MODE: "read" },
    callTimeoutMs: 90_000,
    tools: { include: ["echo", "pid"] },
  });
  expect(weather).toMatchObject({
    env: { WEATHER_KEY: "${WEATHER_KEY}" },
    callTimeoutMs: 15_000,
    tools: { include: ["echo"] },
  });
  expect(slow).toMatchObject({ callTimeoutMs: 120_000 });
  expect(mail).toMatchObject({ command: process.execPath, env: { MAIL_KEY: "${MAIL_KEY}" } });
  expect(pages?.["env"]).toEqual({ PAGES_KEY: "${PAGES_KEY}" });
  expect(tasks).toMatchObject({ env: { TASKS_KEY: "${TASKS_KEY}" }, callTimeoutMs: 60_000 });
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above
});

test("a second import adds nothing, and a third takes only what is new, behind comments that stay", async () => {
  const { path, at, read } = home();
  await run(["import", "--yes"], at);
  const first = read(own);
  expect(await run(["import", "--yes"], at)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("nothing is to be added"),
  });
  expect(read(own)).toBe(first);

  writeFileSync(join(path, own), first.replace('"mcpServers": {', '// mine\n  "mcpServers": { // all of them'));
  const cursor = join(path, ".cursor", "mcp.json");
  writeFileSync(cursor, '{"mcpServers":{"fresh":{"url":"https://example.com/mcp"},"team":{"command":"other"}}}');
  const { stdout } = await run(["import", "cursor", "--yes"], at);
  expect(stdout).toMatch(/^\+ team-cursor {2}other/m);
  expect(read(own)).toContain('// mine\n  "mcpServers": { // all of them\n');
  expect(read(own)).toContain('    "fresh": {\n      "url": "https://example.com/mcp"\n    },\n    "team-cursor": {');
  expect(read(`${own}.bak`)).toContain("// mine");
  expect(statSync(join(path, own)).mode & 0o777).toBe(0o600);
});

test("import --dry-run shows what would be written, without secrets, and writes nothing; without a terminal it asks for --yes", async () => {
  const { path, at } = home();
  const dry = await run(["import", "--dry-run"], at);
  expect(dry.stdout).toContain('\n+     "github": {\n');
  expect(dry.stdout).toContain("[redacted]");
  expect(dry.stdout + dry.stderr).not.toContain(token);
  const asked = await run(["import"], at);
  expect(asked.code).toBe(1);
  expect(asked.stderr).toContain("nobody can be asked here. Say --yes, or look with --dry-run");
  const json = await run(["import", "--json", "--dry-run"], at);
  expect(json.stdout).not.toContain(token);
  expect(JSON.parse(json.stdout)).toMatchObject({
    added: expect.arrayContaining([
      expect.objectContaining({ name: "tickets", from: [{ client: "codex", file: expect.any(String) }] }),
    ]),
    problems: [expect.stringContaining("mcp_config.json:3")],
  });
  expect(existsSync(join(path, own))).toBe(false);
});

test("import says where it looked in vain, and names programs that it does not know", async () => {
  const { at } = home({ isEmpty: true });
  expect(await run(["import"], at)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("No program on this machine"),
  });
  const { code, stderr } = await run(["import", "cursr"], at);
  expect(code).toBe(1);
  expect(stderr).toContain('no program "cursr" that tutti knows. Did you mean "cursor"?');
});

test("import refuses to write into a servers.json that does not parse, and says where it is wrong", async () => {
  const { path, at, read } = home();
  await run(["add", "one", "--", "x"], at);
  writeFileSync(join(path, own), '{ "mcpServers": {\n  "one": \n} }');
  const { code, stderr } = await run(["import", "--yes"], at);
  expect(code).toBe(1);
  expect(stderr).toMatch(/servers\.json:3: a value is missing/);
  expect(read(own)).toBe('{ "mcpServers": {\n  "one": \n} }');
});
