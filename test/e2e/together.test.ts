// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what models write
import { expect, test } from "vitest";
import { expectWithin } from "../support/promise.ts";
import { modernClient } from "./support/era-client.ts";
import { configFile, fake, fixture, main, root, type Started, serve, serveReady, start } from "./support/program.ts";
import { textOf } from "./support/raw-client.ts";
import { bestOfThree, timed } from "./support/until.ts";

const together = { callTools: { scope: "non-destructive" } };
/** The issue's own figure for calls of one second each. */
const mostMs = 1300;

type Entry = { readonly id: string; readonly ok: boolean; readonly result?: unknown; readonly error?: unknown };

async function plan(client: Started, calls: readonly object[]): Promise<readonly Entry[]> {
  return (JSON.parse(textOf(await client.call("call_tools", { calls }))) as { results: readonly Entry[] }).results;
}

async function toolNames(client: Started): Promise<readonly string[]> {
  return ((await client.request("tools/list")).result?.tools ?? []).map(({ name }) => name);
}

async function instructionsFrom(config: string, args: readonly string[] = []): Promise<readonly string[]> {
  const client = start(["serve", "--config", config, ...args]);
  const { result } = (await client.handshake()) as { result?: { instructions?: string } };
  const env = process.env as Record<string, string>;
  const launch = { command: process.execPath, args: [main, "serve", "--config", config, ...args], env, cwd: root };
  const modern = await modernClient(launch);
  const told = [result?.instructions ?? "", modern.instructions() ?? ""];
  await modern.close();
  return told;
}

test.each(["one__sleep one__sleep one__sleep", "one__sleep two__sleep three__sleep"])(
  "call_tools makes three calls of a second each at once, though no tool says what it changes: %s",
  async (names) => {
    const client = await serveReady(configFile({ one: fake(), two: fake(), three: fake() }, together));
    const calls = (ms: number) => names.split(" ").map((name, index) => ({ id: `c${index}`, name, arguments: { ms } }));
    await plan(client, calls(0));
    const ms = await bestOfThree(mostMs, () =>
      timed(async () => {
        const results = await plan(client, calls(1000));
        expect(results.map(({ result }) => result)).toEqual(["slept 1000", "slept 1000", "slept 1000"]);
      }),
    );
    await expectWithin(mostMs, ms);
  },
);

test("a server that dies under a call of call_tools costs that call and what needs it, and no other", async () => {
  const client = await serveReady(configFile({ one: fake(), doomed: fake() }, together));
  const results = await plan(client, [
    { id: "slow", name: "one__sleep", arguments: { ms: 300 } },
    { id: "crash", name: "doomed__crash" },
    { id: "other", name: "doomed__hang" },
    { id: "next", name: "one__echo", arguments: { text: { $from: "crash" } } },
    { id: "last", name: "one__echo", arguments: { text: { $template: "it ${slow}" } } },
  ]);
  const lost = { code: "unavailable", message: expect.stringMatching(/^doomed: /), sent: "unknown" };
  expect(results).toEqual([
    { id: "slow", ok: true, result: "slept 300" },
    { id: "crash", ok: false, error: lost },
    { id: "other", ok: false, error: lost },
    { id: "next", ok: false, error: { code: "skipped", message: 'needs "crash", which failed' } },
    { id: "last", ok: true, result: "it slept 300" },
  ]);
});

test("call_tools is the last in the list unless the configuration says otherwise, and says what can be reached by it", async () => {
  const sdk = { ...fixture("sdk-server.mjs"), tools: { annotations: { "*": { readOnlyHint: true } } } };
  const listOf = async (settings: object) => {
    const client = await serve(configFile({ sdk }, settings));
    return (await client.request("tools/list")).result?.tools ?? [];
  };
  const [byDefault, off, bounded] = await Promise.all([
    listOf({ callTools: {} }),
    listOf({ callTools: { scope: "off" } }),
    listOf({ callTools: {}, results: { maxTokens: 1000 } }),
  ]);
  const own = ["sdk__sum", "sdk__throws", "sdk__steps"];
  expect(byDefault.map(({ name }) => name)).toEqual([...own, "call_tools"]);
  expect(byDefault.at(-1)).toMatchObject({ annotations: { readOnlyHint: true, destructiveHint: false } });
  expect(off.map(({ name }) => name)).toEqual(own);
  expect(bounded.map(({ name }) => name)).toEqual([...own, "call_tools", "read_result"]);
});

test("a lazy client is shown four tools, finds the others, and calls them", async () => {
  const client = await serve(configFile({ one: fake(), sdk: fixture("sdk-server.mjs") }, together), ["--lazy"]);
  expect(await toolNames(client)).toEqual(["search_tools", "call_tools", "call_tool", "read_result"]);
  const found = await client.call("search_tools", { query: "add two numbers", limit: 1 });
  const { tools } = JSON.parse(textOf(found)) as { tools: readonly { name: string; returns: unknown }[] };
  expect(tools).toEqual([
    {
      name: "sdk__sum",
      description: "Adds.",
      inputSchema: expect.objectContaining({ required: ["a", "b"] }),
      returns: { sum: "number" },
    },
  ]);
  const { name = "" } = tools[0] ?? {};
  const results = await plan(client, [
    { id: "a", name, arguments: { a: 19, b: 23 } },
    { id: "b", name, arguments: { a: { $from: "a.sum" }, b: 1 } },
  ]);
  expect(results.map(({ result }) => result)).toEqual([{ sum: 42 }, { sum: 43 }]);
  const { result } = await client.call("call_tool", { name, arguments: { a: 1, b: 2 } });
  expect(result).toEqual({ content: [{ type: "text", text: "3" }], structuredContent: { sum: 3 } });
});

test("the model is told how several tools are called: on their own, with call_tools, or after a search", async () => {
  const servers = { one: fake() };
  const [apart, withPlans, lazily] = await Promise.all([
    instructionsFrom(configFile(servers, { callTools: { scope: "off" } })),
    instructionsFrom(configFile(servers, together)),
    instructionsFrom(configFile(servers, together), ["--lazy"]),
  ]);
  for (const text of apart) expect(text).not.toMatch(/call_tools|search_tools/);
  for (const text of withPlans) expect(text).toMatch(/Use call_tools to chain calls [^\n]+\nServers: one\.$/);
  for (const text of withPlans) expect(text).not.toContain("search_tools");
  for (const text of lazily)
    expect(text).toMatch(
      /find them with search_tools, then call them with call_tool\. Several calls go into one request with call_tools/,
    );
});

test("a lazy client is not told of call_tools where the configuration has none", async () => {
  const config = configFile({ one: fake() }, { callTools: { scope: "off" } });
  const client = await serve(config, ["--lazy"]);
  expect(await toolNames(client)).toEqual(["search_tools", "call_tool", "read_result"]);
  for (const text of await instructionsFrom(config, ["--lazy"])) {
    expect(text).toContain("search_tools");
    expect(text).not.toContain("call_tools");
  }
});

test("a result over results.maxTokens comes in part, and the rest by its link or by read_result, and only to that client", async () => {
  const config = configFile(
    { one: fake(), sdk: fixture("sdk-server.mjs") },
    { ...together, results: { maxTokens: 500 } },
  );
  const client = await serveReady(config);
  const stranger = await serveReady(config);
  const { content = [] } = (await client.call("one__big", { bytes: 5000 })).result ?? {};
  const [text, link] = content;
  const told = JSON.parse(text?.text ?? "") as { result: string; truncated: { result_id: string } };
  const shown = told.result.length;
  expect(text?.text?.length).toBeLessThanOrEqual(2000);
  expect(shown).toBeGreaterThan(1000);
  expect(told).toEqual({ result: "x".repeat(shown), truncated: { shown, of: 5000, result_id: expect.any(String) } });
  const { result_id } = told.truncated;
  const uri = `tutti-result:${result_id}`;
  expect(link).toEqual({ type: "resource_link", uri, name: "The whole result", mimeType: "application/json" });

  const contents = [{ uri, mimeType: "application/json", text: JSON.stringify("x".repeat(5000)) }];
  expect((await client.request("resources/read", { uri })).result).toEqual({ contents });
  const rest = JSON.parse(textOf(await client.call("read_result", { result: result_id, offset: shown }))) as object;
  expect(rest).toMatchObject({ offset: shown, of: 5000, result: expect.stringMatching(/^x{1000,2000}$/) });
  const [entry] = await plan(client, [
    { id: "a", name: "one__echo", arguments: { text: { $from: result_id } }, pick: [] },
  ]);
  expect(entry).toEqual({ id: "a", ok: true });

  expect((await stranger.request("resources/read", { uri })).error?.message).toContain("for the client that got them");
  expect((await stranger.call("read_result", { result: result_id })).result?.isError).toBe(true);
  expect((await client.call("sdk__sum", { a: 1, b: 2 })).result).toEqual({
    content: [{ type: "text", text: "3" }],
    structuredContent: { sum: 3 },
  });
});
