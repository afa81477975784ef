import { describe, expect, test } from "vitest";
import { quiet, until } from "../support/turns.ts";
import {
  event,
  type Heard,
  hello,
  type Linked,
  type LinkedOptions,
  linkTo,
  type Scripted,
  scripted,
} from "./over-http.ts";

const opening = '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}';

function reply(id: number, members = '"result":{}'): string {
  return `{"jsonrpc":"2.0","id":${id},${members}}`;
}

/** Greets as every server of the older era is greeted; `answer` has the rest, and the stream of what is pushed. */
async function greeted(
  answer: (heard: Heard) => void = () => {},
  { session = "s-1", push = false, ...options }: LinkedOptions & { session?: string; push?: boolean } = {},
): Promise<Linked & { readonly server: Scripted }> {
  let sessions = 0;
  const server = await scripted((heard) => {
    const method = heard.json?.method;
    const id = session === "" || sessions === 0 ? session : `${session}-${sessions}`;
    if (method === "initialize") {
      sessions++;
      heard.replies(hello, id === "" ? {} : { "mcp-session-id": id });
    } else if (method === "notifications/initialized") heard.answers(202, "");
    else if (heard.method === "GET" && heard.headers["last-event-id"] === undefined && !push) heard.answers(405, "");
    else answer(heard);
  });
  const linked = linkTo(server.url, options);
  linked.ask(1, "initialize", opening);
  await linked.message(0);
  linked.notify("notifications/initialized");
  await server.next("GET");
  return { ...linked, server };
}

describe("a session", () => {
  test("is named in all that follows, with the version that was agreed on", async () => {
    const { server, ask, notify, message, link } = await greeted((heard) => {
      if (heard.method === "DELETE") heard.answers(200, "");
      else if (heard.json.id === 2) heard.replies();
      else heard.answers(202, "");
    });
    ask(2, "tools/list", "{}");
    await message(1);
    notify("notifications/roots/list_changed");
    link.send('{"jsonrpc":"2.0","id":"q","result":{}}');
    await server.next("reply q");
    await link.stop();
    expect(server.heard.map(({ headers }) => [headers["mcp-session-id"], headers["mcp-protocol-version"]])).toEqual([
      [undefined, undefined],
      ...Array.from({ length: 6 }, () => ["s-1", "2025-06-18"]),
    ]);
    expect(server.lines().at(-1)).toBe("DELETE");
    expect(server.heard.every(({ headers }) => headers["mcp-method"] === undefined)).toBe(true);
  });

  test("is not needed, and then not ended either", async () => {
    const { server, ask, message, link } = await greeted((heard) => heard.replies(), { session: "" });
    ask(2, "tools/list", "{}");
    await message(1);
    await link.stop();
    expect(server.lines()).toEqual(["initialize", "notifications/initialized", "GET", "tools/list"]);
    expect(server.heard.at(-1)?.headers).not.toHaveProperty("mcp-session-id");
  });

  test("begins for other requests when the server has taken that it has", async () => {
    const server = await scripted((heard) => {
      if (heard.json?.method === "initialize") heard.replies(hello);
    });
    const { ask, notify, message, clock } = linkTo(server.url);
    ask(1, "initialize", opening);
    await message(0);
    notify("notifications/initialized");
    ask(2, "tools/list", "{}");
    const first = await server.next("notifications/initialized");
    await quiet();
    expect(server.lines()).toEqual(["initialize", "notifications/initialized"]);
    first.answers(202, "");
    (await server.next("tools/list")).replies();
    await message(1);
    expect(clock.timers()).toBeLessThan(5);
  });

  test("begins in any case when the server does not answer that", async () => {
    const server = await scripted((heard) => {
      if (heard.json?.method === "initialize") heard.replies(hello);
    });
    const { ask, notify, message, clock } = linkTo(server.url);
    ask(1, "initialize", opening);
    await message(0);
    notify("notifications/initialized");
    ask(2, "tools/list", "{}");
    await server.next("notifications/initialized");
    await clock.advance(5000);
    await server.next("tools/list");
  });

  test("ends in bounded time where the server does not answer", async () => {
    const { link, server, clock, closed } = await greeted();
    const stopped = link.stop();
    await server.next("DELETE");
    await clock.advance(1000);
    await stopped;
    expect(closed).toEqual(["it was stopped"]);
  });
});

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

describe("a session that the server has forgotten", () => {
  /** A server that has restarted after so many calls; what was refused has not run. */
  async function restarting(calls: number, { status = 404, body = "" } = {}) {
    const ran: number[] = [];
    const linked = await greeted((heard) => {
      if (heard.headers["mcp-session-id"] === "s-1" && heard.json?.id > calls + 1) heard.answers(status, body);
      else if (heard.json?.method === "tools/call") {
        ran.push(heard.json.id);
        if (heard.json.params.name === "t") heard.replies();
      } else if (heard.method === "DELETE") heard.answers(200, "");
    });
    return { ...linked, ran };
  }

  test("is opened anew once, in the same words, and each refused call runs once", async () => {
    const { ask, messages, server, renewals, ran, failures } = await restarting(0);
    for (let id = 2; id < 22; id++) ask(id, "tools/call", '{"name":"t"}');
    await until(
      () => messages.length === 21,
      () => `${messages.length} ${JSON.stringify(failures)}`,
    );
    const openings = server.heard.filter(({ json }) => json?.method === "initialize");
    expect(openings.map(({ body }) => body)).toEqual([openings[0]?.body, openings[0]?.body]);
    expect(openings[1]?.headers["mcp-session-id"]).toBeUndefined();
    expect(server.lines().filter((line) => line === "notifications/initialized")).toHaveLength(2);
    expect(ran.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 20 }, (_, n) => n + 2));
    expect(renewals()).toBe(1);
    expect(failures).toEqual([]);
    expect(server.heard.at(-1)?.headers["mcp-session-id"]).toBe("s-1-1");
  });

  test("loses only the calls under way that may have run, which are not sent again", async () => {
    const { ask, message, server, ran, failure } = await restarting(1);
    ask(2, "tools/call", '{"name":"slow"}');
    const slow = await server.next("tools/call");
    ask(3, "tools/call", '{"name":"t"}');
    expect(await message(1)).toBe(reply(3));
    slow.response.destroy();
    expect(await failure()).toMatchObject({ id: 2, code: "connection_lost", mayHaveRun: true });
    expect(ran).toEqual([2, 3]);
  });

  test("fails the calls that it refused where it cannot be opened anew, and says that they did not run", async () => {
    let isGone = false;
    const server = await scripted((heard) => {
      if (isGone && heard.json?.method === "initialize") heard.replies('"error":{"code":1,"message":"no"}');
      else if (isGone) heard.answers(404, "");
      else if (heard.json?.method === "initialize") heard.replies(hello, { "mcp-session-id": "s" });
      else heard.answers(heard.method === "GET" ? 405 : 202, "");
    });
    const { ask, notify, failures, message } = linkTo(server.url);
    ask(1, "initialize", opening);
    await message(0);
    notify("notifications/initialized");
    await server.next("GET");
    isGone = true;
    for (const id of [2, 3]) ask(id, "tools/call", '{"name":"t"}');
    await until(
      () => failures.length === 2,
      () => JSON.stringify(failures),
    );
    expect(failures).toMatchObject([2, 3].map((id) => ({ id, code: "unavailable", mayHaveRun: false })));
    expect(failures[0]?.text).toBe("it has forgotten the session: it refused another initialize");
  });

  test("and the one after it is forgotten too fails the call", async () => {
    const { ask, failure, server } = await greeted((heard) => heard.answers(404, "gone"));
    ask(2, "tools/call", '{"name":"t"}');
    expect(await failure()).toMatchObject({ id: 2, code: "unavailable", mayHaveRun: false });
    expect(server.lines().filter((line) => line === "initialize")).toHaveLength(2);
  });

  test("may be refused with HTTP 400 as well, once it is not new any more", async () => {
    const body =
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}';
    const { ask, message, renewals, clock } = await restarting(0, { status: 400, body });
    ask(2, "tools/call", '{"name":"t"}');
    expect(await message(1)).toBe(body.replace("null", "2"));
    expect(renewals()).toBe(0);
    await clock.advance(30_000);
    ask(3, "tools/call", '{"name":"t"}');
    expect(await message(2)).toBe(reply(3));
    expect(renewals()).toBe(1);
  });

  test("is opened anew as well when its stream of what is pushed is refused", async () => {
    let streams = 0;
    const { server, renewals, clock } = await greeted(
      (heard) => {
        if (streams++ === 0) heard.streams()(": open\n\n");
        else if (heard.headers["mcp-session-id"] === "s-1") heard.answers(404, "");
        else heard.streams()(": open\n\n");
      },
      { push: true },
    );
    (await server.next("GET")).response.end();
    for (let n = 0; n < 50 && renewals() === 0; n++) await clock.advance(100);
    const last = await server.next("GET", 2);
    expect(last.headers["mcp-session-id"]).toBe("s-1-1");
    expect(renewals()).toBe(1);
  });

  test("is not meant by an error that answers the very call", async () => {
    const { ask, message, renewals } = await greeted((heard) =>
      heard.answers(404, reply(2, '"error":{"code":-32601,"message":"no"}')),
    );
    ask(2, "x/y", "{}");
    expect(await message(1)).toContain("-32601");
    expect(renewals()).toBe(0);
  });
});
