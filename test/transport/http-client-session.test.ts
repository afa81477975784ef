import { describe, expect, test } from "vitest";
import { quiet, until } from "../support/turns.ts";
import { greeted, hello, linkTo, opening, reply, scripted } from "./over-http.ts";

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
