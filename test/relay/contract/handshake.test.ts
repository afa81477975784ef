import { describe, expect, test } from "vitest";
import type { Cell } from "../../requirements/requirement.ts";
import { cells, requirement } from "../../requirements.ts";
import { clientEra, connected, open, serverEra } from "../../support/cells.ts";
import { envelopeMembers, metaName } from "../../support/envelope.ts";
import type { FakeClient } from "../../support/fake-client.ts";
import { namesIn } from "../../support/fake-client.ts";

const envelope = envelopeMembers({ capabilities: "{}", info: '{"name":"x","version":"1"}' });

/** Nothing has been said yet, and the server is not up. */
async function opening(cell: Cell) {
  return await connected({
    servers: { alpha: { era: serverEra(cell), isHeld: true } },
    isReady: false,
  });
}

async function initialize(client: FakeClient, id: number, revision: string, more = "") {
  const params = `{"protocolVersion":"${revision}","capabilities":{},"clientInfo":{"name":"x","version":"1"}${more}}`;
  client.send(`{"jsonrpc":"2.0","id":${id},"method":"initialize","params":${params}}`);
  return (await client.reply(id)).json.result;
}

async function discover(client: FakeClient, id: number) {
  client.send(`{"jsonrpc":"2.0","id":${id},"method":"server/discover","params":{"_meta":{${envelope}}}}`);
  return (await client.reply(id)).json.result;
}

/** What it says of itself, whatever its era. */
async function introduction(cell: Cell, client: FakeClient) {
  return clientEra(cell) === "modern" ? await discover(client, 1) : await initialize(client, 1, "2025-11-25");
}

cells("handshake.initialize", async (cell) => {
  const { client, clock } = await opening(cell);
  for (const [index, revision] of ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"].entries()) {
    const result = await initialize(client, index, revision);
    expect(result).toMatchObject({ protocolVersion: revision, serverInfo: { name: "tutti", version: "1.2.3" } });
  }
  expect(clock.now()).toBe(0);
});

cells("handshake.negotiate-down", async (cell) => {
  const { client } = await opening(cell);
  for (const [index, revision] of ["1999-01-01", "2026-07-28", "2099-01-01", ""].entries()) {
    expect((await initialize(client, index, revision)).protocolVersion).toBe("2025-11-25");
  }
});

cells("handshake.discover", async (cell) => {
  const { client, clock } = await opening(cell);
  expect(await discover(client, 1)).toMatchObject({
    resultType: "complete",
    supportedVersions: ["2026-07-28"],
    ttlMs: 0,
    cacheScope: "private",
    _meta: { [metaName.serverInfo]: { name: "tutti", version: "1.2.3" } },
  });
  expect(clock.now()).toBe(0);
});

cells("handshake.capabilities", async (cell) => {
  const { client } = await opening(cell);
  expect((await introduction(cell, client)).capabilities).toMatchObject({
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { listChanged: true, subscribe: true },
    logging: {},
    completions: {},
  });
});

cells("handshake.ping", async (cell) => {
  const { client, clock } = await opening(cell);
  await client.ping();
  await initialize(client, 1, "2025-11-25");
  await client.ping();
  expect(clock.now()).toBe(0);
});

cells("handshake.unsupported-version", async (cell) => {
  const { client } = await opening(cell);
  const other = envelope.replace("2026-07-28", "1900-01-01");
  for (const method of ["server/discover", "tools/list", "tools/call", "resources/read"]) {
    client.send(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"name":"alpha__do","_meta":{${other}}}}`);
    const { error } = (await client.reply(1)).json;
    expect(error.code).toBe(-32022);
    expect(error.data).toEqual({ supported: ["2026-07-28"], requested: "1900-01-01" });
  }
});

cells("handshake.broken-envelope", async (cell) => {
  const { client, servers } = await open(cell, { alpha: { tools: ["do"] } });
  const version = `"${metaName.version}":"2026-07-28"`;
  const broken: readonly (readonly [string, string])[] = [
    [version, metaName.capabilities],
    [`${version},"${metaName.capabilities}":null`, metaName.capabilities],
    [`${version},"${metaName.capabilities}":[]`, metaName.capabilities],
    [`"${metaName.capabilities}":{}`, metaName.version],
    [`"${metaName.version}":20260728,"${metaName.capabilities}":{}`, metaName.version],
  ];
  for (const [meta, missing] of broken) {
    client.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"alpha__do","_meta":{${meta}}}}`);
    const { error } = (await client.reply(1)).json;
    expect(error.code).toBe(-32602);
    expect(error.message).toContain(missing);
  }
  for (const params of ["", ',"params":{}', ',"params":{"_meta":{}}', ',"params":[]']) {
    client.send(`{"jsonrpc":"2.0","id":1,"method":"server/discover"${params}}`);
    expect((await client.reply(1)).json.error.code).toBe(-32602);
  }
  expect(servers.alpha.calls).toEqual([]);
});

cells("handshake.removed-methods", async (cell) => {
  const { client, servers } = await open(cell, { alpha: { resources: ["file:///a"], capabilities: { logging: {} } } });
  for (const [method, params] of [
    ["initialize", '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}'],
    ["ping", "{}"],
    ["logging/setLevel", '{"level":"debug"}'],
    ["resources/subscribe", '{"uri":"file:///a"}'],
    ["resources/unsubscribe", '{"uri":"file:///a"}'],
  ] as const) {
    const before = servers.alpha.count(method);
    expect((await client.ask(method, params)).json.error.code).toBe(-32601);
    expect(servers.alpha.count(method)).toBe(before);
  }
});

cells("handshake.batch", async (cell) => {
  const { client } = await open(cell, { alpha: { tools: ["do"] } });
  const request = `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{${envelope}}}}`;
  const before = client.peer.lines.length;
  client.peer.send(`[${request},${request}]`);
  await client.tools(2);
  const [refusal, ...more] = client.peer.lines.slice(before);
  expect(refusal?.json).toMatchObject({ id: null, error: { code: -32600 } });
  expect(more.length).toBe(1);
});

describe(requirement("handshake.any-order"), () => {
  const legacyList = '{"jsonrpc":"2.0","id":"l","method":"tools/list"}';
  const modernList = `{"jsonrpc":"2.0","id":"m","method":"tools/list","params":{"_meta":{${envelope}}}}`;

  for (const era of ["legacy", "modern"] as const) {
    for (const order of ["discover first", "initialize first"]) {
      test(`${order}, with a server that is ${era}`, async () => {
        const { client } = await connected({
          servers: { alpha: { era, tools: ["do"] } },
          isReady: false,
        });
        if (order === "discover first") await discover(client, 1);
        await initialize(client, 2, "2025-06-18");
        if (order === "initialize first") await discover(client, 1);
        for (let round = 0; round < 2; round++) {
          client.send(legacyList);
          client.send(modernList);
          const [older, newer] = [await client.reply('"l"'), await client.reply('"m"')];
          expect([namesIn(older), namesIn(newer)]).toEqual([["alpha__do"], ["alpha__do"]]);
          expect(Object.keys(older.json.result)).toEqual(["tools"]);
          expect(newer.json.result).toMatchObject({ resultType: "complete", ttlMs: 0, cacheScope: "private" });
        }
      });
    }
  }
});

describe("instructions", () => {
  cells("instructions.digest", async (cell) => {
    const { openClient } = await open(cell, {
      alpha: { instructions: "Say please." },
      broken: { fails: 'command "foo" was not found' },
      slow: { isHeld: true },
    });
    const { instructions } = await introduction(cell, openClient());
    for (const part of ["alpha", "broken", 'command "foo" was not found', "slow"]) expect(instructions).toContain(part);
    expect(instructions).not.toContain("Say please.");
    expect(instructions.length).toBeLessThanOrEqual(2048);

    const many = Array.from({ length: 80 }, (_, index) => [
      `a-server-with-a-long-name-${index}`,
      { fails: "x".repeat(300) },
    ]);
    const crowd = await open(cell, Object.fromEntries(many) as Record<string, { fails: string }>);
    const text = (await introduction(cell, crowd.openClient())).instructions;
    expect(text.length).toBeLessThanOrEqual(2048);
    expect(text).toContain("a-server-with-a-long-name-0");
  });

  cells("instructions.servers", async (cell) => {
    const servers = { alpha: { instructions: "Say\nplease." }, beta: { instructions: "x".repeat(5000) }, gamma: {} };
    const { openClient } = await open(cell, servers, { instructions: "servers" });
    const { instructions } = await introduction(cell, openClient());
    expect(instructions).toContain("alpha");
    expect(instructions).toMatch(/alpha.*Say.*please\..*beta.*xxxx/s);
    expect(instructions.length).toBeLessThanOrEqual(2048);
  });
});
