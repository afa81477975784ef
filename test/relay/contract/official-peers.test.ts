import { describe, expect, test } from "vitest";
import { patient } from "../../e2e/support/until.ts";
import { type Cell, hasWay } from "../../requirements/requirement.ts";
import { way } from "../../requirements/ways.ts";
import { someCells } from "../../requirements.ts";
import { connected } from "../../support/cells.ts";
import type { FakeClock } from "../../support/clock.ts";
import type { FakeClient } from "../../support/fake-client.ts";
import { type OfficialClient, officialClientV1, officialClientV2 } from "../../support/official-clients.ts";
import { type OfficialServer, officialServerV1, officialServerV2 } from "../../support/official-servers.ts";

const uris = ["alpha:///it", "beta:///it"] as const;

type Pair = {
  readonly cell: Cell;
  readonly what: string;
  readonly client: (place: FakeClient) => Promise<OfficialClient>;
  readonly server: (uri: string) => OfficialServer;
};

const v1 = { client: officialClientV1, server: officialServerV1 };
const dual = (uri: string) => officialServerV2(uri, "serve");
const strict = (uri: string) => officialServerV2(uri, "reject");
const auto = (place: FakeClient) => officialClientV2(place, "auto");
const older = (place: FakeClient) => officialClientV2(place, "legacy");

const pairs: readonly Pair[] = [
  { cell: "LL", what: "SDK v1 and v1", ...v1 },
  { cell: "LL", what: "SDK v2 as of old and v1", client: older, server: v1.server },
  { cell: "LM", what: "SDK v1 and v2", client: v1.client, server: strict },
  { cell: "LM", what: "SDK v1 and v2 that knows both", client: v1.client, server: dual },
  { cell: "LM", what: "SDK v2 as of old and v2", client: older, server: strict },
  { cell: "ML", what: "SDK v2 and v1", client: auto, server: v1.server },
  { cell: "MM", what: "SDK v2 and v2", client: auto, server: strict },
  { cell: "MM", what: "SDK v2 and v2 that knows both", client: auto, server: dual },
];

const isWithoutSockets = way.clients === "stdio" && way.servers === "stdio";
/** How much faster time passes than it does: what goes over sockets takes its own. */
const hurry = 10;
/** In one turn no more passes, however long that took: on a busy machine nothing would be in time. */
const mostMsPerTurn = 20;

/** Waits while time passes by itself: what the SDKs do is not seen by the clock. */
async function timePasses<T>(clock: FakeClock, waited: Promise<T>): Promise<T> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  waited.then(over, over);
  for (let before = performance.now(); !isOver; ) {
    const now = performance.now();
    await clock.advance(isWithoutSockets ? 2 : Math.min((now - before) * hurry, mostMsPerTurn));
    before = now;
  }
  return await waited;
}

async function meet({ client, server }: Pair) {
  const servers = [server(uris[0]), server(uris[1])] as const;
  const on = await connected({ servers: { alpha: servers[0].onStage, beta: servers[1].onStage }, isReady: false });
  const pass = <T>(waited: Promise<T>) => timePasses(on.clock, waited);
  const official = await pass(client(on.client));
  expect(await pass(official.tools())).toHaveLength(8);
  const until = (isSo: () => boolean) => pass(expect.poll(isSo, { ...patient, interval: 1 }).toBe(true));
  return { client: official, servers, pass, until, relay: on.relay };
}

const eight = ["alpha", "beta"].flatMap((name) => [1, 2, 3, 4].map((n) => ({ name, n, about: `${name} ${n}` })));

for (const pair of pairs.filter(({ cell }) => hasWay(cell, way))) {
  describe(`${pair.cell}: ${pair.what}`, () => {
    test("eight calls at once ask for a form, a model and roots, and each gets its own answers", async () => {
      const { client, pass, relay } = await meet(pair);
      const results = await pass(
        Promise.all(eight.map(({ name, n, about }) => client.call(`${name}__ask`, { n, about }))),
      );
      for (const [index, result] of results.entries()) {
        const { name, about } = eight[index] as (typeof eight)[number];
        expect(result).toEqual({
          form: { action: "accept", content: { heard: `${name}: ${about}` } },
          model: { type: "text", text: about },
          roots: [{ uri: "file:///home", name: "home" }],
        });
      }
      expect(relay.held).toBe(0);
    });

    test("eight calls at once report progress, and each is told all of its own, in order", async () => {
      const { client, pass } = await meet(pair);
      const counted = eight.map(async ({ name, about }) => {
        const heard: unknown[] = [];
        const onprogress = ({ message }: { readonly message?: string | undefined }) => void heard.push(message);
        await client.call(`${name}__count`, { n: 20, about }, { onprogress });
        return heard;
      });
      for (const [index, heard] of (await pass(Promise.all(counted))).entries()) {
        expect(heard).toEqual(Array.from({ length: 20 }, (_, at) => `${eight[index]?.about} ${at + 1}`));
      }
    });

    test("calls that are cancelled are cancelled at their server, and no other", async () => {
      const { client, servers, pass, until } = await meet(pair);
      const running = eight.map(({ name, n, about }) => {
        const aborter = new AbortController();
        const over = client
          .call(`${name}__hang`, { n, about }, { signal: aborter.signal })
          .catch((cause) => String(cause));
        return { aborter, over };
      });
      await until(() => servers.every(({ hanging }) => hanging.size === 4));
      for (const index of [1, 6]) running[index]?.aborter.abort("enough");
      expect(await pass(running[1]?.over ?? Promise.reject())).toContain("enough");
      await until(() => servers.every(({ aborted }) => aborted.length === 1));
      expect(servers.map(({ aborted }) => aborted)).toEqual([[2], [3]]);
      for (const { aborter } of running) aborter.abort("over");
      await until(() => servers.every(({ hanging }) => hanging.size === 0));
    });

    test("a new tool, a changed resource and a line for the log reach the client", async () => {
      const { client, servers, pass, until } = await meet(pair);
      for (const uri of uris) await pass(client.watch(uri));
      await pass(client.wantLogs());
      for (const { name, n, about } of eight) await pass(client.call(`${name}__log`, { n, about }));
      await until(() => client.told.logs.length === 8);
      expect(client.told.logs).toMatchObject(eight.map(({ about }) => ({ level: "info", data: { about } })));
      for (const [index, { logger }] of (client.told.logs as { logger?: string }[]).entries()) {
        expect(logger).toContain(eight[index]?.name);
      }
      await pass(Promise.all(servers.map(({ touch }) => touch())));
      await until(() => client.told.updates.length >= 2);
      expect(client.told.updates.toSorted()).toEqual([...uris]);
      await pass(Promise.all(servers.map(({ grow }) => grow())));
      await until(() => client.told.lists > 0);
      const tools = await pass(client.tools());
      expect(tools.filter((name) => name.endsWith("more"))).toEqual(["alpha__more", "beta__more"]);
    });
  });
}

describe("official peers, one after another", () => {
  someCells("load.two-servers", ["LL", "LM", "ML", "MM"], async (cell) => {
    const { client, pass } = await meet(pairs.find((pair) => pair.cell === cell) as Pair);
    for (let round = 0; round < 3; round++) {
      for (const { name, n, about } of eight) {
        expect(await pass(client.call(`${name}__ask`, { n, about }))).toMatchObject({ model: { text: about } });
      }
    }
  });
});
