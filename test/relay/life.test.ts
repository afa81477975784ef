import { describe, expect, test } from "vitest";
import { type OnStage, stage } from "../support/stage.ts";
import { quiet, until } from "../support/turns.ts";

const done = '{"content":[{"type":"text","text":"done"}]}';
const tools = ["do"];

async function alone(alpha: OnStage) {
  const on = await stage({ servers: { alpha: { tools, ...alpha } } });
  return { ...on, server: on.servers.alpha, downstream: on.downstreams.alpha };
}

describe("a server that is drained", () => {
  test("finishes what runs, takes nothing new, and is gone then", async () => {
    const { client, server, downstream } = await alone({});
    client.call(1, "alpha__do");
    const call = await server.call();
    let isOver = false;
    const drained = downstream.drain(5000).then(() => {
      isOver = true;
    });
    client.call(2, "alpha__do");
    expect(await client.failure(2)).toEqual({
      text: "alpha: it is being drained: it finishes what runs and takes nothing new. The call did not run.",
      mark: { origin: "tutti", server: "alpha", code: "unavailable", mayHaveRun: false },
    });
    expect(isOver).toBe(false);
    call.result(done);
    expect((await client.reply(1)).json.result.content[0].text).toBe("done");
    await drained;
    expect(downstream.state).toMatchObject({ kind: "down", reason: "it was drained" });
    client.call(3, "alpha__do");
    expect((await client.failure(3)).text).toBe("alpha: it was drained. The call did not run.");
  });

  test("is gone after the limit, whatever still runs", async () => {
    const { client, server, clock, downstream } = await alone({});
    client.call(1, "alpha__do");
    await server.call();
    const drained = downstream.drain(5000);
    await clock.advance(4900);
    expect(downstream.state.kind).toBe("draining");
    await clock.advance(200);
    await drained;
    expect((await client.failure(1)).mark).toMatchObject({ code: "connection_lost", mayHaveRun: true });
    await clock.advance(300_000);
    expect(clock.timers()).toBe(0);
  });

  test("is gone at once where nothing runs, and where it does not run itself", async () => {
    const { server, downstream } = await alone({});
    await downstream.drain(60_000);
    expect(downstream.state.kind).toBe("down");
    const { downstreams } = await stage({ servers: { held: { isHeld: true } }, isReady: false });
    await downstreams.held.drain(60_000);
    expect(downstreams.held.state.kind).toBe("down");
    expect(server.calls).toEqual([]);
  });

  test("lets those finish that wait for a place, and is gone when it dies", async () => {
    const { client, server, downstream } = await alone({ config: { maxConcurrentCalls: 1 } });
    client.call(1, "alpha__do");
    client.call(2, "alpha__do");
    const first = await server.call();
    const drained = downstream.drain(5000);
    first.result(done);
    await client.reply(1);
    await server.call();
    server.crash();
    expect((await client.failure(2)).mark).toMatchObject({ code: "connection_lost" });
    await drained;
    expect(downstream.state.kind).toBe("down");
  });
});

describe("a server that nobody uses", () => {
  const config = { idleStopMs: 60_000 };

  test("is stopped after idleStopMs, and started by the next call; its tools stay listed", async () => {
    const { client, server, clock, downstream } = await alone({ config });
    await client.tools(1);
    await clock.advance(60_000);
    expect(downstream.state.kind).toBe("idle");
    expect(downstream.trouble).toBe(undefined);
    await clock.advance(1_000_000);
    expect(downstream.state.kind).toBe("idle");
    expect(await client.tools(2)).toEqual(["alpha__do"]);
    client.call(3, "alpha__do");
    (await server.call()).result(done);
    await client.reply(3);
    expect(downstream.state.kind).toBe("ready");
    expect(client.count("notifications/tools/list_changed")).toBe(0);
  });

  test("is not stopped while a call is under way, or a client wants to hear of a resource", async () => {
    const able = { resources: ["file:///a"], capabilities: { resources: { subscribe: true } } };
    const { client, server, clock, downstream } = await alone({ config, ...able });
    client.call(1, "alpha__do");
    const call = await server.call();
    await clock.advance(200_000);
    expect(downstream.state.kind).toBe("ready");
    call.result(done);
    await client.reply(1);
    await client.ask("resources/subscribe", '{"uri":"file:///a"}');
    await clock.advance(1_000_000);
    expect(downstream.state.kind).toBe("ready");
    await client.ask("resources/unsubscribe", '{"uri":"file:///a"}');
    await clock.advance(120_000);
    expect(downstream.state.kind).toBe("idle");
  });

  test("is started by a subscription", async () => {
    const able = { resources: ["file:///a"], capabilities: { resources: { subscribe: true } } };
    const { client, server, clock, downstream } = await alone({ config, ...able });
    await clock.advance(60_000);
    expect(downstream.state.kind).toBe("idle");
    expect((await client.ask("resources/subscribe", '{"uri":"file:///a"}')).json.result).toEqual({});
    expect(server.subscriptions("file:///a")).toBe(1);
  });

  test("tells nothing to a client that has left while it was started for its subscription", async () => {
    const { client, clock, relay, server, downstream } = await alone({
      ...{ resources: ["file:///a"], config: { idleStopMs: 1000 } },
    });
    await client.tools(1);
    await clock.advance(2000);
    expect(downstream.state.kind).toBe("idle");
    client.request(2, "resources/subscribe", '{"uri":"file:///a"}');
    client.leave();
    await until(
      () => downstream.state.kind === "ready",
      () => "that it is ready",
    );
    await quiet();
    expect(relay.held).toBe(0);
    expect(server.subscriptions("file:///a")).toBe(0);
  });
});

describe("a server with lazyStart", () => {
  const config = { lazyStart: true };

  test("is started by the first list, and joins", async () => {
    const { client, clock, server, downstream } = await alone({ config });
    expect(server.peer).toBe(undefined);
    expect(await client.tools(1)).toEqual([]);
    await until(
      () => downstream.state.kind === "ready",
      () => "that it is ready",
    );
    await clock.advance(1000);
    await client.notification("notifications/tools/list_changed");
    expect(await client.tools(2)).toEqual(["alpha__do"]);
  });

  test("is started by a call under its prefix", async () => {
    const { client, server } = await alone({ config });
    client.call(1, "alpha__do");
    (await server.call()).result(done);
    await client.reply(1);
  });

  test("is never started where nobody wants it, and stopped all the same", async () => {
    const { server, clock, downstream } = await alone({ config });
    await clock.advance(1_000_000);
    expect(server.peer).toBe(undefined);
    await downstream.stop();
    expect(downstream.state.kind).toBe("down");
  });
});
