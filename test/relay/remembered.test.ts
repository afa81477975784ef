import { describe, expect, test } from "vitest";
import { emptyOffer } from "../../src/catalog/definition.ts";
import type { Seen } from "../../src/downstream/memory.ts";
import { envelopeMembers } from "../support/envelope.ts";
import { namesIn } from "../support/fake-client.ts";
import { definition } from "../support/fake-server.ts";
import { stage } from "../support/stage.ts";
import { quiet, until } from "../support/turns.ts";

const listChanged = "notifications/tools/list_changed";

/** What is remembered of a server that had these tools. */
function remembered(...tools: string[]): Seen {
  const definitions = tools.map((key) => ({ key, bytes: Buffer.from(definition(key)) }));
  return {
    greeting: {
      era: "legacy",
      protocolVersion: "2025-11-25",
      serverInfo: { name: "x", version: "1" },
      capabilities: { tools: {} },
      instructions: undefined,
    },
    offer: { ...emptyOffer, tools: { definitions, ttlMs: 0, isPublic: false } },
  };
}

const held = (seen: readonly string[], ...tools: string[]) => ({ tools, isHeld: true, seen: remembered(...seen) });

describe("what is remembered of servers", () => {
  test("is the list while they start, and calls wait for their server", async () => {
    const { client, servers } = await stage({ servers: { alpha: held(["a"], "a"), beta: held(["b"], "b") } });
    expect(await client.tools(1)).toEqual(["alpha__a", "beta__b"]);
    client.call(2, "beta__b");
    await client.ping();
    expect(servers.beta.calls).toEqual([]);
    servers.beta.open();
    await until(
      () => servers.beta.calls.length === 1,
      () => "the call",
    );
    expect(servers.alpha.calls).toEqual([]);
  });

  test("is no list while another server is not known, which is waited for alone", async () => {
    const { client, servers, clock } = await stage({
      servers: { alpha: held(["a"], "a"), beta: { tools: ["b"], isHeld: true } },
    });
    client.request(1, "tools/list");
    await client.ping();
    expect(client.peer.left).toEqual([]);
    servers.beta.open();
    expect(namesIn(await client.reply(1))).toEqual(["alpha__a", "beta__b"]);
    await clock.advance(1000);
    expect(client.count(listChanged)).toBe(0);
  });

  test("has nothing held for a stream that was taken back before its server was ready", async () => {
    const uri = "file:///a";
    const seen = remembered();
    const able = { ...seen, greeting: { ...seen.greeting, capabilities: { resources: { subscribe: true } } } };
    const { openClient, relay, servers, downstreams } = await stage({
      servers: { alpha: { resources: [uri], isHeld: true, seen: able } },
    });
    const client = openClient();
    const envelope = envelopeMembers({ capabilities: "{}", info: '{"name":"x","version":"1"}', logLevel: undefined });
    client.request(1, "subscriptions/listen", `{"notifications":{"resourceSubscriptions":["${uri}"]}}`, envelope);
    await quiet();
    expect(relay.held).toBe(1);
    client.cancel(1);
    await quiet();
    servers.alpha.open();
    await until(
      () => downstreams.alpha.state.kind === "ready",
      () => "that it is ready",
    );
    await quiet();
    expect(servers.alpha.subscriptions(uri)).toBe(0);
    expect(relay.held).toBe(0);
  });

  test("is told as another once, when all servers have started", async () => {
    const { client, servers, clock } = await stage({
      servers: { alpha: held(["a"], "a", "new"), beta: held(["b"]), gamma: held(["c"], "c") },
    });
    expect(await client.tools(1)).toEqual(["alpha__a", "beta__b", "gamma__c"]);
    servers.alpha.open();
    await clock.advance(2000);
    servers.beta.open();
    await clock.advance(2000);
    expect(client.count(listChanged)).toBe(0);
    servers.gamma.open();
    await clock.advance(1000);
    expect(client.count(listChanged)).toBe(1);
    expect(await client.tools(2)).toEqual(["alpha__a", "alpha__new", "gamma__c"]);
    await clock.advance(10_000);
    expect(client.count(listChanged)).toBe(1);
  });

  test("is told as another after startup.waitMs though a server is still starting, and later where that one differs too", async () => {
    const { client, servers, clock, published } = await stage({
      servers: { alpha: held(["a"], "a2"), beta: held(["b"], "b2") },
      waitMs: 1000,
    });
    expect(await client.tools(1)).toEqual(["alpha__a", "beta__b"]);
    servers.alpha.open();
    await clock.advance(1500);
    expect(client.count(listChanged)).toBe(1);
    expect(published.oddities).toContain(
      "beta: still starting after 1 s (startup.waitMs); lists show what it offered before",
    );
    servers.beta.open();
    await clock.advance(500);
    expect(client.count(listChanged)).toBe(2);
    expect(await client.tools(2)).toEqual(["alpha__a2", "beta__b2"]);
  });

  test("of a server that fails stays listed, and its calls say why", async () => {
    const { client, clock } = await stage({
      servers: { alpha: { ...held(["a"]), isHeld: false, fails: "no such program" }, beta: { tools: ["b"] } },
    });
    expect(await client.tools(1)).toEqual(["alpha__a", "beta__b"]);
    client.call(2, "alpha__a");
    expect((await client.reply(2)).text).toContain('"code":"unavailable"');
    await clock.advance(10_000);
    expect(client.count(listChanged)).toBe(0);
  });

  test("is what a tool of one that came up later is not: told on a stream that was open before", async () => {
    const { client, servers, clock } = await stage({
      servers: { alpha: held(["a"], "a", "new"), beta: held(["b"], "b") },
    });
    await client.greet({ era: "modern" });
    expect(await client.tools(1)).toEqual(["alpha__a", "beta__b"]);
    expect(await client.listen(2, { toolsListChanged: true })).toEqual({ toolsListChanged: true });
    servers.alpha.open();
    await clock.advance(1000);
    expect(client.count(listChanged)).toBe(0);
    servers.beta.open();
    await clock.advance(1000);
    await client.onListen(2, listChanged);
    await clock.advance(10_000);
    expect(client.count(listChanged)).toBe(1);
  });
});
