import { expect, test } from "vitest";
import type { Identity } from "../../src/downstream/handshake.ts";
import { quiet } from "../support/turns.ts";
import { startAlone } from "./alone.ts";

const never = (): Promise<Identity> => new Promise(() => {});
const leave = (_: unknown, server: { crash(): void }): undefined => {
  server.crash();
};

test("a link that opens when the time for the start has passed is stopped", async () => {
  const { downstream, server, clock, links } = startAlone({ isHeld: true }, { config: { restartMaxMs: 0 } });
  await clock.advance(31_000);
  expect(downstream.state).toMatchObject({ kind: "down", reason: expect.stringContaining("connectTimeoutMs") });
  server.open();
  await quiet();
  expect(links).toEqual({ opened: 1, stopped: 1 });
});

test("a link that opens when the server was stopped is stopped", async () => {
  const { downstream, server, links } = startAlone({ isHeld: true });
  await quiet();
  await downstream.stop();
  server.open();
  await quiet();
  expect(links).toEqual({ opened: 1, stopped: 1 });
});

test("a server that left on the probe is not started again when it was stopped meanwhile", async () => {
  const { downstream, clock, links, started } = startAlone({ answers: { "server/discover": leave } }, { stopMs: 1000 });
  await quiet();
  expect(links).toEqual({ opened: 1, stopped: 1 });
  void downstream.stop();
  await clock.advance(1500);
  await started;
  expect(links.opened).toBe(1);
});

test("what waits for a server is sent to the one that was started anew", async () => {
  const { downstream, server, links } = startAlone({ answers: { "server/discover": leave } });
  const failed: string[] = [];
  const nothing = (): void => {};
  downstream.send({
    arrivedAt: 0,
    client: {},
    bytes: 0,
    encode: (id) => `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"do"}}`,
    reply: nothing,
    progress: nothing,
    fail: ({ message }) => void failed.push(message),
  });
  await server.call("do");
  expect({ failed, links }).toEqual({ failed: [], links: { opened: 2, stopped: 1 } });
});

test("the time in which no client is there is not the server's", async () => {
  let arrive = (_: Identity): void => {};
  const arrival = new Promise<Identity>((resolve) => {
    arrive = resolve;
  });
  const { downstream, clock, started } = startAlone({}, { who: () => arrival });
  await clock.advance(3_600_000);
  expect(downstream.state.kind).toBe("starting");
  arrive({ capabilities: "{}", info: '{"name":"x","version":"1"}' });
  await started;
  expect(downstream.state.kind).toBe("ready");
});

test("stop ends a server that waits for a client which never comes", async () => {
  const { downstream, clock, links } = startAlone({}, { who: never });
  await quiet();
  await downstream.stop();
  await clock.advance(60_000);
  expect(downstream.state).toEqual({ kind: "down", reason: "tutti is stopping", isFailure: false });
  expect(links).toEqual({ opened: 1, stopped: 1 });
});

test("what a server is, is remembered before a client is there", async () => {
  const { verdicts } = startAlone({ era: "modern" }, { who: never });
  await quiet();
  expect(verdicts).toEqual(["modern"]);
});

test("what a server is, is not forgotten when tutti is stopped before it has answered", async () => {
  const { downstream, verdicts, started } = startAlone(
    { answers: { initialize: () => undefined } },
    { known: "legacy" },
  );
  await quiet();
  await downstream.stop();
  await started;
  expect(verdicts).toEqual([]);
});

test("what a server is, is not forgotten when it does not answer in time", async () => {
  const silent = { initialize: () => undefined, "server/discover": () => undefined };
  const { downstream, clock, verdicts, started } = startAlone(
    { answers: silent },
    { known: "legacy", config: { restartMaxMs: 0 } },
  );
  await clock.advance(60_000);
  await started;
  expect(downstream.state).toMatchObject({ kind: "down", reason: expect.stringContaining("within 30 s") });
  expect(verdicts).toEqual([]);
});

test("what a server is, is not forgotten when its tools cannot be listed", async () => {
  const refuse = (): string => '"error":{"code":-32603,"message":"no database"}';
  const { verdicts, started } = startAlone({ answers: { "tools/list": refuse } }, { known: "legacy" });
  await started;
  expect(verdicts).toEqual(["legacy"]);
});

test("what a server is, is not forgotten when it cannot be started", async () => {
  const { verdicts, started } = startAlone({ fails: "no such command" }, { known: "legacy" });
  await started;
  expect(verdicts).toEqual([]);
});

test("what a server is, is forgotten when it leaves on the handshake that it is known for", async () => {
  const { verdicts, started } = startAlone({ answers: { initialize: leave } }, { known: "legacy" });
  await started;
  expect(verdicts).toEqual(["forgotten"]);
});

test("a server that does not answer any more as it is known to do is asked what it is, in the same start", async () => {
  const { downstream, clock, verdicts } = startAlone(
    { era: "modern", answers: { initialize: () => undefined } },
    { known: "legacy" },
  );
  await clock.advance(30_000);
  expect(downstream.state.kind).toBe("ready");
  expect(verdicts).toEqual(["modern"]);
});

test("nothing odd is told of a server that answers the probe when it has waited for nobody any more", async () => {
  const { downstream, server, clock, oddities } = startAlone({ answers: { "server/discover": () => undefined } });
  await clock.advance(4000);
  server.send('{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}');
  await quiet();
  expect(downstream.state.kind).toBe("ready");
  expect(oddities).toEqual([]);
});

test("a server that was stopped keeps no timer, though its link closes a little later", async () => {
  const { downstream, clock, started } = startAlone({});
  await started;
  const answer = downstream.request("odd/request", "").catch((cause: Error) => cause.message);
  await downstream.stop();
  expect(await answer).toMatch(/closed/);
  expect([downstream.openRequests, clock.timers()]).toEqual([0, 0]);
});
