import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { namesIn } from "../support/fake-client.ts";
import { definition } from "../support/fake-server.ts";
import { stage } from "../support/stage.ts";
import { quiet, until } from "../support/turns.ts";

const listChanged = "notifications/tools/list_changed";
const held = (...tools: string[]) => ({ tools, isHeld: true });

describe("tools/list", () => {
  test("gives all servers' tools on one page, in the order of the configuration", async () => {
    const { client } = await stage({ servers: { beta: { tools: ["b2", "b1"] }, alpha: { tools: ["a"] } } });
    client.request(1, "tools/list");
    expect((await client.reply(1)).text).toBe(
      `{"jsonrpc":"2.0","id":1,"result":{"tools":[${["beta__b2", "beta__b1", "alpha__a"].map((tool) => definition(tool)).join(",")}]}}`,
    );
  });

  test("waits for servers that are starting", async () => {
    const { client, servers } = await stage({
      servers: { alpha: held("a"), beta: { tools: ["b"] } },
    });
    client.request(1, "tools/list");
    await client.ping();
    expect(client.peer.left).toEqual([]);
    servers.alpha.open();
    expect(namesIn(await client.reply(1))).toEqual(["alpha__a", "beta__b"]);
  });

  test("is answered with what there is after startup.waitMs, and told once what comes later", async () => {
    const { client, servers, clock } = await stage({
      servers: { alpha: held("a"), beta: { tools: ["b"] }, gamma: held("c") },
      waitMs: 100,
    });
    client.request(1, "tools/list");
    await clock.advance(99);
    expect(client.peer.left).toEqual([]);
    await clock.advance(1);
    expect(namesIn(await client.reply(1))).toEqual(["beta__b"]);

    servers.gamma.open();
    servers.alpha.open();
    await clock.advance(1000);
    expect(client.count(listChanged)).toBe(1);
    expect(await client.tools(2)).toEqual(["alpha__a", "beta__b", "gamma__c"]);
    await clock.advance(1000);
    expect(client.count(listChanged)).toBe(1);
  });

  test("is answered at once when every server is ready or has failed, long before startup.waitMs", async () => {
    const { client, clock } = await stage({ servers: { alpha: { fails: "no such program" }, beta: { tools: ["b"] } } });
    expect(await client.tools(1)).toEqual(["beta__b"]);
    expect(clock.now()).toBe(0);
  });

  test("is answered with startup.waitMs 0 before any server is up", async () => {
    const { client, clock } = await stage({ servers: { alpha: held("a") }, waitMs: 0 });
    await clock.advance(0);
    expect(await client.tools(1)).toEqual([]);
  });

  test("is answered for every request that waited, each under its own id", async () => {
    const { client, servers } = await stage({ servers: { alpha: held("a") } });
    for (const id of [1, '"1"', 1, '""']) client.request(id, "tools/list");
    await client.ping();
    servers.alpha.open();
    for (const id of [1, '"1"', 1, '""']) expect(namesIn(await client.reply(id))).toEqual(["alpha__a"]);
  });

  test("is the same whatever order servers come up in", async () => {
    const names = ["d", "a", "c", "b"] as const;
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...names], { minLength: 4 }), async (order) => {
        const { client, servers } = await stage({
          servers: { d: held("x", "y"), a: held("x"), c: held("y"), b: held("z") },
        });
        for (const name of order) {
          servers[name].open();
          await until(
            () => (servers[name].peer === undefined ? undefined : servers[name].count("tools/list") > 0),
            () => `that ${name} is asked for its tools`,
          );
        }
        expect(await client.tools(1)).toEqual(["d__x", "d__y", "a__x", "c__y", "b__z"]);
      }),
      { numRuns: 24 },
    );
  });
});

describe("tools/list_changed", () => {
  test("is not sent to a client that has never asked for the list", async () => {
    const { client, servers, clock } = await stage({ servers: { alpha: { tools: ["a"] } } });
    servers.alpha.changeTools(["b"]);
    await clock.advance(5000);
    expect(client.peer.lines).toEqual([]);
  });

  test("of a server is passed on as one of ours, with the list already there", async () => {
    const { client, servers, clock } = await stage({ servers: { alpha: { tools: ["a"] }, beta: { tools: ["b"] } } });
    await client.tools(1);
    servers.alpha.changeTools(["a", "new"]);
    await clock.advance(1000);
    expect((await client.notification(listChanged)).text).toBe(`{"jsonrpc":"2.0","method":"${listChanged}"}`);
    expect(await client.tools(2)).toEqual(["alpha__a", "alpha__new", "beta__b"]);
  });

  test("of a server whose list is as it was is told to nobody", async () => {
    const { client, servers, clock } = await stage({ servers: { alpha: { tools: ["a"] } } });
    await client.tools(1);
    servers.alpha.changeTools(["a"]);
    await clock.advance(5000);
    expect(servers.alpha.count("tools/list")).toBe(2);
    expect(client.peer.left).toEqual([]);
  });

  test("of several servers within a moment is told once", async () => {
    const { client, servers, clock } = await stage({ servers: { alpha: { tools: ["a"] }, beta: { tools: ["b"] } } });
    await client.tools(1);
    servers.alpha.changeTools(["a2"]);
    servers.beta.changeTools(["b2"]);
    await clock.advance(5000);
    expect(client.count(listChanged)).toBe(1);
  });

  test("ten thousand times a second costs a server one list in two seconds, beyond the first few", async () => {
    const { servers, clock } = await stage({ servers: { alpha: { tools: ["a"] } } });
    for (let slice = 0; slice < 100; slice++) {
      for (let count = 0; count < 100; count++) servers.alpha.changeTools(["a"]);
      await clock.advance(100);
    }
    await clock.advance(5000);
    // At the start, soon after the first change, and each two seconds until after the last.
    expect(servers.alpha.count("tools/list")).toBe(1 + 4 + 4);
  });

  test("while a server is still starting is not lost", async () => {
    let lists = 0;
    const { client, clock } = await stage({
      servers: {
        alpha: {
          answers: {
            "tools/list": (_request, server) => {
              lists++;
              if (lists === 1) server.send(`{"jsonrpc":"2.0","method":"${listChanged}"}`);
              return `"result":{"tools":[${definition(lists === 1 ? "before" : "after")}]}`;
            },
          },
        },
      },
    });
    await clock.advance(1000);
    expect(await client.tools(1)).toEqual(["alpha__after"]);
  });
});

describe("a server whose new list cannot be had", () => {
  test("keeps the one it had, and the log says why", async () => {
    let lists = 0;
    const { client, servers, clock, published } = await stage({
      servers: {
        alpha: {
          answers: {
            "tools/list": () =>
              lists++ === 0 ? `"result":{"tools":[${definition("a")}]}` : '"error":{"code":-1,"message":"not now"}',
          },
        },
      },
    });
    servers.alpha.changeTools([]);
    await clock.advance(1000);
    expect(await client.tools(1)).toEqual(["alpha__a"]);
    expect(published.oddities).toEqual(["alpha: its tools could not be listed again: tools/list failed: not now (-1)"]);
  });

  test("because it never answers is asked again only after connectTimeoutMs, and nothing piles up", async () => {
    let lists = 0;
    const { client, servers, clock, downstreams } = await stage({
      servers: {
        alpha: {
          config: { connectTimeoutMs: 10_000 },
          answers: { "tools/list": () => (lists++ === 0 ? `"result":{"tools":[${definition("a")}]}` : undefined) },
        },
      },
    });
    for (let slice = 0; slice < 8; slice++) {
      servers.alpha.changeTools([]);
      await clock.advance(1000);
    }
    expect(servers.alpha.count("tools/list")).toBe(2);
    await clock.advance(30_000);
    expect(downstreams.alpha.openRequests).toBe(0);
    expect(await client.tools(1)).toEqual(["alpha__a"]);
  });

  test("in time does not undo a later one", async () => {
    let lists = 0;
    const late: (() => void)[] = [];
    const { client, servers, clock } = await stage({
      servers: {
        alpha: {
          answers: {
            "tools/list": (request, server) => {
              const reply = (name: string) => {
                server.send(`{"jsonrpc":"2.0","id":${request.json.id},"result":{"tools":[${definition(name)}]}}`);
              };
              lists++;
              if (lists === 2) late.push(() => reply("second"));
              else reply(lists === 1 ? "first" : "third");
              return undefined;
            },
          },
        },
      },
    });
    servers.alpha.changeTools([]);
    await clock.advance(1000);
    servers.alpha.changeTools([]);
    await clock.advance(1000);
    for (const reply of late) reply();
    await quiet();
    await clock.advance(1000);
    expect(await client.tools(1)).toEqual(["alpha__third"]);
  });
});

test("a list whose changes its server does not tell is asked for again when it holds no longer, and not before", async () => {
  const names = [["first"], ["second"]];
  const answers = {
    "tools/list": () => {
      const items = (names.shift() ?? ["third"]).map((name) => definition(name)).join(",");
      return `"result":{"resultType":"complete","tools":[${items}],"ttlMs":5000,"cacheScope":"public"}`;
    },
  };
  const { client, servers, clock } = await stage({
    servers: { alpha: { era: "modern", capabilities: { tools: {} }, answers } },
  });
  expect(await client.tools(1)).toEqual(["alpha__first"]);
  await clock.advance(4000);
  expect(await client.tools(2)).toEqual(["alpha__first"]);
  await clock.advance(2000);
  expect(servers.alpha.count("tools/list")).toBe(1);
  expect(await client.tools(3)).toEqual(["alpha__first"]);
  await clock.advance(2000);
  await client.notification(listChanged);
  expect(await client.tools(4)).toEqual(["alpha__second"]);
  expect(servers.alpha.count("tools/list")).toBe(2);
});
