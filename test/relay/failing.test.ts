import { describe, expect, test } from "vitest";
import { type OnStage, stage } from "../support/stage.ts";
import { quiet } from "../support/turns.ts";

const done = '{"content":[{"type":"text","text":"done"}]}';
const tools = ["do"];

async function alone(alpha: OnStage) {
  const on = await stage({ servers: { alpha: { tools, ...alpha } } });
  return { ...on, server: on.servers.alpha, downstream: on.downstreams.alpha };
}

type Alone = Awaited<ReturnType<typeof alone>>;

/** What becomes of a call that its server answers with a crash. */
async function crashingCall({ client, server }: Alone, id: number): Promise<unknown> {
  client.call(id, "alpha__do");
  await server.call();
  server.crash();
  return (await client.failure(id)).mark;
}

describe("a server that does not start", () => {
  test("is tried again in the background, and joins when it can", async () => {
    let isBroken = true;
    const refuse = (): string | undefined => (isBroken ? '"error":{"code":-32603,"message":"no database"}' : listed);
    const { client, clock, downstreams } = await stage({
      servers: { alpha: { tools, answers: { "tools/list": refuse } }, beta: { tools } },
    });
    expect(await client.tools(1)).toEqual(["beta__do"]);
    expect(downstreams.alpha.trouble).toBe("tools/list failed: no database (-32603); next try in 1 s");
    await clock.advance(2000);
    expect(await client.tools(2)).toEqual(["beta__do"]);
    isBroken = false;
    await clock.advance(5000);
    await client.notification("notifications/tools/list_changed");
    expect(await client.tools(3)).toEqual(["alpha__do", "beta__do"]);
  });

  test("is tried again at once by a call, which says why where that fails", async () => {
    let tries = 0;
    const refuse = (): string => {
      tries++;
      return '"error":{"code":-32603,"message":"no database"}';
    };
    const { client } = await alone({ answers: { "tools/list": refuse } });
    client.call(1, "alpha__do");
    expect(await client.failure(1)).toEqual({
      text: "alpha: tools/list failed: no database (-32603). The call did not run.",
      mark: { origin: "tutti", server: "alpha", code: "unavailable", mayHaveRun: false },
    });
    expect(tries).toBe(2);
  });

  test("is not tried for each of many calls: after five failures they are refused for a while", async () => {
    let tries = 0;
    const refuse = (): string => {
      tries++;
      return '"error":{"code":-32603,"message":"no database"}';
    };
    const { client } = await alone({ answers: { "tools/list": refuse } });
    for (let id = 0; id < 20; id++) {
      client.call(id, "alpha__do");
      expect((await client.failure(id)).mark).toMatchObject({ code: "unavailable", mayHaveRun: false });
    }
    expect(tries).toBe(5);
    client.call(20, "alpha__do");
    const why = "5 failures in a row (the last: tools/list failed: no database (-32603))";
    const { text } = await client.failure(20);
    expect(text).toBe(`alpha: not used for 1 s now, after ${why}; next try in 5 s. The call did not run.`);
  });
});

describe("a server that crashes under every call", () => {
  const config = { restartMinMs: 100 };

  test("gets no more of them after five, and its tools stay listed", async () => {
    const on = await alone({ config });
    for (let id = 1; id <= 5; id++) expect(await crashingCall(on, id)).toMatchObject({ code: "connection_lost" });
    const { client, server } = on;
    client.call(6, "alpha__do");
    const { text, mark } = await client.failure(6);
    expect(mark).toMatchObject({ code: "unavailable", mayHaveRun: false });
    expect(text).toMatch(
      /^alpha: not used for 1 s now, after 5 failures in a row \(the last: the connection was lost: its output ended\); next try in 5 s\. /,
    );
    expect(server.calls.length).toBe(5);
    expect(await client.tools(7)).toEqual(["alpha__do"]);
  });

  test("gets one that tries after a pause, and all again once that has a reply", async () => {
    const on = await alone({ config });
    for (let id = 1; id <= 5; id++) await crashingCall(on, id);
    const { client, server, clock, downstream } = on;
    await clock.advance(5000);
    client.call(10, "alpha__do");
    client.call(11, "alpha__do");
    const trying = await server.call();
    await client.ping();
    expect(server.calls.length).toBe(6);
    trying.result(done);
    await client.reply(10);
    // What came meanwhile has waited for that.
    (await server.call()).result(done);
    await client.reply(11);
    expect(downstream.trouble).toBe(undefined);
    client.call(12, "alpha__do");
    client.call(13, "alpha__do");
    (await server.call()).result(done);
    (await server.call()).result(done);
    await client.reply(12);
    await client.reply(13);
  });

  test("gets none of those that waited for one that tries and fails: they are refused at once", async () => {
    const on = await alone({ config });
    for (let id = 1; id <= 5; id++) await crashingCall(on, id);
    const { client, server, clock } = on;
    await clock.advance(5000);
    for (let id = 10; id < 20; id++) client.call(id, "alpha__do");
    client.cancel(19);
    await server.call();
    server.crash();
    expect((await client.failure(10)).mark).toMatchObject({ code: "connection_lost", mayHaveRun: true });
    for (let id = 11; id < 19; id++) {
      const { text, mark } = await client.failure(id);
      expect(mark).toMatchObject({ code: "unavailable", mayHaveRun: false });
      expect(text).toContain("next try in 10 s");
    }
    await client.ping();
    expect([server.calls.length, client.peer.left]).toEqual([6, []]);
  });

  test("is waited for while one tries it, no longer than a call lives", async () => {
    const on = await alone({ config: { ...config, callTimeoutMs: 4000 } });
    for (let id = 1; id <= 5; id++) await crashingCall(on, id);
    const { client, server, clock } = on;
    await clock.advance(5000);
    client.callWithProgress(10, "alpha__do", 1);
    const trying = await server.call();
    client.call(11, "alpha__do");
    await clock.advance(3000);
    trying.progress(',"progress":1');
    await quiet();
    await clock.advance(2000);
    const { text, mark } = await client.failure(11);
    expect(mark).toMatchObject({ code: "unavailable", mayHaveRun: false });
    expect(text).toContain("one call tries it now");
    trying.result(done);
    await client.reply(10);
    client.call(12, "alpha__do");
    (await server.call()).result(done);
    await client.reply(12);
  });

  test("gets one that tries later and later while those fail", async () => {
    const on = await alone({ config });
    for (let id = 1; id <= 5; id++) await crashingCall(on, id);
    const { client, clock } = on;
    await clock.advance(5000);
    expect(await crashingCall(on, 6)).toMatchObject({ code: "connection_lost" });
    client.call(7, "alpha__do");
    expect((await client.failure(7)).text).toContain("next try in 10 s");
    await clock.advance(9900);
    client.call(8, "alpha__do");
    expect((await client.failure(8)).mark).toMatchObject({ code: "unavailable" });
    await clock.advance(200);
    expect(await crashingCall(on, 9)).toMatchObject({ code: "connection_lost" });
  });

  test("gets another that tries where the one before was taken back", async () => {
    const on = await alone({ config });
    for (let id = 1; id <= 5; id++) await crashingCall(on, id);
    const { client, server, clock } = on;
    await clock.advance(5000);
    client.call(10, "alpha__do");
    await server.call();
    client.cancel(10);
    client.call(11, "alpha__do");
    (await server.call()).result(done);
    await client.reply(11);
  });

  test("gets one that tries, not beside it one whose start failed when that tried", async () => {
    let isBroken = false;
    const answers = {
      "tools/list": () => (isBroken ? '"error":{"code":-32603,"message":"no database"}' : listed),
    };
    const on = await alone({ answers, config: { restartMinMs: 500, breakerFailures: 1, breakerPauseMs: 100 } });
    await crashingCall(on, 1);
    const { client, server, clock } = on;
    await clock.advance(100);
    isBroken = true;
    client.call(2, "alpha__do");
    expect((await client.failure(2)).text).toContain("after 2 failures in a row (the last: tools/list failed");
    await clock.advance(200);
    isBroken = false;
    client.call(3, "alpha__do");
    (await server.call()).result(done);
    await client.reply(3);
    expect(server.calls.length).toBe(2);
  });

  test("gets one that tries at a time, though one that tried before ends meanwhile", async () => {
    const { client, server, clock, downstream } = await alone({ config: { breakerFailures: 1 } });
    const spoil = ({ id }: { id: string }): void => server.send(`{"jsonrpc":"2.0","id":${id},"result":{oops}}`);
    for (const id of [1, 2]) client.call(id, "alpha__do");
    const slow = await server.call();
    spoil(await server.call());
    await client.failure(2);
    await clock.advance(5000);
    client.call(3, "alpha__do");
    await server.call();
    slow.result(done);
    await client.reply(1);
    client.call(4, "alpha__do");
    spoil(await server.call());
    await client.failure(4);
    await clock.advance(5000);
    client.call(5, "alpha__do");
    const trying = await server.call();
    client.call(6, "alpha__do");
    client.cancel(3);
    await client.ping();
    expect(downstream.trouble).toContain("one call tries it now");
    expect(server.calls.length).toBe(5);
    trying.result(done);
    await client.reply(5);
    (await server.call()).result(done);
    await client.reply(6);
  });

  test("is not spared where fifty calls were under way in one crash", async () => {
    const { client, server } = await alone({ config });
    for (let id = 0; id < 50; id++) client.call(id, "alpha__do");
    for (let id = 0; id < 50; id++) await server.call();
    server.crash();
    for (let id = 0; id < 50; id++) await client.failure(id);
    client.call(51, "alpha__do");
    (await server.call()).result(done);
    await client.reply(51);
  });
});

describe("a server that says nothing", () => {
  const config = { callTimeoutMs: 1000 };

  test("is asked whether it is there when a call had no reply; one that answers is left alone", async () => {
    const { client, server, clock, downstream } = await alone({ config });
    client.call(1, "alpha__do");
    await server.call();
    await clock.advance(1000);
    expect((await client.failure(1)).mark).toMatchObject({ code: "timed_out" });
    await clock.advance(1_000_000);
    expect(server.count("ping")).toBe(1);
    expect(downstream.state.kind).toBe("ready");
    expect(downstream.trouble).toBe(undefined);
  });

  test("is not used until something is heard of it, and is not ended for that", async () => {
    const { client, server, clock, downstream } = await alone({ config, answers: { ping: () => undefined } });
    const { peer } = server;
    client.call(1, "alpha__do");
    await server.call();
    await clock.advance(12_000);
    client.call(2, "alpha__do");
    expect((await client.failure(2)).text).toContain("after a call had no reply, and a ping no answer");
    await clock.advance(200_000);
    server.send('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"sorry"}}');
    await quiet();
    expect(downstream.trouble).toBe(undefined);
    client.call(3, "alpha__do");
    (await server.call()).result(done);
    await client.reply(3);
    expect(server.peer).toBe(peer);
  });

  test("is ended and started again when that lasts for minutes", async () => {
    const { server, client, clock, downstream } = await alone({ config, answers: { ping: () => undefined } });
    const { peer } = server;
    client.call(1, "alpha__do");
    await server.call();
    await clock.advance(312_000);
    expect(server.peer).not.toBe(peer);
    expect(downstream.state.kind).toBe("ready");
  });
});

const listed = '"result":{"tools":[{"name":"do","inputSchema":{"type":"object"}}]}';
