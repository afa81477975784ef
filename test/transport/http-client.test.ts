import { describe, expect, test } from "vitest";
import { quiet, until } from "../support/turns.ts";
import { event, linkTo, newer, reply, scripted } from "./over-http.ts";

describe("a request", () => {
  test("of the newer era says in headers what it says itself", async () => {
    const server = await scripted((heard) => heard.replies());
    const { ask, message } = linkTo(server.url, {
      headers: { Authorization: "Bearer t", "mcp-method": "mine", Accept: "a" },
    });
    ask(7, "tools/call", `{"name":"größe","arguments":{},${newer}}`);
    expect(await message(0)).toBe(reply(7));
    const { headers, body, path } = server.heard[0] ?? expect.fail();
    expect(path).toBe("/mcp");
    expect(body).toContain('"id":7,"method":"tools/call"');
    expect(headers).toMatchObject({
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "accept-encoding": "identity",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": `=?base64?${Buffer.from("größe").toString("base64")}?=`,
      authorization: "Bearer t",
    });
    expect(headers["mcp-session-id"]).toBeUndefined();
  });

  test.each([
    ["prompts/get", '"name":"p"', "p"],
    ["resources/read", '"uri":"file:///a b"', "file:///a b"],
    ["tasks/get", '"taskId":"t-1"', "t-1"],
    ["tools/list", '"name":"x"', undefined],
    ["resources/read", '"uri":7', undefined],
  ])("names for %s with %s what it is about: %s", async (method, params, name) => {
    const server = await scripted((heard) => heard.replies());
    const { ask, message } = linkTo(server.url);
    ask(1, method, `{${params},${newer}}`);
    await message(0);
    expect(server.heard[0]?.headers["mcp-name"]).toBe(name);
  });

  test("repeats the arguments that a tool wants in headers, as they are sent", async () => {
    const server = await scripted((heard) => heard.replies());
    const wanted = ["a", "b", "n", "big", "float", "gone", "nil", "list", "text"].map((name) => ({
      name,
      path: [name],
    }));
    const paramHeaders = (tool: string) => (tool === "t" ? [...wanted, { name: "Deep", path: ["in", "side"] }] : []);
    const { ask, message } = linkTo(server.url, { paramHeaders });
    const given =
      '"a":"x","b":true,"n":-7,"big":12345678901234567890,"float":42.0,"nil":null,"list":[1],"text":" \\u00e9"';
    ask(1, "tools/call", `{"name":"t","arguments":{${given},"in":{"side":1,"side":2}},${newer}}`);
    await message(0);
    const { headers } = server.heard[0] ?? expect.fail();
    expect(Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("mcp-param")))).toEqual({
      "mcp-param-a": "x",
      "mcp-param-b": "true",
      "mcp-param-n": "-7",
      "mcp-param-big": "12345678901234567890",
      "mcp-param-float": "42",
      "mcp-param-text": "=?base64?IMOp?=",
      "mcp-param-deep": "2",
    });
  });

  test("whatever it is called puts nothing into the headers of others", async () => {
    const server = await scripted((heard) => heard.replies());
    const { ask, message } = linkTo(server.url);
    ask(1, "x\\r\\nHost: evil", `{${newer}}`);
    await message(0);
    expect(server.heard[0]?.headers["mcp-method"]).toMatch(/^=\?base64\?/);
    expect(server.heard[0]?.headers["host"]).toBe(server.url.host);
  });

  test("that is long goes as it came, in pieces", async () => {
    const server = await scripted((heard) => heard.replies());
    const { link, message } = linkTo(server.url);
    const letters = "y".repeat(300_000);
    const text = `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"t","arguments":{"a":"${letters}"},${newer}}}`;
    link.send([Buffer.from(text.slice(0, 1000)), Buffer.from(text.slice(1000))]);
    expect(link.queuedBytes()).toBe(text.length);
    expect(await message(0)).toBe(reply(3));
    expect(server.heard[0]?.body).toBe(text);
    expect(link.queuedBytes()).toBe(0);
  });
});

describe("an answer", () => {
  test("of each of 64 requests at once comes to it, in whatever order and form", async () => {
    const server = await scripted((heard) => {
      const { id } = heard.json;
      const answer = reply(id, `"result":{"n":${id * 2}}`);
      setTimeout(
        () => {
          if (id % 2 === 0) heard.answers(200, answer);
          else heard.streams()(`: hi\n\n${event(answer)}`);
        },
        (id * 37) % 20,
      );
    });
    const { ask, messages, failures } = linkTo(server.url);
    for (let id = 1; id <= 64; id++) ask(id, "tools/call", `{"name":"t",${newer}}`);
    await until(
      () => messages.length === 64,
      () => `${messages.length}`,
    );
    const wanted = Array.from({ length: 64 }, (_, index) => reply(index + 1, `"result":{"n":${2 * (index + 1)}}`));
    expect(new Set(messages)).toEqual(new Set(wanted));
    expect(failures).toEqual([]);
  });

  test("may bring notices and questions first, on a stream", async () => {
    const server = await scripted((heard) => {
      const write = heard.streams();
      write(event('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}'));
      write(event('{"jsonrpc":"2.0","id":"q","method":"roots/list"}'));
      write(`event: other\ndata: ignored\n\n${event(reply(1))}`);
      heard.response.end();
    });
    const { ask, message, views, badLines } = linkTo(server.url);
    ask(1, "tools/call", `{"name":"t",${newer}}`);
    await message(2);
    expect(views.map(({ kind }) => kind)).toEqual(["notification", "request", "reply"]);
    expect(badLines).toEqual([]);
  });

  test("keeps every byte of its letter", async () => {
    const result = '"result":{"n":12345678901234567890,"f":1.0,"s":"\\u00e9é","é":{},"b":1,"b":2}';
    const bytes = Buffer.from(reply(1, result)).toString("latin1");
    const server = await scripted((heard) =>
      heard.json.id === 1 ? heard.answers(200, bytes) : heard.streams()(event(bytes.replace('"id":1', '"id":2'))),
    );
    const { ask, message } = linkTo(server.url);
    ask(1, "tools/call", `{"name":"t",${newer}}`);
    expect(await message(0)).toBe(bytes);
    ask(2, "tools/call", `{"name":"t",${newer}}`);
    expect(await message(1)).toBe(bytes.replace('"id":1', '"id":2'));
  });

  test("with the id of another call answers nobody, in either form", async () => {
    const server = await scripted((heard) => {
      const { id } = heard.json;
      if (id === 1) heard.streams()(event(reply(2)) + event('{"jsonrpc":"2.0","id":"1","result":{}}'));
      if (id === 3) heard.answers(200, reply(2));
    });
    const { ask, failure, messages, badLines } = linkTo(server.url);
    for (const id of [1, 2, 3]) ask(id, "tools/call", `{"name":"t",${newer}}`);
    expect(await failure()).toMatchObject({ id: 3, code: "bad_reply", mayHaveRun: true });
    await until(
      () => badLines.length === 2,
      () => JSON.stringify(badLines),
    );
    expect(badLines.map(({ id, problem }) => ({ id, problem }))).toEqual([
      { id: undefined, problem: "not_rpc" },
      { id: undefined, problem: "not_rpc" },
    ]);
    expect(messages).toEqual([]);
  });

  test.each([
    ["null", '"id":null,'],
    ["absent", ""],
    ["another", '"id":"server-error",'],
  ])("that is an error whose id is %s is the reply to what it answers", async (_, id) => {
    const error = '"error":{"code":-32020,"message":"no","data":{"n":1.0}}';
    const server = await scripted((heard) => heard.answers(400, `{"jsonrpc":"2.0",${id}${error}}`));
    const { ask, message } = linkTo(server.url);
    ask(9, "server/discover", `{${newer}}`);
    expect(JSON.parse(await message(0))).toEqual({ jsonrpc: "2.0", id: 9, ...JSON.parse(`{${error}}`) });
  });

  test.each([200, 400, 404, 405, 500])("that is an error of JSON-RPC is a reply with HTTP %i too", async (status) => {
    const server = await scripted((heard) => heard.answers(status, reply(9, '"error":{"code":-32601,"message":"no"}')));
    const { ask, message } = linkTo(server.url);
    ask(9, "x/y", `{${newer}}`);
    expect(await message(0)).toBe(reply(9, '"error":{"code":-32601,"message":"no"}'));
  });
});

test("requests one after another share a connection, however they are answered", async () => {
  const server = await scripted((heard) => {
    if (heard.json.id % 2 === 0) heard.replies();
    else {
      heard.streams()(event(reply(heard.json.id)));
      setImmediate(() => heard.response.end());
    }
  });
  const { ask, message } = linkTo(server.url);
  for (let id = 1; id <= 12; id++) {
    ask(id, "tools/call", `{"name":"t",${newer}}`);
    await message(id - 1);
    await until(
      () => server.heard.at(-1)?.response.writableFinished,
      () => "the end of the answer",
    );
    await quiet();
  }
  expect(new Set(server.heard.map(({ request }) => request.socket)).size).toBe(1);
});

describe("a request that is taken back", () => {
  test("ends its stream in the newer era, and nothing is posted", async () => {
    const server = await scripted();
    const { ask, notify, failures, messages, link } = linkTo(server.url);
    ask(1, "tools/call", `{"name":"t",${newer}}`);
    const call = await server.next("tools/call");
    call.streams()(": open\n\n");
    const gone = new Promise((resolve) => call.response.on("close", resolve));
    notify("notifications/cancelled", '{"requestId":1}');
    await gone;
    expect(server.heard).toHaveLength(1);
    expect(failures).toEqual([]);
    expect(messages).toEqual([]);
    expect(link.queuedBytes()).toBe(0);
  });
});

describe("reading", () => {
  test("stops for all answers while the link is held up", async () => {
    const server = await scripted((heard) => heard.replies(`"result":"${"x".repeat(100_000)}"`));
    const { link, ask, messages } = linkTo(server.url, { onMessage: (_, own) => own.pause() });
    for (const id of [1, 2, 3]) ask(id, "tools/call", `{"name":"t",${newer}}`);
    await until(
      () => messages.length === 1 && server.heard.length === 3,
      () => `${messages.length}`,
    );
    for (let turn = 0; turn < 200; turn++) await new Promise<void>((resolve) => void setImmediate(resolve));
    expect(messages.length).toBe(1);
    link.resume();
    await until(
      () => messages.length >= 2,
      () => `${messages.length}`,
    );
    link.resume();
    await until(
      () => messages.length === 3,
      () => `${messages.length}`,
    );
  });

  test("goes on while a server that asks does not take the answers", async () => {
    let open = 0;
    const server = await scripted((heard) => {
      if (heard.json.id === 1) {
        const write = heard.streams();
        for (let n = 0; n < 3; n++) write(event(`{"jsonrpc":"2.0","id":"${n}","method":"roots/list"}`));
      } else open++;
    });
    const { link, ask, views } = linkTo(server.url);
    ask(1, "tools/call", `{"name":"t",${newer}}`);
    await until(
      () => views.length === 3,
      () => "questions",
    );
    const answer = [Buffer.from(`{"jsonrpc":"2.0","id":"0","result":"${"z".repeat(3 << 20)}"}`)];
    for (let n = 0; n < 3; n++) link.send(answer, link);
    await until(
      () => open === 3,
      () => "answers",
    );
    await until(
      () => link.queuedBytes() === 0,
      () => `${link.queuedBytes()}`,
    );
  });
});

describe("a link that is stopped", () => {
  test("closes once, ends what is under way, and sends nothing more", async () => {
    const server = await scripted();
    const { link, ask, closed, failures } = linkTo(server.url);
    ask(1, "tools/call", `{"name":"t",${newer}}`);
    const call = await server.next("tools/call");
    const gone = new Promise((resolve) => call.response.on("close", resolve));
    await Promise.all([link.stop(), link.stop()]);
    await gone;
    ask(2, "tools/call", `{"name":"t",${newer}}`);
    expect(closed).toEqual(["it was stopped"]);
    expect(failures).toEqual([]);
    expect(link.queuedBytes()).toBe(0);
    expect(server.heard).toHaveLength(1);
  });
});
