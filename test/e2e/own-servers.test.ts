import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { home } from "./support/home.ts";
import { fixturePath, run } from "./support/program.ts";

const own = ".config/tutti/servers.json";
const empty = (): ReturnType<typeof home> => home({ isEmpty: true });
// biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a variable
const reference = "${NOTES_KEY}";

test("add puts a program in, its own options behind --, and it starts", async () => {
  const { at, read } = empty();
  const fake = [process.execPath, fixturePath("fake-server.mjs"), "--json"];
  const { code, stdout } = await run(["add", "one", "-e", `KEY=${reference}`, "--cwd", "/", "--", ...fake], at);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^"one" is in .*servers\.json now/);
  const [command, ...args] = fake;
  expect(JSON.parse(read(own))).toEqual({ mcpServers: { one: { command, args, env: { KEY: reference }, cwd: "/" } } });
  expect((await run(["check"], at)).stdout).toMatch(/^✓ one {2}ready/);
});

test("add puts an address in, with its headers and how messages travel", async () => {
  const { at, read } = empty();
  const url = "https://example.com/mcp";
  await run(["add", "web", url, "--header", `Authorization: Bearer ${reference}`], at);
  await run(["add", "old", url, "--transport", "sse"], at);
  await run(["add-json", "json", JSON.stringify({ url, callTimeoutMs: 1000 })], at);
  expect(JSON.parse(read(own))).toEqual({
    mcpServers: {
      web: { url, headers: { Authorization: `Bearer ${reference}` } },
      old: { type: "sse", url },
      json: { url, callTimeoutMs: 1000 },
    },
  });
});

test("add says what is wrong with what it is given, and writes nothing", async () => {
  const { at, read } = empty();
  await run(["add", "one", "--", "x"], at);
  const before = read(own);
  const wrong: readonly (readonly [words: readonly string[], says: RegExp])[] = [
    [["one", "--", "y"], /"one" is there already\. Choose another name, or take it out with tutti remove\./],
    [["two"], /what is "two"\? Write tutti add two -- COMMAND ARGUMENT …, or tutti add two https:/],
    [["two", "-e", "x", "--", "y"], /"x" is no pair\. Write --env NAME=VALUE\./],
    [["two", "https://example.com", "-e", "A=b"], /--env and --cwd go with a command/],
    [["two", "-H", "A: b", "--", "y"], /--header goes with an address/],
    [["two", "https://example.com", "more"], /"more" is one word too many behind an address/],
    [["two", "-t", "http", "--", "y"], /--transport http goes with an address/],
    [["two", "npx", "-y", "z"], /its command stands behind --: tutti add two -- npx z …/],
    [["two", "-s", "user", "--", "y"], /There is no option "-s"\. tutti has one servers\.json for all programs/],
    [["", "--", "y"], /^tutti: server "": a name has 1 to 128 characters and no control characters\. Rename it\.$/m],
    [["a\nb", "--", "y"], /^tutti: server "a\\nb": a name has/],
    [["__proto__", "--", "y"], /^tutti: server "__proto__": a name has/],
  ];
  for (const [words, says] of wrong) {
    const { code, stderr } = await run(["add", ...words], at);
    expect(stderr).toMatch(says);
    expect(code).toBe(1);
  }
  const odd = await run(["add-json", "two", '{"command": 3}'], at);
  expect(odd.stderr).toMatch(/^tutti: server "two", command: /);
  const misspelt = await run(["add-json", "two", '{"command": "x", "arg": []}'], at);
  expect(misspelt.stderr).toMatch(/^tutti: server "two", arg: .*args/);
  expect((await run(["add-json", "two", "[]"], at)).stderr).toContain("An entry is a JSON object");
  expect(read(own)).toBe(before);
});

test("disable, enable and remove change one entry and keep every comment; the last state is kept beside it", async () => {
  const { path, at, read } = empty();
  await run(["add", "one", "--", "x"], at);
  const text =
    '// mine\n{\n  "mcpServers": {\n    // the first\n    "one": { "command": "x" }, // good\n    "two": { "command": "y", "enabled": false }\n  }\n}\n';
  writeFileSync(join(path, own), text);
  expect(await run(["disable", "one"], at)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^"one" is off now/),
  });
  expect(read(own)).toBe(text.replace('"x" }', '"x", "disabled": true }'));
  await run(["enable", "one"], at);
  expect(read(own)).toBe(text);
  await run(["enable", "two"], at);
  expect(read(own)).toBe(text.replace(', "enabled": false', ""));
  await run(["remove", "two"], at);
  expect(read(own)).toBe(
    '// mine\n{\n  "mcpServers": {\n    // the first\n    "one": { "command": "x" } // good\n  }\n}\n',
  );
  expect(read(`${own}.bak`)).toContain('"two"');
  const { code, stderr } = await run(["remove", "onee"], at);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/there is no server "onee" in .*\. Did you mean "one"\?/)]);
});

test("add-json takes what another program says of a server and tutti does without", async () => {
  const { at, read } = empty();
  const entry = { command: "x", alwaysAllow: ["a"], description: "mine" };
  expect((await run(["add-json", "one", JSON.stringify(entry)], at)).code).toBe(0);
  expect(JSON.parse(read(own))).toEqual({ mcpServers: { one: entry } });
});

test("every command that writes says with --json what it wrote", async () => {
  const { at } = empty();
  const file = expect.stringMatching(/\.config\/tutti\/servers\.json$/);
  const json = async (...words: string[]): Promise<unknown> => JSON.parse((await run(words, at)).stdout);
  expect(await json("add", "one", "--json", "--", "x")).toEqual({ name: "one", file });
  expect(await json("add-json", "two", '{"url": "https://x"}', "--json")).toEqual({ name: "two", file });
  expect(await json("disable", "two", "--json")).toEqual({ name: "two", file });
  expect(await json("enable", "two", "--json")).toEqual({ name: "two", file });
  expect(await json("remove", "two", "--json")).toEqual({ name: "two", file });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a variable
  expect(await json("add", "bad", "--json", "-e", "A=${NOT_SET}", "--", "x")).toEqual({
    name: "bad",
    file,
    lacks: expect.stringContaining("NOT_SET"),
  });
  const cursor = expect.stringMatching(/\.cursor\/mcp\.json$/);
  const files = [{ path: cursor, change: "written" }];
  expect(await json("install", "cursor", "--json", "--dry-run")).toEqual({
    client: "cursor",
    file: cursor,
    files,
    dryRun: true,
  });
  expect(await json("install", "cursor", "--json")).toEqual({ client: "cursor", file: cursor, files, dryRun: false });
  expect(await json("install", "cursor", "--json")).toMatchObject({ files: [] });
  expect(await json("install", "cursor", "--uninstall", "--json")).toMatchObject({
    files: [{ path: cursor, change: "removed" }],
  });
});

test("get prints an entry without the values that may be secret", async () => {
  const { at } = empty();
  await run(["add", "one", "-e", "TOKEN=verysecretvalue", "-e", `KEY=${reference}`, "--", "x"], at);
  const { stdout } = await run(["get", "one"], at);
  expect(stdout).toContain(reference);
  expect(stdout).not.toContain("verysecretvalue");
  const json = JSON.parse((await run(["get", "one", "--json"], at)).stdout) as object;
  expect(json).toMatchObject({ name: "one", entry: { command: "x", env: { KEY: reference, TOKEN: "[redacted]" } } });
});

test("what is written and lacks a variable is said at once", async () => {
  const { at } = empty();
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a variable
  const { code, stderr } = await run(["add", "one", "-e", "A=${NOT_SET_ANYWHERE}", "--", "x"], at);
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /it is written, and cannot be used like this:\n.*:\d+: server "one", env\.A: the variable NOT_SET_ANYWHERE is not set/,
  );
});
