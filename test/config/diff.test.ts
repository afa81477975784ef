import { expect, test } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { diffConfig } from "../../src/config/diff.ts";
import { loadText } from "./load-text.ts";

const one = { command: "one", tools: { rename: { a: "b" } } };
const two = { command: "two", env: { KEY: "1" } };

async function read(servers: object, settings: object = {}): Promise<Config> {
  return await loadText(JSON.stringify({ mcpServers: servers, ...settings }));
}

test("servers that are as before are the very same objects, whatever their place", async () => {
  const before = await read({ one, two });
  const diff = diffConfig(before, await read({ two, one }));
  expect(diff).toEqual({ servers: [before.servers[1], before.servers[0]], started: [], ended: [], settings: [] });
  expect(diff.servers.map((server) => before.servers.includes(server))).toEqual([true, true]);
});

test("servers that are new, gone or others are told apart", async () => {
  const before = await read({ one, two, gone: one });
  const after = await read({ one, two: { ...two, env: { KEY: "2" } }, fresh: one });
  const { started, ended, servers } = diffConfig(before, after);
  expect([started, ended]).toEqual([
    ["two", "fresh"],
    ["two", "gone"],
  ]);
  expect(servers.map(({ name }) => name)).toEqual(["one", "two", "fresh"]);
});

test("a server that was switched off has gone, and one that is switched on is new", async () => {
  const before = await read({ one, two: { ...two, disabled: true } });
  const { started, ended, servers } = diffConfig(before, await read({ one: { ...one, disabled: true }, two }));
  expect([started, ended, servers.map(({ name }) => name)]).toEqual([["two"], ["one"], ["two"]]);
});

test("settings that are others are named", async () => {
  const { settings } = diffConfig(
    await read({ one }),
    await read({ one }, { limits: { maxDepth: 100 }, errors: "protocol" }),
  );
  expect(settings.toSorted()).toEqual(["errors", "limits"]);
});
