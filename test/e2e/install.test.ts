import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseToml } from "smol-toml";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { parseJsonc } from "../../src/config/jsonc.ts";
import { home } from "./support/home.ts";
import { main, run } from "./support/program.ts";

/** How each program reads its file: VS Code, Zed and opencode take comments, the other JSON is strict. */
const readers = {
  json: (text: string): unknown => JSON.parse(text),
  jsonc: async (text: string): Promise<unknown> => {
    const { value, problems } = await parseJsonc(text);
    expect(problems).toEqual([]);
    return value;
  },
  toml: (text: string): unknown => parseToml(text),
  yaml: (text: string): unknown => parseYaml(text),
};

type Case = {
  readonly client: string;
  readonly file: string;
  readonly reader: keyof typeof readers;
  readonly place: readonly string[];
  readonly entry: Readonly<Record<string, unknown>>;
};

const servers = expect.stringMatching(/\.config\/tutti\/servers\.json$/);
const words = [main, "--config", servers];
const plain = { command: process.execPath, args: words };

const cases: readonly Case[] = [
  {
    client: "claude-desktop",
    file: ".config/Claude/claude_desktop_config.json",
    reader: "json",
    place: ["mcpServers"],
    entry: plain,
  },
  {
    client: "claude-code",
    file: ".claude.json",
    reader: "json",
    place: ["mcpServers"],
    entry: { type: "stdio", ...plain },
  },
  {
    client: "vscode",
    file: ".config/Code/User/mcp.json",
    reader: "jsonc",
    place: ["servers"],
    entry: { type: "stdio", ...plain },
  },
  { client: "cursor", file: ".cursor/mcp.json", reader: "json", place: ["mcpServers"], entry: plain },
  {
    client: "zed",
    file: ".config/zed/settings.json",
    reader: "jsonc",
    place: ["context_servers"],
    entry: { source: "custom", ...plain, env: {} },
  },
  {
    client: "codex",
    file: ".codex/config.toml",
    reader: "toml",
    place: ["mcp_servers"],
    entry: { ...plain, startup_timeout_sec: 30, tool_timeout_sec: 300, supports_parallel_tool_calls: true },
  },
  { client: "gemini", file: ".gemini/settings.json", reader: "json", place: ["mcpServers"], entry: plain },
  {
    client: "opencode",
    file: ".config/opencode/opencode.json",
    reader: "jsonc",
    place: ["mcp"],
    entry: { type: "local", command: [process.execPath, ...words], enabled: true },
  },
  {
    client: "goose",
    file: ".config/goose/config.yaml",
    reader: "yaml",
    place: ["extensions"],
    entry: { type: "stdio", name: "tutti", cmd: process.execPath, args: words, envs: {}, enabled: true, timeout: 300 },
  },
  {
    client: "cline",
    file: ".config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
    reader: "json",
    place: ["mcpServers"],
    entry: { ...plain, timeout: 300 },
  },
];

function at(value: unknown, place: readonly string[]): Record<string, unknown> {
  return place.reduce<Record<string, unknown>>(
    (inner, key) => inner[key] as Record<string, unknown>,
    value as Record<string, unknown>,
  );
}

describe.each(cases)("install $client", ({ client, file, reader, place, entry }) => {
  test("puts in an entry that it reads, and changes nothing else; --uninstall gives the bytes back", async () => {
    const { path, at: here, read } = home();
    await run(["import", "--yes"], here);
    const before = read(file);
    const { code, stdout } = await run(["install", client], here);
    expect(code).toBe(0);
    expect(stdout).toContain("Restart it.");

    const value = await readers[reader](read(file));
    const { tutti, ...others } = at(value, place);
    expect(tutti).toEqual(entry);
    at(value, place)["tutti"] = undefined;
    const old = await readers[reader](before);
    at(old, place)["tutti"] = undefined;
    expect(value).toEqual(old);
    expect(Object.keys(others).length).toBeGreaterThan(0);
    // Every line is there still, in order; a comma may have come to one.
    const lines = read(file).split("\n");
    let from = 0;
    for (const line of before.split("\n")) {
      const next = lines.findIndex(
        (one, index) => index >= from && one.replace(/,(\r?| \/\/.*)$/, "$1") === line.replace(/,(\r?| \/\/.*)$/, "$1"),
      );
      expect({ line, next }).not.toMatchObject({ next: -1 });
      from = next + 1;
    }
    expect(read(`${file}.before-tutti`)).toBe(before);

    const again = await run(["install", client], here);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("has it already") });
    await run(["install", client, "--uninstall"], here);
    expect(read(file)).toBe(before);
    expect(existsSync(join(path, `${file}.before-tutti`))).toBe(false);
  });

  test("--replace moves its servers behind tutti, and --uninstall gives the bytes back", async () => {
    const { at: here, read } = home();
    const before = read(file);
    const old = Object.keys(at(await readers[reader](before), place)).filter((name) => name !== "developer");
    const { code, stdout } = await run(["install", client, "--replace", "--yes"], here);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    const left = Object.keys(at(await readers[reader](read(file)), place));
    expect(left.filter((name) => name !== "developer")).toEqual(["tutti"]);
    const { mcpServers } = JSON.parse(read(".config/tutti/servers.json")) as { mcpServers: object };
    expect(Object.keys(mcpServers).sort()).toEqual(old.sort());
    await run(["install", client, "--uninstall"], here);
    expect(read(file)).toBe(before);
  });
});

test("what install writes starts tutti with the servers behind it", async () => {
  const { at: here, read } = home();
  await run(["install", "cursor", "--replace", "--yes"], here);
  const { mcpServers } = JSON.parse(read(".cursor/mcp.json")) as {
    mcpServers: { tutti: { command: string; args: string[] } };
  };
  const [program = "", ...args] = mcpServers.tutti.args;
  expect([mcpServers.tutti.command, program]).toEqual([process.execPath, main]);
  const { stdout } = await run(["list", ...args], { ...here, cwd: "/" });
  expect(stdout).toMatch(/^github__echo/m);
});

test("install makes the file where there is none, and --uninstall takes it away again", async () => {
  const { path, at: here, read } = home({ isEmpty: true });
  await run(["add", "one", "--", "node"], here);
  for (const [client, file] of [
    ["zed", ".config/zed/settings.json"],
    ["codex", ".codex/config.toml"],
    ["goose", ".config/goose/config.yaml"],
    ["continue", ".continue/mcpServers/tutti.json"],
  ] as const) {
    await run(["install", client], here);
    expect(read(file)).toContain("tutti");
    await run(["install", client, "--uninstall"], here);
    expect(existsSync(join(path, file))).toBe(false);
  }
});

test("a server of somebody else that is given a folder called tutti is none of ours: taken over, kept, and left where it is", async () => {
  const { path, at: here, read } = home({ isEmpty: true });
  const file = ".cursor/mcp.json";
  const args = ["-y", "@modelcontextprotocol/server-filesystem", "/home/me/tutti"];
  const text = `${JSON.stringify({ mcpServers: { files: { command: "npx", args } } }, undefined, 2)}\n`;
  mkdirSync(join(path, ".cursor"));
  writeFileSync(join(path, file), text);
  expect((await run(["import", "--yes"], here)).stdout).toMatch(/^\+ files /m);
  await run(["install", "cursor"], here);
  const { mcpServers } = JSON.parse(read(file)) as { mcpServers: Record<string, unknown> };
  expect(Object.keys(mcpServers)).toEqual(["files", "tutti"]);
  expect(mcpServers["files"]).toEqual({ command: "npx", args });
  await run(["install", "cursor", "--uninstall"], here);
  expect(read(file)).toBe(text);
});

test("install for a project writes into the project's file", async () => {
  const { at: here, read } = home();
  await run(["import", "--yes"], here);
  await run(["install", "vscode", "--project", "--name", "mine", "--lazy"], here);
  const { servers: entries } = JSON.parse(read("project/.vscode/mcp.json")) as {
    servers: Record<string, { args: string[] }>;
  };
  expect(Object.keys(entries)).toEqual(["here", "mine"]);
  expect(entries["mine"]?.args).toContain("--lazy");
});

test("--uninstall takes only tutti out where something else has changed since, and gives back what was moved", async () => {
  const { path, at: here, read } = home();
  const file = ".codex/config.toml";
  await run(["install", "codex", "--replace", "--yes"], here);
  writeFileSync(join(path, file), read(file).replace('model = "gpt-5" ', 'model = "gpt-6" '));
  await run(["install", "codex", "--uninstall"], here);
  const { model, mcp_servers: left } = parseToml(read(file)) as { model: string; mcp_servers: object };
  expect([model, Object.keys(left)]).toEqual(["gpt-6", ["tickets"]]);
  expect(read(`${file}.before-tutti`)).toContain('model = "gpt-5" ');
});

test("--uninstall gives back what was moved behind tutti, and nothing that its owner took out meanwhile", async () => {
  const { path, at: here, read } = home({ isEmpty: true });
  const file = ".cursor/mcp.json";
  const text = '{\n  "mcpServers": {\n    "a": { "command": "x" },\n    "b": { "command": "y" }\n  }\n}\n';
  mkdirSync(join(path, ".cursor"));
  writeFileSync(join(path, file), text);
  await run(["add", "other", "--", "z"], here);
  await run(["install", "cursor"], here);
  writeFileSync(join(path, file), read(file).replace('    "a": { "command": "x" },\n', ""));
  await run(["install", "cursor", "--uninstall"], here);
  expect(JSON.parse(read(file))).toEqual({ mcpServers: { b: { command: "y" } } });
});

test("several entries with configurations of their own stay side by side, and --uninstall --name takes out one", async () => {
  const { path, at: here, read } = home({ isEmpty: true });
  const file = ".config/Claude/claude_desktop_config.json";
  const entries = (): Record<string, { args: string[] }> =>
    (JSON.parse(read(file)) as { mcpServers: Record<string, { args: string[] }> }).mcpServers;
  const configs = ["one.json", "two.json"].map((name) => join(path, name));
  for (const config of configs) await run(["add", "a", "--config", config, "--", "x"], here);
  const flags = configs.flatMap((config) => ["--config", config]);
  await run(["install", "claude-desktop", ...flags.slice(0, 2)], here);
  await run(["install", "claude-desktop", "--name", "fast", ...flags.slice(2)], here);
  await run(["install", "claude-desktop", ...flags], here);
  expect(Object.fromEntries(Object.entries(entries()).map(([name, { args }]) => [name, args.slice(1)]))).toEqual({
    tutti: flags,
    fast: flags.slice(2),
  });
  await run(["install", "claude-desktop", "--uninstall", "--name", "fast"], here);
  expect(Object.keys(entries())).toEqual(["tutti"]);
  await run(["install", "claude-desktop", "--uninstall"], here);
  expect(existsSync(join(path, file))).toBe(false);
});
