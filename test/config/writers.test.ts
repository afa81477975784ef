import { expect, test } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { loadConfig } from "../../src/config/load.ts";
import { memoryFiles } from "./load-text.ts";

const path = "/home/me/servers.json";
const load = (ownership: { owner?: number; group?: number; mode?: number; user?: number } | undefined) => {
  const full = ownership && { owner: 1000, group: 1000, mode: 0o100600, user: 1000, ...ownership };
  return loadConfig({
    paths: [path],
    env: {},
    files: { ...memoryFiles({ [path]: '{"mcpServers":{}}' }), ownership: () => full },
  });
};

test.each([
  ["the user's alone", {}],
  ["readable for all", { mode: 0o100644 }],
  ["root's", { owner: 0, group: 0, mode: 0o100644 }],
  ["writable for the user's own group", { mode: 0o100664 }],
  ["of a system without owners", undefined],
])("a configuration that is %s is taken", async (_, ownership) => {
  expect((await load(ownership)).exposed).toEqual([]);
});

test.each([
  [
    "everybody may write",
    { mode: 0o100606 },
    `${path}: everybody may write it (mode 0606), and what stands in it is run as you: chmod o-w ${path}`,
  ],
  [
    "another user owns",
    { owner: 1001, mode: 0o100644 },
    `${path}: it belongs to another user (1001), and what stands in it is run as you: make it yours or root's (chown)`,
  ],
])("a configuration that %s is refused, with what to do", async (_, ownership, text) => {
  await expect(load(ownership)).rejects.toThrow(new ConfigError(text));
});

test.each([
  [
    "a group may write",
    { group: 50, mode: 0o100664 },
    `${path}: its group may write it (mode 0664), and what stands in it is run as you: chmod g-w ${path}`,
  ],
  [
    "root is given of another user",
    { owner: 1000, user: 0 },
    `${path}: it belongs to another user (1000), and what stands in it is run as you: make it yours or root's (chown)`,
  ],
])("a configuration that %s is taken, and that is said", async (_, ownership, text) => {
  expect((await load(ownership)).exposed).toEqual([text]);
});
