// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what models write
import { describe, expect, test } from "vitest";
import { meeting, type Result } from "./call-tools-servers.ts";
import { type EraClient, legacyClient, modernClient, tellingAnswer } from "./support/era-client.ts";
import { configFile, fake, main, root, type Servers, serveReady } from "./support/program.ts";
import { textOf } from "./support/raw-client.ts";
import { serverOf } from "./support/world.ts";

const together = { callTools: { scope: "non-destructive" } };
const kinds = { L: legacyClient, M: modernClient } as const;
const cells = (["L", "M"] as const).flatMap((client) => (["L", "M"] as const).map((server) => ({ client, server })));

async function connect(kind: "L" | "M", servers: Servers, settings: object = together, can?: object) {
  const env = process.env as Record<string, string>;
  const config = configFile(servers, settings);
  const client = await kinds[kind](
    { command: process.execPath, args: [main, "serve", "--config", config], env, cwd: root },
    can,
  );
  await client.tools();
  return client;
}

async function planned(client: EraClient, calls: readonly object[], options = {}): Promise<readonly Result[]> {
  return ((await client.call("call_tools", { calls }, options)) as { results: readonly Result[] }).results;
}

function met(client: EraClient): Promise<unknown> {
  return client.call("hall__met");
}

describe.each(cells)("with the official client, $client$server", ({ client: kind, server }) => {
  test("calls that wait for each other meet, on one server and on three, and what needs them comes after", async () => {
    const client = await connect(kind, {
      hall: meeting(),
      other: meeting(),
      third: meeting(),
      said: serverOf(server, "said"),
    });
    const three = (names: readonly string[], count: number) =>
      names.map((name, index) => ({ id: `m${index}`, name: `${name}__meet`, arguments: { count } }));
    const results = await planned(client, [
      ...three(["hall", "hall", "hall"], 3),
      {
        id: "last",
        name: "said__echo",
        arguments: { text: { $template: "${m0.together}${m1.together}${m2.together}" } },
      },
      { id: "count", name: "hall__met", after: ["last"] },
    ]);
    expect(results.map(({ result }) => result)).toEqual([
      { together: 3 },
      { together: 3 },
      { together: 3 },
      "333",
      { met: 3, gone: 0, waiting: 0 },
    ]);
    const apart = await planned(client, three(["hall", "other", "third"], 1));
    expect(apart.every(({ ok }) => ok)).toBe(true);
    await client.close();
  });

  test("questions of several calls are answered, what needs the answers goes on, and nothing runs twice", async () => {
    const client = await connect(kind, { one: serverOf(server, "one"), two: serverOf(server, "two"), hall: meeting() });
    client.answer(tellingAnswer);
    const results = await planned(client, [
      { id: "once", name: "hall__meet", arguments: { count: 1 } },
      { id: "a", name: "one__ask_form", arguments: { label: "a" } },
      { id: "b", name: "two__ask_model", arguments: { label: "b" } },
      { id: "c", name: "one__ask_form", arguments: { label: { $from: "a.answer.content.name" } } },
      { id: "d", name: "two__sum", arguments: { a: 1, b: 2 } },
    ]);
    expect(
      results.map(({ id, ok, result }) => [
        id,
        ok,
        result?.answer?.content?.name ?? result?.answer?.result?.content?.text,
      ]),
    ).toEqual([
      ["once", true, undefined],
      ["a", true, "name of a"],
      ["b", true, "said to b"],
      ["c", true, "name of name"],
      ["d", true, undefined],
    ]);
    const messages = client.asked.map(({ params }) => params.message).filter((message) => message !== undefined);
    expect(messages.toSorted()).toEqual(["one: Name for a?", "one: Name for name of a?"]);
    expect(await met(client)).toMatchObject({ met: 1 });
    await client.close();
  });

  test("questions of a client that cannot be asked cost that call alone", async () => {
    const client = await connect(kind, { one: serverOf(server, "one") }, together, {});
    const results = await planned(client, [
      { id: "a", name: "one__ask_form", arguments: { label: "a" } },
      { id: "b", name: "one__echo", arguments: { text: "fine" } },
    ]);
    expect(results[1]).toMatchObject({ ok: true, result: "fine" });
    expect(results[0]?.ok).toBe(false);
    expect(["tool_error", "input_required", "protocol_error"]).toContain(results[0]?.error?.code);
    await client.close();
  });
});

describe.each(["L", "M"] as const)("with the official client, %s", (kind) => {
  test("hears of calls that have ended while others run, by strictly rising counts", async () => {
    const client = await connect(kind, { one: fake() });
    const heard: (readonly [number, number | undefined])[] = [];
    const onprogress = ({ progress, total }: { progress: number; total?: number | undefined }) =>
      void heard.push([progress, total]);
    const following = (id: string, before: string) => ({
      id,
      name: "one__sleep",
      arguments: { ms: 200 },
      after: [before],
    });
    await planned(
      client,
      [{ id: "a", name: "one__pid" }, following("b", "a"), following("c", "b"), following("d", "c")],
      {
        onprogress,
      },
    );
    // The official clients drop what comes in one piece with the reply, as the last one may.
    expect(heard.slice(0, 3)).toEqual([1, 2, 3].map((count) => [count, 4]));
    expect(heard.slice(3)).toEqual(heard.length > 3 ? [[4, 4]] : []);
    await client.close();
  });

  test("a plan that is taken back is taken back at its servers, and what waited is never sent", async () => {
    const client = await connect(kind, { hall: meeting() });
    const abort = new AbortController();
    const plan = planned(
      client,
      [
        { id: "a", name: "hall__meet", arguments: { count: 9 } },
        { id: "b", name: "hall__meet", arguments: { count: 9 } },
        { id: "c", name: "hall__meet", arguments: { count: 1 }, after: ["a"] },
      ],
      { signal: abort.signal },
    );
    const rejected = expect(plan).rejects.toThrow();
    for (let waiting = 0; waiting < 2; ) waiting = ((await met(client)) as { waiting: number }).waiting;
    abort.abort("enough");
    await rejected;
    for (let gone = 0; gone < 2; ) gone = ((await met(client)) as { gone: number }).gone;
    expect(await met(client)).toEqual({ met: 0, gone: 2, waiting: 0 });
    await client.close();
  });
});

test("at the deadline and at a server's own limit there are the others' results, and the servers hear of it", async () => {
  const slow = { ...meeting(), callTimeoutMs: 300 };
  const client = await serveReady(
    configFile({ hall: meeting(), slow, one: fake() }, { callTools: { scope: "all", deadlineMs: 1500 } }),
  );
  const plan = client.call("call_tools", {
    calls: [
      { id: "a", name: "hall__meet", arguments: { count: 2 } },
      { id: "b", name: "slow__meet", arguments: { count: 2 } },
      { id: "c", name: "one__echo", arguments: { text: "here" } },
      { id: "d", name: "one__echo", arguments: { text: "never" }, after: ["a"] },
    ],
  });
  const { results } = JSON.parse(textOf(await plan)) as { results: readonly Result[] };
  expect(results.map(({ result, error }) => [result ?? error?.code, error?.sent])).toEqual([
    ["timeout", "unknown"],
    ["timeout", "unknown"],
    ["here", undefined],
    ["timeout", false],
  ]);
  expect(results[0]?.error?.message).toContain("callTools.deadlineMs");
  expect(results[1]?.error?.message).toContain("callTimeoutMs");
  for (const name of ["hall__met", "slow__met"]) {
    let gone = 0;
    while (gone === 0) gone = (JSON.parse(textOf(await client.call(name))) as { gone: number }).gone;
    expect(gone).toBe(1);
  }
});

test("k of 24 calls fail, in every way in which servers fail, by the built program", async () => {
  const down = { command: "/no/such/command" };
  const narrow = { ...meeting(), maxConcurrentCalls: 1, maxQueuedCalls: 1, callTimeoutMs: 500 };
  const client = await serveReady(configFile({ one: fake(), doomed: fake(), down, narrow }, together));
  const ways: readonly (readonly [code: string, call: object])[] = [
    ["", { name: "one__echo", arguments: { text: "x" } }],
    ["tool_error", { name: "one__tool_error" }],
    ["protocol_error", { name: "one__rpc_error" }],
    ["unavailable", { name: "doomed__crash" }],
    ["unknown_tool", { name: "down__echo" }],
    ["unknown_tool", { name: "one__ecko" }],
    ["", { name: "one__sleep", arguments: { ms: 50 } }],
    ["skipped", { name: "one__echo", after: ["w1"] }],
  ];
  const calls = ways.map(([, call], index) => ({ id: `w${index}`, ...call }));
  const crowd = ["timeout", "timeout", "busy"].map((_, index) => ({
    id: `n${index}`,
    name: "narrow__meet",
    arguments: { count: 5 },
  }));
  const fine = Array.from({ length: 13 }, (_, index) => ({
    id: `f${index}`,
    name: "one__echo",
    arguments: { text: `${index}` },
  }));
  const reply = await client.call("call_tools", { calls: [...calls, ...crowd, ...fine] });
  const { results } = JSON.parse(textOf(reply)) as { results: readonly Result[] };
  const codes = results.map(({ error }) => error?.code ?? "");
  expect(codes).toEqual([...ways.map(([code]) => code), "timeout", "timeout", "busy", ...fine.map(() => "")]);
  expect(results.slice(-13).map(({ result }) => result)).toEqual(fine.map((_, index) => `${index}`));
});
