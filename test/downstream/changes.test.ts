import { expect, test } from "vitest";
import { grantedOf, onListen } from "../support/listening.ts";
import { quiet } from "../support/turns.ts";
import { startAlone } from "./alone.ts";

const resources = { subscribe: true, listChanged: true };
const listen = "subscriptions/listen";
const acknowledged = "notifications/subscriptions/acknowledged";

/** What came of it, when nothing moves any more. */
async function outcomes(promises: readonly Promise<unknown>[]): Promise<string[]> {
  const found = promises.map(() => "waits");
  for (const [index, promise] of promises.entries()) {
    void promise.then(
      () => {
        found[index] = "granted";
      },
      (cause: Error) => {
        found[index] = cause.message;
      },
    );
  }
  await quiet();
  return [...found];
}

test("what a stream does not bring yet is not refused when that stream is acknowledged", async () => {
  const script = { era: "modern", resources: ["a://1"], answers: { [listen]: () => undefined } } as const;
  const { downstream, server, started } = startAlone(script);
  await started;
  const first = await server.line(listen);
  // Before the answer is read the wish is there.
  server.send(onListen(String(first.json.id), acknowledged, '{"notifications":{"toolsListChanged":true}}'));
  const wished = downstream.subscribe("a://1");
  expect(await outcomes([wished])).toEqual(["waits"]);
  const second = await server.line(listen);
  expect(second.json.params.notifications.resourceSubscriptions).toEqual(["a://1"]);
  const granted = JSON.stringify({ notifications: second.json.params.notifications });
  server.send(onListen(String(second.json.id), acknowledged, granted));
  expect(await outcomes([wished])).toEqual(["granted"]);
});

test("a wish made while a stream is being ended by its server is kept for the next one", async () => {
  const { downstream, server, started } = startAlone({ era: "modern", resources: ["a://1"] });
  await started;
  await quiet();
  server.endListens();
  const wished = downstream.subscribe("a://1");
  expect(await outcomes([wished])).toEqual(["granted"]);
  expect(server.subscriptions("a://1")).toBe(1);
});

test("a server that never acknowledges a wish is not waited for without end", async () => {
  const script = { era: "modern", resources: ["a://1"], answers: { [listen]: () => undefined } } as const;
  const { downstream, clock, started } = startAlone(script);
  await started;
  const wished = downstream.subscribe("a://1");
  const early = await outcomes([wished]);
  await clock.advance(30_000);
  expect([...early, ...(await outcomes([wished]))]).toEqual([
    "waits",
    "the server did not acknowledge it within 30 s (connectTimeoutMs)",
  ]);
});

test("a server that refuses a stream because of one resource goes on telling of the others", async () => {
  const { downstream, server, started } = startAlone({
    era: "modern",
    resources: ["a://1"],
    answers: {
      [listen]: ({ json: { id, params } }, it) => {
        if (params.notifications.resourceSubscriptions.includes("a://bad")) {
          return '"error":{"code":-32602,"message":"no such resource"}';
        }
        const granted = grantedOf(params.notifications, { tools: { listChanged: true }, resources });
        it.listens.set(JSON.stringify(id), granted);
        it.send(onListen(JSON.stringify(id), acknowledged, JSON.stringify({ notifications: granted })));
        return undefined;
      },
    },
  });
  await started;
  await downstream.subscribe("a://1");
  expect(await outcomes([downstream.subscribe("a://bad")])).toEqual([
    "it does not tell what changes: no such resource",
  ]);
  expect(server.subscriptions("a://1")).toBe(1);
  expect(server.listens.size).toBe(1);
  expect(server.count(listen)).toBe(4);
});

test("a server that refuses every stream is not asked again and again", async () => {
  const refuse = (): string => '"error":{"code":-32601,"message":"Method not found"}';
  const { downstream, server, clock, started } = startAlone({ era: "modern", answers: { [listen]: refuse } });
  await started;
  expect(await outcomes([downstream.subscribe("a://1")])).toEqual(["it does not tell what changes: Method not found"]);
  await clock.advance(60_000);
  expect(server.count(listen)).toBeLessThan(4);
});

test("a server that ends its stream at once is asked again every five seconds and no more often", async () => {
  const end = (): string => '"result":{"resultType":"complete"}';
  const { server, clock, started } = startAlone({ era: "modern", answers: { [listen]: end } });
  await started;
  await clock.advance(60_000);
  expect(server.count(listen)).toBe(13);
});

test("nothing more is sent when the server is gone, and who waits is told", async () => {
  const script = { era: "modern", resources: ["a://1"], answers: { [listen]: () => undefined } } as const;
  const { downstream, server, clock, started } = startAlone(script);
  await started;
  const wished = downstream.subscribe("a://1");
  server.crash();
  expect(await outcomes([wished])).toEqual(["the server is gone"]);
  const told = server.heard.length;
  await clock.advance(60_000);
  expect(server.heard.length).toBe(told);
  expect(clock.timers()).toBe(0);
});

test("a server that refused a subscription is not told to end it", async () => {
  const refuse = (): string => '"error":{"code":-32602,"message":"no such resource"}';
  const { downstream, server, started } = startAlone({
    resources: ["a://1"],
    answers: { "resources/subscribe": refuse },
  });
  await started;
  await downstream.subscribe("a://2");
  await downstream.unsubscribe("a://2");
  expect(server.count("resources/unsubscribe")).toBe(0);
});

test("a stream for which there is no room is opened when there is", async () => {
  const { downstream, server, clock, started } = startAlone(
    { era: "modern", resources: ["a://1"] },
    { config: { maxConcurrentCalls: 1, maxQueuedCalls: 100_000 } },
  );
  await started;
  await quiet();
  server.endListens();
  await quiet();
  const nothing = (): void => {};
  const waiting = {
    arrivedAt: 0,
    client: {},
    bytes: 0,
    encode: (id: number) => lineOf(id),
    reply: nothing,
    progress: nothing,
    fail: nothing,
  };
  const calls = Array.from({ length: 65_535 }, () => downstream.send(waiting));
  void downstream.request("other/thing", "").catch(() => {});
  await clock.advance(6000);
  expect(server.listens.size).toBe(0);
  for (const call of calls) call?.cancel(lineOf);
  await clock.advance(6000);
  expect(server.listens.size).toBe(1);
});

function lineOf(id: number): string {
  return `{"jsonrpc":"2.0","method":"notifications/x${id}"}`;
}
