import { describe, expect, test } from "vitest";
import { meeting, type Result } from "./call-tools-servers.ts";
import { tellingAnswer } from "./support/era-client.ts";
import { connectHttp, type HttpClient, type Kind, post, serveHttpReady } from "./support/http-program.ts";
import { fake } from "./support/program.ts";
import { serverOf } from "./support/world.ts";

const kinds: readonly Kind[] = ["SDK v1", "SDK v2 with a session", "SDK v2"];
const settings = { callTools: { scope: "non-destructive", maxTokens: 500 } };

async function planned(client: HttpClient, calls: readonly object[], options = {}): Promise<readonly Result[]> {
  return ((await client.call("call_tools", { calls }, options)) as { results: readonly Result[] }).results;
}

describe.each(kinds)("over HTTP, %s", (kind) => {
  test("calls meet, questions are answered within them, and progress comes", async () => {
    const served = await serveHttpReady(
      { hall: meeting(), l: serverOf("L", "l"), m: serverOf("M", "m") },
      { settings },
    );
    const client = await connectHttp(served, kind);
    client.answer(tellingAnswer);
    await client.tools();
    const heard: number[] = [];
    const results = await planned(
      client,
      [
        { id: "x", name: "hall__meet", arguments: { count: 2 } },
        { id: "y", name: "hall__meet", arguments: { count: 2 } },
        { id: "a", name: "l__ask_form", arguments: { label: "a" } },
        { id: "b", name: "m__ask_form", arguments: { label: "b" } },
        { id: "c", name: "m__echo", arguments: { text: { $from: "a.answer.content.name" } }, after: ["b"] },
      ],
      {
        onprogress: ({ progress, total }: { progress: number; total?: number }) => {
          // The official client tells of its own rounds, too.
          if (total === 5) heard.push(progress);
        },
      },
    );
    const [x, y, a, b, c] = results.map(({ result }) => result);
    expect([x, y]).toEqual([{ together: 2 }, { together: 2 }]);
    expect([a.answer.content, b.answer.content, c]).toEqual([
      { name: "name of a" },
      { name: "name of b" },
      "name of a",
    ]);
    expect(await client.call("hall__met")).toMatchObject({ met: 2 });
    expect(heard).toEqual(heard.toSorted((one, other) => one - other));
    expect(new Set(heard).size).toBe(heard.length);
    expect(served.stderr).not.toMatch(/defect/);
  });

  test("what was cut belongs to that client: another cannot read it, whoever it is", async () => {
    const served = await serveHttpReady({ one: fake() }, { settings });
    const client = await connectHttp(served, kind, { name: "first" });
    await client.tools();
    const [cut] = await planned(client, [{ id: "a", name: "one__big", arguments: { bytes: 5000 } }]);
    const handle = cut?.truncated?.result_id as string;
    expect(cut?.truncated).toMatchObject({ of: 5000 });
    const [own] = await planned(client, [
      { id: "b", name: "one__echo", arguments: { text: { $from: handle } }, pick: [] },
    ]);
    expect(own).toEqual({ id: "b", ok: true });
    for (const other of kinds) {
      const stranger = await connectHttp(served, other, { name: "second" });
      await stranger.tools();
      const [stolen] = await planned(stranger, [
        { id: "b", name: "one__echo", arguments: { text: { $from: handle } } },
      ]);
      expect(stolen?.error).toMatchObject({ code: "no_such_value", message: expect.stringContaining("15 minutes") });
    }
  });

  test("a client that gives up takes its calls back at their server", async () => {
    const served = await serveHttpReady({ hall: meeting({ shared: true }) }, { settings });
    const client = await connectHttp(served, kind, { name: "first" });
    const watcher = await connectHttp(served, "SDK v1", { name: "second" });
    await Promise.all([client.tools(), watcher.tools()]);
    const met = async () => (await watcher.call("hall__met")) as { gone: number; waiting: number };
    const abort = new AbortController();
    const meet = { name: "hall__meet", arguments: { count: 9 } };
    const plan = planned(client, [meet, meet, { ...meet, after: ["c1"] }], { signal: abort.signal });
    const rejected = expect(plan).rejects.toThrow();
    for (let waiting = 0; waiting < 2; ) ({ waiting } = await met());
    abort.abort("enough");
    await rejected;
    for (let gone = 0; gone < 2; ) ({ gone } = await met());
    expect(await met()).toMatchObject({ gone: 2, waiting: 0 });
  });
});

test("the door for clients that look for tools shows four, the other all", async () => {
  const served = await serveHttpReady({ one: fake() }, { settings });
  const lazy = await connectHttp(served, "SDK v2", { url: new URL("/mcp/lazy", served.url) });
  expect((await lazy.tools()).map(({ name }) => name)).toEqual([
    "search_tools",
    "call_tools",
    "call_tool",
    "read_result",
  ]);
  expect(await lazy.call("call_tool", { name: "one__echo", arguments: { text: "hi" } })).toBe("hi");
  const direct = await connectHttp(served, "SDK v2");
  const names = (await direct.tools()).map(({ name }) => name);
  expect([names.length > 10, names.at(-1)]).toEqual([true, "call_tools"]);
});

test("a JSON-RPC array is no request", async () => {
  const served = await serveHttpReady({ one: fake() }, { settings });
  const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "one__echo", arguments: {} } };
  const response = await post(served.url, [call]);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ id: null, error: { code: -32600 } });
});
