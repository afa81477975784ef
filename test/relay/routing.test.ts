import { describe, expect, test } from "vitest";
import { stage } from "../support/stage.ts";

const echo = { tools: ["echo"] };

describe("a tool that does not exist", () => {
  test("is a failed result with the nearest names", async () => {
    const { client } = await stage({ servers: { alpha: { tools: ["search", "delete"] }, beta: echo } });
    client.call(1, "alpha__serach");
    expect(await client.failure(1)).toEqual({
      text: 'There is no tool "alpha__serach". Nearest: alpha__search.',
      mark: { origin: "tutti", code: "unknown_tool", mayHaveRun: false },
    });
  });

  test('is error -32602 with errors: "protocol"', async () => {
    const { client } = await stage({ servers: { alpha: { tools: ["search"] } }, errors: "protocol" });
    client.call(1, "alpha__serach");
    expect((await client.reply(1)).json).toEqual({
      jsonrpc: "2.0",
      id: 1,
      error: { code: -32602, message: 'There is no tool "alpha__serach". Nearest: alpha__search.' },
    });
  });

  test("whose name is long, hostile or empty is named in a bounded, harmless text", async () => {
    const { client } = await stage({ servers: { alpha: echo } });
    for (const name of ["", "__proto__", "constructor", "alpha__", "__echo", "\u0000\ud800\n", "x".repeat(100_000)]) {
      client.call(1, name);
      const { text, mark } = await client.failure(1);
      expect(mark).toEqual({ origin: "tutti", code: "unknown_tool", mayHaveRun: false });
      expect(text.length).toBeLessThan(1000);
      expect(text).not.toMatch(/\p{Cc}/u);
    }
  });

  test("is said at once, however busy the server is that its name begins with", async () => {
    const { client, servers } = await stage({
      servers: { alpha: { ...echo, config: { maxConcurrentCalls: 1, maxQueuedCalls: 1 } } },
    });
    client.call(1, "alpha__echo");
    await servers.alpha.call();
    client.call(2, "alpha__nothing");
    expect((await client.failure(2)).mark).toMatchObject({ code: "unknown_tool" });
  });

  test("says which servers are still starting", async () => {
    const { client } = await stage({ servers: { alpha: { ...echo, isHeld: true }, beta: echo } });
    client.call(1, "nothing_like_it");
    expect((await client.failure(1)).text).toBe('There is no tool "nothing_like_it". Still starting: alpha.');
  });
});

describe("tools/call without a name that is a string", () => {
  for (const params of ['{"arguments":{}}', '{"name":7}', '{"name":null}', "[]", "7", '"echo"']) {
    test(`is a malformed request and error -32602: ${params}`, async () => {
      const { client } = await stage({ servers: { alpha: echo } });
      client.request(1, "tools/call", params);
      expect((await client.reply(1)).json.error.code).toBe(-32602);
    });
  }
});

describe("a method that tutti does not know", () => {
  test("is error -32601, in a bounded text", async () => {
    const { client } = await stage({ servers: { alpha: echo } });
    client.request(1, "m".repeat(10_000));
    const { error } = (await client.reply(1)).json;
    expect(error.code).toBe(-32601);
    expect(error.message.length).toBeLessThan(200);
  });
});

describe("an un-prefixed name", () => {
  test("is accepted where only one server has the tool", async () => {
    const { client, servers } = await stage({ servers: { alpha: { tools: ["a"] }, beta: { tools: ["b"] } } });
    client.call(1, "b");
    (await servers.beta.call("b")).result();
    await client.reply(1);
  });

  test("is not accepted where two servers have the tool; both exposed names are shown", async () => {
    const { client } = await stage({ servers: { alpha: echo, beta: echo } });
    client.call(1, "echo");
    expect((await client.failure(1)).text).toBe('There is no tool "echo". Nearest: alpha__echo, beta__echo.');
  });

  test("means the exposed tool of that name where there is one", async () => {
    const { client, servers } = await stage({ servers: { alpha: { tools: ["beta__echo"] }, beta: echo } });
    client.call(1, "beta__echo");
    (await servers.beta.call("echo")).result();
    await client.reply(1);
  });

  test("that was right when the call came stays so while the call waits in the queue", async () => {
    const { client, servers, clock } = await stage({
      servers: { alpha: { ...echo, config: { maxConcurrentCalls: 1 } }, beta: { tools: ["b"] } },
    });
    client.call(1, "echo");
    const first = await servers.alpha.call();
    client.call(2, "echo");
    await client.ping();
    servers.beta.changeTools(["echo"]);
    await clock.advance(1000);
    first.result();
    (await servers.alpha.call("echo")).result('{"second":true}');
    expect((await client.reply(2)).json.result).toEqual({ second: true });
  });
});

describe("a tool that the configuration", () => {
  const rules = {
    include: ["get_*", "secret", "search_code"],
    exclude: ["secret"],
    rename: new Map([["search_code", "code"]]),
  };
  const alpha = { tools: ["get_a", "set_a", "secret", "search_code"], config: { tools: rules } };

  test("excludes or does not include can be called under no name, and reaches no server", async () => {
    const { client, servers } = await stage({ servers: { alpha } });
    expect(await client.tools(1)).toEqual(["alpha__get_a", "alpha__code"]);
    for (const name of ["alpha__secret", "secret", "alpha__set_a", "set_a", "alpha__search_code", "code"]) {
      client.call(2, name);
      expect((await client.failure(2)).mark).toMatchObject({ code: "unknown_tool" });
    }
    expect(servers.alpha.calls).toEqual([]);
  });

  test("excludes cannot be called before its server is up either", async () => {
    const { client, servers } = await stage({ servers: { alpha: { ...alpha, isHeld: true } } });
    client.call(1, "alpha__secret");
    client.call(2, "alpha__set_a");
    await client.ping();
    servers.alpha.open();
    for (const id of [1, 2]) expect((await client.failure(id)).mark).toMatchObject({ code: "unknown_tool" });
    expect(servers.alpha.calls).toEqual([]);
  });

  test("renames is called under its new name, or un-prefixed under its own, and sent under its own", async () => {
    const { client, servers } = await stage({ servers: { alpha } });
    for (const name of ["alpha__code", "search_code"]) {
      client.call(1, name);
      (await servers.alpha.call("search_code")).result();
      await client.reply(1);
    }
  });
});

describe("a call for a server that is starting", () => {
  test("waits for it and is then sent under the tool's own name", async () => {
    const { client, servers } = await stage({
      servers: { "my server": { tools: ["do.it"], isHeld: true } },
    });
    client.call(1, "my_server__do_it");
    await client.ping();
    expect(client.peer.left).toEqual([]);
    servers["my server"].open();
    (await servers["my server"].call("do.it")).result();
    await client.reply(1);
  });

  test("is an unknown tool when the server turns out not to have it", async () => {
    const { client, servers } = await stage({ servers: { alpha: { ...echo, isHeld: true } } });
    client.call(1, "alpha__ecko");
    await client.ping();
    servers.alpha.open();
    const { text, mark } = await client.failure(1);
    expect(text).toBe('There is no tool "alpha__ecko". Nearest: alpha__echo.');
    expect(mark).toEqual({ origin: "tutti", code: "unknown_tool", mayHaveRun: false });
    expect(servers.alpha.calls).toEqual([]);
  });

  test("never goes to it under a name that only another server has", async () => {
    const { client, servers, clock } = await stage({
      servers: { alpha: { ...echo, isHeld: true }, beta: { tools: ["b"] } },
    });
    client.call(1, "alpha__other");
    await client.ping();
    servers.beta.changeTools(["alpha__other"]);
    await clock.advance(1000);
    servers.alpha.open();
    expect((await client.failure(1)).mark).toMatchObject({ code: "unknown_tool" });
    expect([...servers.alpha.calls, ...servers.beta.calls]).toEqual([]);
  });

  test("is sent in the order in which the calls came", async () => {
    const { client, servers } = await stage({ servers: { alpha: { ...echo, isHeld: true } } });
    for (let n = 0; n < 50; n++) client.call(n, "alpha__echo", `{"n":${n}}`);
    await client.ping();
    servers.alpha.open();
    for (let n = 0; n < 50; n++) {
      expect((await servers.alpha.call()).line.json.params.arguments).toEqual({ n });
    }
  });

  test("does not hold up calls of the servers that are up", async () => {
    const { client, servers } = await stage({ servers: { alpha: { ...echo, isHeld: true }, beta: echo } });
    await client.ping();
    client.call(1, "alpha__echo");
    client.call(2, "beta__echo");
    (await servers.beta.call()).result();
    await client.reply(2);
  });
});

describe("a call for a server that failed", () => {
  test("at its start says why, and that the call did not run", async () => {
    const { client } = await stage({ servers: { alpha: { fails: 'command "foo" was not found' }, beta: echo } });
    client.call(1, "alpha__anything");
    expect(await client.failure(1)).toEqual({
      text: 'alpha: command "foo" was not found. The call did not run.',
      mark: { origin: "tutti", server: "alpha", code: "unavailable", mayHaveRun: false },
    });
  });

  test("while the call waited for its start says why", async () => {
    const { client, servers } = await stage({
      servers: { alpha: { isHeld: true, fails: "it is broken" } },
    });
    client.call(1, "alpha__anything");
    await client.ping();
    servers.alpha.open();
    expect((await client.failure(1)).text).toBe("alpha: it is broken. The call did not run.");
  });

  test("for good after it was ready says how it ended, and its tools stay listed", async () => {
    const { client, servers } = await stage({ servers: { alpha: { ...echo, config: { restartMaxMs: 0 } } } });
    servers.alpha.crash();
    await client.ping();
    client.call(1, "alpha__echo");
    expect(await client.failure(1)).toEqual({
      text: "alpha: its output ended. The call did not run.",
      mark: { origin: "tutti", server: "alpha", code: "unavailable", mayHaveRun: false },
    });
    expect(await client.tools(2)).toEqual(["alpha__echo"]);
  });
});

describe("a server that is being stopped", () => {
  test("takes no call any more", async () => {
    const { client, downstreams } = await stage({ servers: { alpha: echo } });
    await downstreams.alpha.stop();
    client.call(1, "alpha__echo");
    expect(await client.failure(1)).toEqual({
      text: "alpha: tutti is stopping. The call did not run.",
      mark: { origin: "tutti", server: "alpha", code: "unavailable", mayHaveRun: false },
    });
  });

  test("answers the calls that waited for its start", async () => {
    const { client, downstreams } = await stage({ servers: { alpha: { ...echo, isHeld: true } } });
    client.call(1, "alpha__echo");
    await client.ping();
    await downstreams.alpha.stop();
    expect((await client.failure(1)).text).toBe("alpha: tutti is stopping. The call did not run.");
  });
});
