import { describe, expect, test } from "vitest";
import { quiet, until } from "../support/turns.ts";
import { event, greeted, type Heard, linkTo, newer, reply, scripted } from "./over-http.ts";

describe("a request that is taken back", () => {
  test("is named to the server, which then has a while to end its stream", async () => {
    const { server, ask, notify, clock, failures } = await greeted((heard) => {
      if (heard.json?.id === 2) heard.streams();
      else heard.answers(202, "");
    });
    ask(2, "tools/call", '{"name":"t"}');
    const call = await server.next("tools/call");
    let isGone = false;
    call.response.on("close", () => {
      isGone = true;
    });
    notify("notifications/cancelled", '{"requestId":2}');
    expect((await server.next("notifications/cancelled")).json.params).toEqual({ requestId: 2 });
    await clock.advance(4000);
    expect(isGone).toBe(false);
    await clock.advance(1000);
    await until(
      () => isGone,
      () => "the end of the stream",
    );
    expect(failures).toEqual([]);
  });
});

describe("the stream of what is pushed", () => {
  test("brings what belongs to no request, and is asked for again from where it broke", async () => {
    const { server, message, clock } = await greeted((heard) => void heard, { push: true });
    const first = (await server.next("GET")).streams();
    first(`id: a\nretry: 700\ndata:\n\n${event('{"jsonrpc":"2.0","id":"q","method":"ping"}', "b")}`);
    expect(await message(1)).toContain("ping");
    server.heard.at(-1)?.response.end();
    await quiet();
    await until(
      () => clock.timers() > 0,
      () => "a timer",
    );
    await clock.advance(699);
    expect(server.lines().filter((line) => line === "GET")).toHaveLength(1);
    await clock.advance(1);
    const second = await server.next("GET", 1);
    expect(second.headers["last-event-id"]).toBe("b");
    second.streams()(event('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'));
    expect(await message(2)).toContain("list_changed");
  });

  test.each([405, 404, 400, 403])("is none where the server refuses it with HTTP %i", async (status) => {
    const { server, clock, renewals } = await greeted((heard) => heard.answers(status, ""), {
      push: true,
    });
    await quiet();
    await clock.advance(120_000);
    expect(server.lines().filter((line) => line === "GET")).toHaveLength(1);
    expect(renewals()).toBe(0);
  });

  test("is asked for less and less often where it fails each time", async () => {
    const { server, clock } = await greeted((heard) => heard.answers(503, ""), { push: true });
    for (let second = 0; second < 120; second++) {
      await clock.advance(1000);
      await quiet();
    }
    const tries = server.lines().filter((line) => line === "GET").length;
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(12);
  });

  test("is asked for again where nothing comes for long, and not before", async () => {
    const { server, clock } = await greeted((heard) => heard.streams()(": open\n\n"), { push: true });
    await until(
      () => clock.timers() > 0,
      () => "a timer",
    );
    await clock.advance(590_000);
    expect(server.lines().filter((line) => line === "GET")).toHaveLength(1);
    await clock.advance(20_000);
    await server.next("GET", 1);
  });

  test("is asked for anew, not from where it was, where it brings more than a message may be", async () => {
    const { server, message, clock } = await greeted((heard) => void heard, { push: true, maxMessageBytes: 5000 });
    const write = (await server.next("GET")).streams();
    write(`id: 1\n${event('{"jsonrpc":"2.0","method":"notifications/x"}')}data: ${"y".repeat(20_000)}`);
    await message(1);
    for (let n = 0; n < 20 && server.lines().filter((line) => line === "GET").length < 2; n++) await clock.advance(100);
    expect((await server.next("GET", 1)).headers["last-event-id"]).toBeUndefined();
  });

  test("answers no call", async () => {
    const { server, ask, message, badLines, messages } = await greeted(
      (heard) => {
        if (heard.method === "GET") heard.streams()(event(reply(2)));
      },
      { push: true },
    );
    await until(
      () => badLines.length === 1,
      () => "a bad line",
    );
    ask(2, "tools/call", '{"name":"t"}');
    (await server.next("tools/call")).replies('"result":{"own":1}');
    expect(await message(1)).toContain("own");
    expect(messages).toHaveLength(2);
    expect(badLines[0]?.id).toBeUndefined();
  });
});

describe("a stream that breaks", () => {
  const call = (heard: Heard) => heard.json?.method === "tools/call";

  test("is read on from its last event, until the reply", async () => {
    const { ask, message, clock, server, failures } = await greeted((heard) => {
      if (call(heard)) {
        heard.streams()(`id: e1\nretry: 250\ndata:\n\n${event('{"jsonrpc":"2.0","method":"notifications/x"}', "e2")}`);
        setImmediate(() => heard.response.destroy());
      } else if (heard.headers["last-event-id"] === "e2") {
        heard.streams()(event('{"jsonrpc":"2.0","method":"notifications/y"}', "e3"));
        setImmediate(() => heard.response.end());
      } else heard.streams()(event(reply(2), "e4"));
    });
    ask(2, "tools/call", '{"name":"t"}');
    await message(1);
    await until(
      () => clock.timers() > 0,
      () => "a timer",
    );
    await quiet();
    await clock.advance(250);
    await message(2);
    await quiet();
    await clock.advance(250);
    expect(await message(3)).toBe(reply(2));
    const asked = server.heard.filter(({ headers }) => headers["last-event-id"] !== undefined);
    expect(asked.map(({ headers }) => [headers["last-event-id"], headers["mcp-session-id"]])).toEqual([
      ["e2", "s-1"],
      ["e3", "s-1"],
    ]);
    expect(failures).toEqual([]);
    expect(server.lines().filter((line) => line === "tools/call")).toHaveLength(1);
  });

  test("without an event that had an id fails its call alone", async () => {
    const { ask, failure, server } = await greeted((heard) => {
      heard.streams()(event('{"jsonrpc":"2.0","method":"notifications/x"}'));
      setImmediate(() => heard.response.end());
    });
    ask(2, "tools/call", '{"name":"t"}');
    expect(await failure()).toEqual({
      id: 2,
      code: "connection_lost",
      text: "its stream ended without a reply",
      mayHaveRun: true,
    });
    expect(server.lines()).not.toContain("DELETE");
  });

  test("and cannot be read on fails its call, once the server says so or has said nothing often enough", async () => {
    for (const [status, tries] of [
      [405, 1],
      [503, 8],
    ] as const) {
      const { ask, failures, clock, server } = await greeted((heard) => {
        if (call(heard)) {
          heard.streams()("id: e1\ndata:\n\n");
          setImmediate(() => heard.response.destroy());
        } else heard.answers(status, "");
      });
      ask(2, "tools/call", '{"name":"t"}');
      await server.next("tools/call");
      for (let n = 0; n < 300 && failures.length === 0; n++) await clock.advance(500);
      expect(failures).toMatchObject([{ id: 2, code: "connection_lost", mayHaveRun: true }]);
      expect(server.heard.filter(({ headers }) => headers["last-event-id"] === "e1")).toHaveLength(tries);
    }
  });

  test("gets its reply from the stream of what is pushed too, where the server sends it there", async () => {
    let push = (_: string): void => {};
    const { ask, message, clock, server } = await greeted(
      (heard) => {
        if (call(heard)) {
          heard.streams()("id: e1\ndata:\n\n");
          setImmediate(() => heard.response.end());
        } else push = heard.streams();
      },
      { push: true },
    );
    ask(2, "tools/call", '{"name":"t"}');
    await server.next("tools/call");
    await until(
      () => clock.timers() > 1,
      () => "a timer",
    );
    await quiet();
    push(event(reply(2)));
    expect(await message(1)).toBe(reply(2));
    await clock.advance(60_000);
    expect(server.heard.filter(({ headers }) => headers["last-event-id"] !== undefined)).toEqual([]);
  });
});

test.each([
  ["that is JSON", "application/json", '{"jsonrpc":"2.0","id":3,"result":"', '"}'],
  ["in a stream", "text/event-stream", 'data: {"jsonrpc":"2.0","id":3,"result":"', '"}\n\n'],
])("an answer %s counts as held until it is whole", async (_, type, start, end) => {
  let finish = (): void => {};
  const server = await scripted(({ response }) => {
    response.writeHead(200, { "content-type": type });
    response.write(start + "x".repeat(200_000));
    finish = () => response.end(end);
  });
  const { link, message } = linkTo(server.url);
  link.send(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"t",${newer}}}`);
  await until(
    () => link.heldBytes() > 200_000,
    () => `${link.heldBytes()}`,
  );
  finish();
  await message(0);
  expect(link.heldBytes()).toBe(0);
});
