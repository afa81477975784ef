import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configFile, fake, fixture, run, serve, temporaryFolder } from "../e2e/support/program.ts";
import { bestOfThree } from "../e2e/support/until.ts";
import { besides, serveWatched } from "./support/watched.ts";

const object = { type: "object" };

test.each([
  ["the same cursor again and again", "same", "does not end"],
  ["a fresh cursor on each page, for ever", "fresh", "does not end"],
  ["a million tools on pages of a thousand", "million", "its list is longer than 2000 tools; the rest is left out"],
  ["an empty cursor, then the end", "empty", undefined],
] as const)("F59: a server that lists %s delays nobody, and what came of its list is offered", async (_, how, said) => {
  const client = await serve(configFile({ endless: fixture("endless-lists.mjs", how), good: fake() }));
  const { result } = await client.request("tools/list");
  const names = (result as { tools: { name: string }[] }).tools.map(({ name }) => name);
  expect(names).toContain("good__echo");
  expect(names).toContain("endless__tool-0-0");
  expect(names.filter((name) => name.startsWith("endless__")).length).toBeLessThanOrEqual(2000);
  if (how === "empty") expect(names).toContain("endless__tool-1-0");
  expect((await client.call("endless__tool-0-0")).result).toMatchObject({ content: [{ text: "tool-0-0" }] });
  if (said === undefined) return;
  const { stdout } = await run(["check", "--config", configFile({ endless: fixture("endless-lists.mjs", how) })]);
  expect(stdout).toContain(said);
});

test("F62: servers and tools of equal and look-alike names are all reachable, under names that stay the same", async () => {
  const file = join(temporaryFolder(), "offered.json");
  const tool = (name: string) => ({ name, inputSchema: object });
  // The second of each has a Cyrillic letter, the third is written wide.
  const names = ["read", "re\u0430d", "\uff52\uff45\uff41\uff44", "read "];
  writeFileSync(file, JSON.stringify({ tools: names.map(tool) }));
  const servers = ["github", "g\u0456thub", "git hub", "git_hub", "GitHub"];
  const config = configFile(Object.fromEntries(servers.map((name) => [name, fixture("defined-by-file.mjs", file)])));
  const seen: string[][] = [];
  for (let round = 0; round < 2; round++) {
    const client = await serve(config);
    const { result } = await client.request("tools/list");
    const exposed = (result as { tools: { name: string }[] }).tools.map(({ name }) => name);
    seen.push(exposed);
    expect(new Set(exposed).size).toBe(servers.length * names.length);
    for (const name of exposed) expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_-]{0,49}$/);
    const replies = await Promise.all(exposed.map((name) => client.call(name)));
    const texts = replies.map(({ result: one }) => one?.content?.[0]?.text);
    expect(texts).toEqual(servers.flatMap(() => names));
  }
  expect(seen[0]).toEqual(seen[1]);
});

test("F62: two servers of one name in one file, and in two, are refused with both places", async () => {
  const folder = temporaryFolder();
  const [one, two] = [join(folder, "one.json"), join(folder, "two.json")];
  writeFileSync(one, '{"mcpServers":{"a":{"command":"x"}}}');
  writeFileSync(two, '{"mcpServers":{"a":{"command":"y"}}}');
  const both = await run(["check", "--config", one, "--config", two]);
  expect(both.code).toBe(1);
  expect(both.stderr).toContain(`is also in ${one}`);
});

test("F64: schemas with a pattern that never ends and 10,000 branches are never evaluated, and the event loop stands still for less than 50 ms", async () => {
  const file = join(temporaryFolder(), "offered.json");
  const branches = Array.from({ length: 10_000 }, (_, index) => ({ const: index }));
  const outputSchema = { type: "object", properties: { a: { type: "string", pattern: "^(a+)+$" } }, anyOf: branches };
  const inputSchema = { ...object, properties: { a: { type: "string", pattern: "^(a+)+$" } } };
  writeFileSync(file, JSON.stringify({ tools: [{ name: "slow", inputSchema, outputSchema }] }));
  const client = await serveWatched({ evil: fixture("defined-by-file.mjs", file), good: fake() });
  const evil = `${"a".repeat(40)}!`;
  const stoodStillMs = await bestOfThree(50, async () => {
    await client.stoodStillMs();
    const end = besides(client, "good__echo");
    // One evaluation alone would take years.
    const replies = await Promise.all(Array.from({ length: 20 }, () => client.call("evil__slow", { a: evil })));
    for (const reply of replies) expect(reply.result).toMatchObject({ content: [{ text: "slow" }] });
    await client.request("tools/list");
    expect((await end()).wrong).toEqual([]);
    return await client.stoodStillMs();
  });
  expect(stoodStillMs).toBeLessThan(50);
});
