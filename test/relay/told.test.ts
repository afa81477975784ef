import { describe, expect, test } from "vitest";
import { open } from "../support/cells.ts";
import { stage } from "../support/stage.ts";
import { quiet } from "../support/turns.ts";
import { openPlans } from "./call-tools-stage.ts";

const done = '{"content":[{"type":"text","text":"done"}]}';

describe("how a tool call has ended", () => {
  test("is published once for each, with how long it waited and took, and of nothing else", async () => {
    const config = { maxConcurrentCalls: 1, callTimeoutMs: 10_000 };
    const { client, clock, published, servers } = await stage({
      servers: { alpha: { tools: ["do"], prompts: ["p"], config } },
    });
    client.call(1, "alpha__do");
    client.call('"two"', "alpha__do");
    const first = await servers.alpha.call();
    await clock.advance(300);
    first.result(done);
    await client.reply(1);
    const second = await servers.alpha.call();
    await clock.advance(50);
    second.error('{"code":1,"message":"m"}');
    await client.reply('"two"');
    client.call(3, "alpha__none");
    await client.reply(3);
    client.call(4, "alpha__do");
    await servers.alpha.call();
    client.cancel(4);
    await client.ping();
    client.request(5, "prompts/get", '{"name":"alpha__p"}');
    (await servers.alpha.request("prompts/get")).result('{"messages":[]}');
    await client.reply(5);
    const of = { server: "alpha", tool: "alpha__do" };
    expect(published.ended).toEqual([
      { ...of, id: "1", queuedMs: 0, totalMs: 300, outcome: "answered" },
      { ...of, id: '"two"', queuedMs: 300, totalMs: 350, outcome: "server_error" },
      { server: undefined, tool: "alpha__none", id: "3", queuedMs: 0, totalMs: 0, outcome: "unknown_tool" },
      { ...of, id: "4", queuedMs: 0, totalMs: 0, outcome: "cancelled" },
    ]);
  });
});

test("how a plan has ended is published too, with how long it took, beside its calls", async () => {
  const { clock, plan, published, servers } = await openPlans("LL", { alpha: { tools: ["do"] } });
  await clock.advance(1000);
  const planned = plan([{ name: "alpha__do" }]);
  const call = await servers.alpha.call();
  await clock.advance(300);
  call.result(done);
  await planned.result();
  expect(published.ended.map(({ tool, totalMs, outcome }) => [tool, totalMs, outcome])).toEqual([
    ["alpha__do", 300, "answered"],
    ["call_tools", 300, "answered"],
  ]);
});

test("a plan that comes before there are lists waits for them", async () => {
  const { client, plan, servers } = await openPlans("LL", { alpha: { tools: ["do"], isHeld: true } });
  const planned = plan([{ name: "alpha__do" }]);
  await client.ping();
  servers.alpha.open();
  (await servers.alpha.call()).result(done);
  expect((await planned.result()).isError).toBe(false);
});

describe("what the next start can say of the servers", () => {
  test("has nothing of their states, and is nothing while one is not known", async () => {
    const { client, clock, relay, servers } = await stage({
      servers: { alpha: { tools: ["do"] }, beta: { tools: ["do"], isHeld: true } },
    });
    expect(relay.lasting(false)).toBeUndefined();
    servers.beta.open();
    await client.tools(1);
    servers.beta.crash();
    await clock.advance(1);
    expect(relay.about({ isLazy: false }).instructions).toContain("beta: its output ended");
    const { catalog, about } = relay.lasting(false) as NonNullable<ReturnType<typeof relay.lasting>>;
    expect(about.instructions).not.toContain("its output ended");
    expect(catalog.tools.map(({ exposed }) => exposed)).toEqual(["alpha__do", "beta__do"]);
  });

  test.each([
    ["off", false],
    ["all", true],
  ] as const)("names call_tools where there is one: %s", async (scope, isNamed) => {
    const { relay } = await stage({ servers: { alpha: { tools: ["do"] } }, callTools: { scope } });
    expect(relay.about({ isLazy: false }).instructions?.includes("call_tools")).toBe(isNamed);
  });
});

test("changes close together are told of once, 250 ms after the first, and later ones in their own time", async () => {
  const held = (tool: string) => ({ tools: [tool], isHeld: true });
  const { client, clock, servers } = await stage({
    servers: { alpha: { tools: ["a"] }, beta: held("b"), gamma: held("c"), delta: held("d") },
  });
  await clock.advance(10_000);
  await client.tools(1);
  const count = (): number => client.count("notifications/tools/list_changed");
  const open = async (name: "beta" | "gamma" | "delta"): Promise<void> => {
    servers[name].open();
    await quiet();
  };
  await open("beta");
  await clock.advance(100);
  await open("gamma");
  await clock.advance(149);
  expect(count()).toBe(0);
  await clock.advance(1);
  expect(count()).toBe(1);
  await open("delta");
  await clock.advance(249);
  expect(count()).toBe(1);
  await clock.advance(1);
  expect(count()).toBe(2);
});

test("a result of a tool whose schema is shown wrapped is wrapped, though it is an object", async () => {
  const outputSchema = { anyOf: [{ type: "object" }, { type: "array" }] };
  const tools = [{ name: "do", inputSchema: { type: "object" }, outputSchema }, "plain"];
  const { client, servers } = await open("LM", { alpha: { tools } });
  for (const [tool, expected] of [
    ["do", { result: { a: 1 } }],
    ["plain", { a: 1 }],
  ] as const) {
    client.call(`"${tool}"`, `alpha__${tool}`);
    (await servers.alpha.call()).result('{"content":[],"structuredContent":{"a":1}}');
    expect((await client.reply(`"${tool}"`)).json.result.structuredContent).toEqual(expected);
  }
});
