import { describe, expect, test } from "vitest";
import { stage } from "../support/stage.ts";

const limits = { maxMessageBytes: 100_000, maxDepth: 32 };
const alpha = { tools: ["echo"] };
const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

describe("a reply that cannot be passed on fails its own call alone, and the link lives:", () => {
  const cases: readonly (readonly [string, (id: string) => string | Buffer, string])[] = [
    ["malformed behind its id", (id) => `{"jsonrpc":"2.0","id":${id},"result":{oops}}`, "is not valid JSON"],
    ["malformed before its id", (id) => `{"jsonrpc":"2.0","result":{oops},"id":${id}}`, "is not valid JSON"],
    ["broken off", (id) => `{"jsonrpc":"2.0","id":${id},"result":{"a":`, "is not valid JSON"],
    ["with more behind it", (id) => `{"jsonrpc":"2.0","id":${id},"result":{}} x`, "is not valid JSON"],
    ["after a blank", (id) => ` {"jsonrpc":"2.0","id":${id},"result":{oops}}`, "is not valid JSON"],
    [
      "too long",
      (id) => `{"jsonrpc":"2.0","id":${id},"result":"${"x".repeat(100_000)}"}`,
      "is longer than limits.maxMessageBytes",
    ],
    [
      "too long, its id at the end",
      (id) => `{"jsonrpc":"2.0","result":"${"x".repeat(100_000)}","id":${id}}`,
      "is longer than limits.maxMessageBytes",
    ],
    ["too deep", (id) => `{"jsonrpc":"2.0","id":${id},"result":${deep(40)}}`, "is nested deeper than limits.maxDepth"],
    [
      "a million levels deep and too long, its id at the end",
      (id) => `{"jsonrpc":"2.0","result":${deep(1_000_000)},"id":${id}}`,
      "is nested deeper than limits.maxDepth",
    ],
    [
      "with invalid UTF-8",
      (id) => Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":"\xff"}`, "latin1"),
      "is not valid UTF-8",
    ],
    [
      "with a UTF-8 sequence cut short",
      (id) =>
        Buffer.concat([
          Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":"`),
          Buffer.from([0xe2, 0x82]),
          Buffer.from('"}'),
        ]),
      "is not valid UTF-8",
    ],
    [
      "with a result and an error",
      (id) => `{"jsonrpc":"2.0","id":${id},"result":{},"error":{"code":1,"message":""}}`,
      "is no JSON-RPC reply",
    ],
    ["with neither result nor error", (id) => `{"jsonrpc":"2.0","id":${id}}`, "is no JSON-RPC reply"],
    ["of another JSON-RPC", (id) => `{"jsonrpc":"1.0","id":${id},"result":{}}`, "is no JSON-RPC reply"],
    ["with two ids", (id) => `{"jsonrpc":"2.0","id":${id},"id":${id},"result":{}}`, "has a member twice"],
    ["with two results", (id) => `{"jsonrpc":"2.0","id":${id},"result":{},"result":{}}`, "has a member twice"],
  ];
  for (const [what, line, problem] of cases) {
    test(what, async () => {
      const { client, servers, downstreams } = await stage({ servers: { alpha }, limits });
      client.call(1, "alpha__echo");
      client.call(2, "alpha__echo");
      const [spoilt, beside] = [await servers.alpha.call(), await servers.alpha.call()];
      servers.alpha.send(line(spoilt.id));
      const { text, mark } = await client.failure(1);
      expect(text).toContain(`alpha: the reply ${problem}`);
      expect(text).toMatch(/ The call may have run\.$/);
      expect(mark).toEqual({ origin: "tutti", server: "alpha", code: "bad_reply", mayHaveRun: true });
      beside.result('{"right":1}');
      expect((await client.reply(2)).json.result).toEqual({ right: 1 });
      expect(client.peer.left).toEqual([]);
      expect(downstreams.alpha.state.kind).toBe("ready");
    });
  }

  test("a batch, whose replies belong to nobody", async () => {
    const { client, servers, published } = await stage({ servers: { alpha } });
    client.call(1, "alpha__echo");
    const call = await servers.alpha.call();
    servers.alpha.send(`[{"jsonrpc":"2.0","id":${call.id},"result":{"wrong":1}}]`);
    call.result('{"right":1}');
    expect((await client.reply(1)).json.result).toEqual({ right: 1 });
    expect(published.stdoutLines.length).toBe(1);
  });
});

describe("a line on a server's stdout that is no message", () => {
  const lines = [
    "Server listening on stdio",
    "{not json",
    '{"level":30,"id":ID,"msg":"a log line that has an id"}',
    '{"level":30,"msg":oops,"id":ID}',
    "[ID]",
    "ID",
    "\ufeff",
    '"text"',
    '{"jsonrpc":"2.0","id":"ID","result":{oops}}',
    '{"jsonrpc":"2.0","id":999,"result":{oops}}',
    '{"jsonrpc":"2.0","id":ID,"method":"ping","params":oops}',
    '{"jsonrpc":"2.0","method":7}',
  ];
  for (const line of lines) {
    test(`goes to the log and to no client: ${JSON.stringify(line)}`, async () => {
      const { client, servers, published } = await stage({ servers: { alpha } });
      client.call(1, "alpha__echo");
      const call = await servers.alpha.call();
      const sent = line.replace("ID", call.id);
      servers.alpha.send(sent);
      servers.alpha.send("\r");
      servers.alpha.send("");
      call.result('{"right":1}');
      expect((await client.reply(1)).json.result).toEqual({ right: 1 });
      expect(client.peer.left).toEqual([]);
      expect(published.stdoutLines).toEqual([`alpha: ${sent}`]);
    });
  }

  test("is cut where it is long", async () => {
    const { client, servers, published } = await stage({ servers: { alpha } });
    servers.alpha.send("x".repeat(100_000));
    client.call(1, "alpha__echo");
    (await servers.alpha.call()).result();
    await client.reply(1);
    expect(published.stdoutLines).toEqual([`alpha: ${"x".repeat(512)}…`]);
  });
});

test("a message of a client that cannot be passed on is answered under its id, and its other calls go on", async () => {
  const { client, servers } = await stage({ servers: { alpha }, limits });
  client.call(1, "alpha__echo");
  client.send('{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"alpha__echo","arguments":{oops}}}');
  client.call(3, "alpha__echo", deep(40));
  client.call(4, "alpha__echo", `"${"x".repeat(100_000)}"`);
  client.send('[{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"alpha__echo"}}]');
  expect((await client.reply(2)).json.error.code).toBe(-32700);
  expect((await client.reply(3)).json.error.code).toBe(-32600);
  expect((await client.reply(4)).json.error.code).toBe(-32600);
  expect((await client.reply("null")).json.error.code).toBe(-32600);
  (await servers.alpha.call()).result();
  await client.reply(1);
  expect(servers.alpha.calls.length).toBe(1);
});
