import { describe, expect, test } from "vitest";
import { open } from "../support/cells.ts";
import { type OnStage, stage } from "../support/stage.ts";
import { quiet, until } from "../support/turns.ts";

const text = (said: string): string => `{"content":[{"type":"text","text":"${said}"}]}`;
const marked = (hints: object): object => ({ name: "do", inputSchema: { type: "object" }, annotations: hints });
const readOnly = { tools: [marked({ readOnlyHint: true })] };
const writing = { tools: ["do"] };

/** A server alone, and how it can be lost. */
async function alone(alpha: OnStage = writing) {
  const on = await stage({ servers: { alpha } });
  const { alpha: server } = on.servers;
  const { alpha: downstream } = on.downstreams;
  const crash = async (): Promise<void> => {
    server.crash();
    await quiet();
  };
  const untilReady = async (): Promise<void> => {
    await until(
      () => downstream.state.kind === "ready",
      () => `that it is ready; it is ${JSON.stringify(downstream.state)}`,
    );
  };
  return { ...on, server, downstream, crash, untilReady };
}

describe("a server that has crashed", () => {
  test("is started again after a pause, with its tools listed all the time", async () => {
    const { client, clock, downstream, crash } = await alone();
    await client.tools(1);
    await crash();
    expect(downstream.trouble).toBe("its output ended; next try in 1 s");
    expect(await client.tools(2)).toEqual(["alpha__do"]);
    await clock.advance(500);
    expect(downstream.state.kind).toBe("ready");
    await clock.advance(5000);
    expect(await client.tools(3)).toEqual(["alpha__do"]);
    expect(client.count("notifications/tools/list_changed")).toBe(0);
  });

  test("is started again at once by a call, which waits for it", async () => {
    const { client, server, crash } = await alone();
    await crash();
    client.call(1, "alpha__do");
    (await server.call()).result(text("again"));
    expect((await client.reply(1)).json.result.content[0].text).toBe("again");
  });

  test("offers what it lists now, and says so", async () => {
    const { client, clock, server, crash } = await alone();
    await client.tools(1);
    await crash();
    server.change("tools", ["do", "more"]);
    await clock.advance(2000);
    await client.notification("notifications/tools/list_changed");
    expect(await client.tools(2)).toEqual(["alpha__do", "alpha__more"]);
  });

  test("pauses longer each time it crashes at once, and as at first after it ran for a minute", async () => {
    const { clock, downstream, crash, untilReady } = await alone({ ...writing, config: { breakerFailures: 0 } });
    const pauses: number[] = [];
    const fall = async (): Promise<void> => {
      await crash();
      const { state } = downstream;
      pauses.push(
        state.kind === "down" && state.nextTryAt !== undefined ? Math.round(state.nextTryAt - clock.now()) : -1,
      );
      await clock.advance(30_000);
      await untilReady();
    };
    for (let n = 0; n < 4; n++) await fall();
    await clock.advance(60_000);
    await fall();
    // It was ready again for a part of what passed after each crash.
    expect(pauses).toEqual([500, 1000, 2000, 4000, 500]);
  });

  test("is told the log level again, and of which resources it is to tell", async () => {
    for (const cell of ["LL", "MM"] as const) {
      const resources = {
        tools: ["do"],
        resources: ["file:///a"],
        capabilities: { logging: {}, resources: { subscribe: true } },
      };
      const { client, servers, downstreams, clock } = await open(cell, { alpha: resources });
      if (cell === "LL") {
        await client.ask("logging/setLevel", '{"level":"warning"}');
        await client.ask("resources/subscribe", '{"uri":"file:///a"}');
      } else await client.listen(1, { resourceSubscriptions: ["file:///a"] });
      expect(servers.alpha.subscriptions("file:///a")).toBe(1);
      servers.alpha.crash();
      await quiet();
      await clock.advance(500);
      expect(downstreams.alpha.state.kind).toBe("ready");
      await quiet();
      expect(servers.alpha.subscriptions("file:///a")).toBe(1);
      if (cell === "LL") expect(servers.alpha.count("logging/setLevel")).toBe(1);
      servers.alpha.send(updated(servers.alpha.listens));
      await client.notification("notifications/resources/updated");
    }
  });

  test("is not told of resources that nobody wants to hear of any more", async () => {
    const resources = { resources: ["file:///a"], capabilities: { resources: { subscribe: true } } };
    const { client, servers, clock } = await open("LL", { alpha: resources });
    await client.ask("resources/subscribe", '{"uri":"file:///a"}');
    servers.alpha.crash();
    await quiet();
    await client.ask("resources/unsubscribe", '{"uri":"file:///a"}');
    await clock.advance(500);
    await quiet();
    expect(servers.alpha.count("resources/subscribe")).toBe(0);
  });

  test("is not started again with restartMaxMs 0", async () => {
    const { client, clock, downstream, crash } = await alone({ ...writing, config: { restartMaxMs: 0 } });
    await crash();
    await clock.advance(100_000);
    client.call(1, "alpha__do");
    expect((await client.failure(1)).text).toBe("alpha: its output ended. The call did not run.");
    expect(downstream.state.kind).toBe("down");
  });

  test("is not started again when it was stopped meanwhile", async () => {
    const { clock, server, downstream, crash } = await alone();
    await crash();
    const { peer } = server;
    await downstream.stop();
    await clock.advance(100_000);
    expect(server.peer).toBe(peer);
    expect(downstream.state.kind).toBe("down");
    expect(clock.timers()).toBe(0);
  });
});

describe("a call at a server that crashes", () => {
  test("fails where it was sent, because it may have run", async () => {
    const { client, server, clock, crash } = await alone();
    client.call(1, "alpha__do");
    await server.call();
    await crash();
    expect(await client.failure(1)).toEqual({
      text: "alpha: the connection was lost: its output ended. The call may have run.",
      mark: { origin: "tutti", server: "alpha", code: "connection_lost", mayHaveRun: true },
    });
    await clock.advance(5000);
    expect(server.calls.length).toBe(1);
  });

  test("runs at the next one where it was not sent", async () => {
    const { client, server, crash } = await alone({ ...writing, config: { maxConcurrentCalls: 1 } });
    for (let n = 0; n < 4; n++) client.call(n, "alpha__do");
    await server.call();
    await crash();
    expect((await client.failure(0)).mark).toMatchObject({ code: "connection_lost" });
    for (const n of [1, 2, 3]) {
      (await server.call()).result(text(`${n}`));
      expect((await client.reply(n)).json.result.content[0].text).toBe(`${n}`);
    }
  });

  for (const [by, tools, config] of [
    ["its server says that it reads only", [marked({ readOnlyHint: true })], undefined],
    ["its server says that twice is as once", [marked({ idempotentHint: true })], undefined],
    ["the operator says so", ["do"], [["d*", { readOnlyHint: true }]] as const],
  ] as const) {
    test(`is sent once more where ${by}`, async () => {
      const { client, server, crash } = await alone({
        tools,
        config: config === undefined ? {} : { tools: { annotations: config } },
      });
      client.call(1, "alpha__do");
      await server.call();
      await crash();
      (await server.call()).result(text("twice"));
      expect((await client.reply(1)).json.result.content[0].text).toBe("twice");
    });
  }

  test("is not sent once more where the operator says that it writes", async () => {
    const tools = { annotations: [["do", { readOnlyHint: false }]] as const };
    const { client, server, crash } = await alone({ ...readOnly, config: { tools } });
    client.call(1, "alpha__do");
    await server.call();
    await crash();
    expect((await client.failure(1)).mark).toMatchObject({ code: "connection_lost", mayHaveRun: true });
  });

  test("is sent twice and no more", async () => {
    const { client, server, crash } = await alone(readOnly);
    client.call(1, "alpha__do");
    await server.call();
    await crash();
    await server.call();
    await crash();
    expect((await client.failure(1)).mark).toMatchObject({ code: "connection_lost", mayHaveRun: true });
    expect(server.calls.length).toBe(2);
  });

  test("is not sent once more where its client was told how far it is", async () => {
    const { client, server, crash } = await alone(readOnly);
    client.callWithProgress(1, "alpha__do", "1");
    (await server.call()).progress(',"progress":1');
    await quiet();
    await crash();
    expect((await client.failure(1)).mark).toMatchObject({ code: "connection_lost", mayHaveRun: true });
    expect(server.calls.length).toBe(1);
  });

  test("is sent once more of one in ten at most", async () => {
    const { client, server, crash } = await alone(readOnly);
    for (let n = 0; n < 30; n++) client.call(n, "alpha__do");
    for (let n = 0; n < 30; n++) await server.call();
    await crash();
    await until(
      () => server.calls.length > 30,
      () => "a call that comes again",
    );
    await quiet();
    // One is free, and thirty make three.
    expect(server.calls.length).toBe(34);
  });

  test("says that it may have run where it was lost once and the server does not start again", async () => {
    const fails: { now: boolean } = { now: false };
    const leave = (_: unknown, server: { crash(): void }): undefined => {
      if (fails.now) server.crash();
      return undefined;
    };
    const answers = { "tools/list": (_: unknown, self: { crash(): void }) => (fails.now ? leave(_, self) : listed) };
    const { client, server, clock, crash } = await alone({ ...readOnly, answers });
    client.call(1, "alpha__do");
    await server.call();
    fails.now = true;
    await crash();
    await clock.advance(3000);
    const { text: said, mark } = await client.failure(1);
    expect(mark).toMatchObject({ code: "connection_lost", mayHaveRun: true });
    expect(said).toContain("it was not sent again");
  });
});

const listed = `"result":{"tools":[${JSON.stringify(marked({ readOnlyHint: true }))}]}`;

/** That `file:///a` has changed, on the stream that is open where there is one. */
function updated(listens: ReadonlyMap<string, unknown>): string {
  const [stream] = [...listens.keys()];
  const meta = stream === undefined ? "" : `,"_meta":{"io.modelcontextprotocol/subscriptionId":${stream}}`;
  return `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"file:///a"${meta}}}`;
}
