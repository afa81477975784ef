import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stage } from "../support/stage.ts";

const echo = { tools: ["echo"] };

describe("the id of a client", () => {
  const ids = [
    "0",
    "-0",
    "-1",
    "1.0",
    "1e3",
    "9007199254740992",
    "9007199254740993",
    "18446744073709551616",
    '""',
    '"1"',
    '" 1 "',
    '"\\u0041\\/\\"\\\\"',
    '"\\ud83d\\ude00 é 😀 \\ud800"',
    `"${"x".repeat(65_536)}"`,
    `"${"é\\u0000".repeat(20_000)}"`,
  ];
  for (const id of ids) {
    test(`comes back as it was written: ${id.slice(0, 40)}`, async () => {
      const { client, servers } = await stage({ servers: { alpha: echo } });
      const replies = async () => {
        const line = await client.peer.take(() => true, "a reply");
        return line.text.startsWith(`{"jsonrpc":"2.0","id":${id},`);
      };
      client.call(id, "alpha__echo");
      (await servers.alpha.call()).result();
      expect(await replies()).toBe(true);
      client.call(id, "alpha__echo");
      (await servers.alpha.call()).error('{"code":1,"message":"m"}');
      expect(await replies()).toBe(true);
      client.call(id, "nobody");
      expect(await replies()).toBe(true);
      client.request(id, "tools/list");
      expect(await replies()).toBe(true);
      client.request(id, "ping");
      expect(await replies()).toBe(true);
    });
  }

  test("never goes to a server: there ids are integers of ours that are not used again", async () => {
    const { client, servers } = await stage({ servers: { alpha: echo } });
    for (let n = 0; n < 100; n++) {
      client.call('"a"', "alpha__echo");
      client.call('"a"', "alpha__echo");
      (await servers.alpha.call()).result();
      (await servers.alpha.call()).result();
      await client.reply('"a"');
      await client.reply('"a"');
    }
    const ids = servers.alpha.heard.map((text) => JSON.parse(text).id).filter((id) => id !== undefined);
    expect(ids.length).toBe(203);
    expect(new Set(ids).size).toBe(203);
    expect(ids.every((id) => Number.isSafeInteger(id) && id > 0)).toBe(true);
  });

  test("used twice in flight gets both answers, each with its own content", async () => {
    const { client, servers } = await stage({ servers: { alpha: echo, beta: echo } });
    client.call(1, "alpha__echo", '{"n":1}');
    client.call(1, "alpha__echo", '{"n":2}');
    client.call(1, "beta__echo", '{"n":3}');
    const [first, second] = [await servers.alpha.call(), await servers.alpha.call()];
    const third = await servers.beta.call();
    expect([first, second, third].map(({ line }) => line.json.params.arguments.n)).toEqual([1, 2, 3]);
    third.result('{"n":3}');
    expect((await client.reply(1)).json.result).toEqual({ n: 3 });
    second.result('{"n":2}');
    expect((await client.reply(1)).json.result).toEqual({ n: 2 });
    first.result('{"n":1}');
    expect((await client.reply(1)).json.result).toEqual({ n: 1 });
  });

  test("is its own whatever order the replies come in", async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...Array(12).keys()], { minLength: 12 }), async (order) => {
        const { client, servers } = await stage({ servers: { alpha: echo } });
        const calls = [];
        for (let n = 0; n < 12; n++) client.call(n % 4, "alpha__echo", `{"n":${n}}`);
        for (let n = 0; n < 12; n++) calls.push(await servers.alpha.call());
        for (const n of order) calls[n]?.result(`{"n":${n}}`);
        for (const n of order) expect((await client.reply(n % 4)).json.result).toEqual({ n });
      }),
      { numRuns: 20 },
    );
  });
});

describe("a reply that nobody waits for changes nothing", () => {
  const wrong: readonly (readonly [string, (id: number) => string])[] = [
    ["with an id never issued", () => '"id":999'],
    ["with the id as a string", (id) => `"id":"${id}"`],
    ["with the id as a string with blanks", (id) => `"id":" ${id} "`],
    ["with the id in hexadecimal", (id) => `"id":"0x${id}"`],
    ["with the id as a decimal", (id) => `"id":${id}.0`],
    ["with the id with an exponent", (id) => `"id":${id}e0`],
    ["with the id as a negative number", (id) => `"id":-${id}`],
    ["with the id null", () => '"id":null'],
    ["with the id 0", () => '"id":0'],
    ["with an id beyond all integers", () => '"id":18446744073709551619'],
    ["with an id of handshake and list", () => '"id":1'],
  ];
  for (const [what, id] of wrong) {
    for (const outcome of ['"result":{"wrong":1}', '"error":{"code":1,"message":"wrong"}']) {
      test(`${what}, ${outcome.slice(1, 7)}`, async () => {
        const { client, servers, published } = await stage({ servers: { alpha: echo } });
        client.call(7, "alpha__echo");
        const call = await servers.alpha.call();
        servers.alpha.send(`{"jsonrpc":"2.0",${id(Number(call.id))},${outcome}}`);
        call.result('{"right":1}');
        expect((await client.reply(7)).json.result).toEqual({ right: 1 });
        expect(client.peer.left).toEqual([]);
        expect(published.oddities.length).toBe(1);
        expect(published.oddities[0]).toMatch(/^alpha: dropped a reply with the id .*, which nobody waits for$/);
      });
    }
  }

  test("though a call under that id waits to be sent", async () => {
    const { client, servers } = await stage({
      servers: { alpha: { ...echo, config: { maxConcurrentCalls: 1 } } },
    });
    client.callWithProgress(1, "alpha__echo", 1);
    const running = await servers.alpha.call();
    client.callWithProgress(2, "alpha__echo", 2);
    await client.ping();
    // Whatever the next ids are, they are among these.
    const ids = [0, 1, 2, 3].flatMap((turn) => [1, 2, 3, 4, 5].map((slot) => String(65_536 * turn + slot)));
    for (const id of ids.filter((one) => one !== running.id)) {
      servers.alpha.send(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${id}}}`);
      servers.alpha.send(`{"jsonrpc":"2.0","id":${id},"result":{"guessed":1}}`);
    }
    running.result();
    await client.reply(1);
    const second = await servers.alpha.call();
    expect(ids).toContain(second.id);
    second.result('{"right":1}');
    expect((await client.reply(2)).json.result).toEqual({ right: 1 });
    expect(client.peer.left).toEqual([]);
  });

  test("that comes twice", async () => {
    const { client, servers } = await stage({ servers: { alpha: echo } });
    client.call(1, "alpha__echo");
    client.call(2, "alpha__echo");
    const [first, second] = [await servers.alpha.call(), await servers.alpha.call()];
    first.result('{"n":1}');
    first.result('{"n":"again"}');
    first.error('{"code":1,"message":"again"}');
    second.result('{"n":2}');
    expect((await client.reply(2)).json.result).toEqual({ n: 2 });
    expect((await client.reply(1)).json.result).toEqual({ n: 1 });
    expect(client.peer.left).toEqual([]);
  });

  test("that answers what another server was asked", async () => {
    const { client, servers } = await stage({ servers: { alpha: echo, beta: echo } });
    client.call(1, "alpha__echo");
    const call = await servers.alpha.call();
    servers.beta.send(`{"jsonrpc":"2.0","id":${call.id},"result":{"from":"beta"}}`);
    client.call(2, "beta__echo");
    (await servers.beta.call()).result('{"from":"beta"}');
    expect((await client.reply(2)).json.result).toEqual({ from: "beta" });
    expect(client.peer.left).toEqual([]);
    call.result('{"from":"alpha"}');
    expect((await client.reply(1)).json.result).toEqual({ from: "alpha" });
  });

  test("with known names in the wrong case beside the right ones", async () => {
    const { client, servers } = await stage({ servers: { alpha: echo } });
    client.call(1, "alpha__echo");
    const { id } = await servers.alpha.call();
    const members = '"ID":9,"Result":{},"Method":"x","Error":{}';
    servers.alpha.send(`{"jsonrpc":"2.0",${members},"id":${id},"result":{"right":1}}`);
    expect((await client.reply(1)).text).toBe(`{"jsonrpc":"2.0",${members},"id":1,"result":{"right":1}}`);
  });
});

describe("a server that asks", () => {
  test("has its pings answered under its own id", async () => {
    const { servers } = await stage({ servers: { alpha: echo } });
    servers.alpha.send('{"jsonrpc":"2.0","id":"é\\u0041","method":"ping"}');
    const { text } = await servers.alpha.line('"result"');
    expect(text).toBe('{"jsonrpc":"2.0","id":"é\\u0041","result":{}}');
  });

  for (const method of ["sampling/createMessage", "roots/list", "elicitation/create", "x".repeat(10_000)]) {
    test(`is refused, and no client hears of it: ${method.slice(0, 30)}`, async () => {
      const { client, servers } = await stage({ servers: { alpha: echo } });
      client.call(3, "alpha__echo");
      const call = await servers.alpha.call();
      servers.alpha.send(`{"jsonrpc":"2.0","id":${call.id},"method":"${method}","params":{}}`);
      const { text, json } = await servers.alpha.line('"error"');
      expect(json.error.code).toBe(-32601);
      expect(text.length).toBeLessThan(500);
      call.result();
      await client.reply(3);
      expect(client.peer.left).toEqual([]);
    });
  }

  test("for nothing, with notifications, reaches no client", async () => {
    const { client, servers } = await stage({ servers: { alpha: echo } });
    client.call(3, "alpha__echo");
    const call = await servers.alpha.call();
    for (const method of ["notifications/cancelled", "notifications/message", "notifications/initialized", "x"]) {
      servers.alpha.send(`{"jsonrpc":"2.0","method":"${method}","params":{"requestId":${call.id}}}`);
    }
    call.result('{"still":1}');
    expect((await client.reply(3)).json.result).toEqual({ still: 1 });
    expect(client.peer.left).toEqual([]);
  });
});
