import { expect, test } from "vitest";
import { isTutti } from "../../src/setup/gather.ts";
import { fileFor } from "../../src/setup/install.ts";
import { type Program, programs } from "../../src/setup/programs.ts";

const main = "/opt/clone/dist/main.js";

test.each([
  ["node", main, "--config", "x"],
  ["node", "/home/me/tutti/dist/main.js"],
  ["C:\\nodejs\\node.exe", "C:\\src\\tutti\\dist\\main.js"],
  ["npx", "-y", "tutti-mcp"],
  ["npx", "-y", "tutti-mcp@0.1.0", "--lazy"],
  ["tutti"],
  ["/usr/local/bin/tutti", "serve"],
  ["C:\\npm\\tutti.cmd"],
  ["node", "/usr/local/bin/tutti"],
  ["docker", "run", "-i", "--rm", "tutti", "serve"],
])("%s %s starts tutti", (...words) => {
  expect(isTutti(words, main)).toBe(true);
});

test.each([
  ["npx", "-y", "@modelcontextprotocol/server-filesystem", "/home/me/tutti"],
  ["npx", "-y", "@modelcontextprotocol/server-filesystem", "C:\\src\\tutti"],
  ["uvx", "mcp-server-git", "--repository", "tutti"],
  ["node", "server.js", "/srv/tutti-mcp"],
  ["node", "/home/me/tutti/other.js"],
])("%s %s %s %s starts something else", (...words) => {
  expect(isTutti(words, main)).toBe(false);
});

test.each([
  ["cline", "/home/me/.cline/data/settings/cline_mcp_settings.json"],
  ["lm-studio", "/home/me/.cache/lm-studio/mcp.json"],
  ["windsurf", "/home/me/.codeium/mcp_config.json"],
])("tutti is put into the one file that %s has, and not into another that it may have", (client, path) => {
  const files = { isFile: (one: string) => one === path, list: () => [] };
  const program = programs.find(({ id }) => id === client) as Program;
  const at = { env: {}, home: "/home/me", cwd: "/", platform: "linux", main, files };
  expect(fileFor(program, at, false).path).toBe(path);
});
