import { describe, expect, test } from "vitest";
import { requirement, withoutCells } from "../../requirements.ts";
import { connected } from "../../support/cells.ts";
import { complete } from "../../support/fake-call.ts";
import type { FakeServer } from "../../support/fake-server.ts";
import type { OnStage } from "../../support/stage.ts";
import { quiet, until } from "../../support/turns.ts";

/** A server that nobody knows yet, and a client that has greeted. */
async function meeting(alpha: OnStage) {
  const on = await connected({ servers: { alpha: { tools: ["do"], ...alpha } }, isReady: false });
  await on.client.greet({ era: "legacy" });
  const { alpha: server } = on.servers;
  const isConnected = () => server.peer !== undefined;
  await until(isConnected, () => "a link");
  await quiet();
  return { ...on, server };
}

test(requirement("era.discover"), async () => {
  const { client, server } = await meeting({ era: "modern" });
  expect(await client.tools(1)).toEqual(["alpha__do"]);
  expect(server.count("server/discover")).toBe(1);
  expect(server.count("initialize")).toBe(0);
  expect(server.count("notifications/initialized")).toBe(0);
});

describe(requirement("era.initialize"), () => {
  for (const [what, members] of [
    ["method not found", '"error":{"code":-32601,"message":"no"}'],
    ["invalid params", '"error":{"code":-32602,"message":"no"}'],
    ["invalid request", '"error":{"code":-32600,"message":"not initialized"}'],
    ["an error of its own", '"error":{"code":-32000,"message":"no","data":{"supported":7}}'],
    ["an error without sense", '"error":{"code":"x"}'],
    ["a result without versions", '"result":{}'],
  ] as const) {
    test(`with ${what}`, async () => {
      const { client, server } = await meeting({ answers: { "server/discover": () => members } });
      expect(await client.tools(1)).toEqual(["alpha__do"]);
      expect(server.count("initialize")).toBe(1);
    });
  }

  test("with silence", async () => {
    const { client, server, clock } = await meeting({ answers: { "server/discover": () => undefined } });
    await clock.advance(2900);
    expect(server.count("initialize")).toBe(0);
    await clock.advance(200);
    expect(server.count("initialize")).toBe(1);
    expect(await client.tools(1)).toEqual(["alpha__do"]);
  });

  test("with an answer that comes when it was given up", async () => {
    const late: (() => void)[] = [];
    const { client, server, clock } = await meeting({
      answers: {
        "server/discover": ({ json }, self) => {
          late.push(() => self.send(`{"jsonrpc":"2.0","id":${json.id},"error":{"code":-32601,"message":"no"}}`));
          return undefined;
        },
      },
    });
    await clock.advance(3100);
    for (const answer of late) answer();
    expect(await client.tools(1)).toEqual(["alpha__do"]);
    expect(server.count("initialize")).toBe(1);
  });
});

const versions = (supported: string) =>
  `"error":{"code":-32022,"message":"Unsupported protocol version","data":{"supported":${supported},"requested":"2026-07-28"}}`;

describe(requirement("era.other-version"), () => {
  test("one that tutti speaks", async () => {
    let asked = 0;
    const discovered = (_request: unknown, self: FakeServer) => {
      asked++;
      if (asked === 1) return versions('["2027-01-01","2026-07-28"]');
      const about = '{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}';
      return `"result":${complete(self.era, "server/discover", about)}`;
    };
    const { client, server } = await meeting({ era: "modern", answers: { "server/discover": discovered } });
    expect(await client.tools(1)).toEqual(["alpha__do"]);
    expect(server.count("initialize")).toBe(0);
  });

  test("none that tutti speaks", async () => {
    const answers = { "server/discover": () => versions('["2099-01-01"]') };
    const { client, server } = await meeting({ era: "modern", answers });
    client.call(1, "alpha__do");
    const { text, mark } = await client.failure(1);
    expect(text).toContain("2099-01-01");
    expect(mark).toMatchObject({ code: "unavailable" });
    expect(server.count("initialize")).toBe(0);
  });
});

withoutCells("era.restart", async () => {
  const heard: string[] = [];
  let links = 0;
  const leave = (_request: unknown, self: FakeServer) => {
    links++;
    heard.push(...self.heard);
    self.crash();
    return undefined;
  };
  const { client, server } = await meeting({ answers: { "server/discover": leave } });
  expect(await client.tools(1)).toEqual(["alpha__do"]);
  expect(links).toBe(1);
  expect(heard.length).toBe(1);
  expect(server.heard[0]).toContain('"method":"initialize"');
  expect(server.count("server/discover")).toBe(0);
});

describe("a server that leaves whatever it is asked is started twice, and then no more", () => {
  withoutCells("era.restart", async () => {
    let links = 0;
    const leave = (_request: unknown, self: FakeServer) => {
      links++;
      self.crash();
      return undefined;
    };
    const answers = { "server/discover": leave, initialize: leave };
    const { client, clock } = await meeting({ answers, config: { restartMaxMs: 0 } });
    await clock.advance(10_000);
    client.call(1, "alpha__do");
    expect((await client.failure(1)).mark).toMatchObject({ code: "unavailable", mayHaveRun: false });
    expect(links).toBe(2);
  });
});
