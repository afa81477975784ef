import { describe, expect, test } from "vitest";
import { Client } from "../../src/client/client.ts";
import { openLineLink } from "../../src/transport/line-link.ts";
import { slot } from "../../src/wire/members.ts";
import { fakeClock } from "../support/clock.ts";
import { FakeClient } from "../support/fake-client.ts";
import { pipe } from "../support/peer.ts";
import { quiet } from "../support/turns.ts";

/** Tutti's side of a client for which nobody answers yet, and the client itself. */
function connect(limits = { maxMessageBytes: 4096, maxDepth: 16 }): { client: FakeClient; ours: Client } {
  const { ours: streams, theirs } = pipe();
  const client = new FakeClient(theirs);
  const link = openLineLink(streams, limits, fakeClock(), {
    message: (message) => ours.receive(message),
    badLine: (line) => ours.receiveBadLine(line),
    closed: () => {},
    defect: (cause) => {
      throw cause;
    },
  });
  const ours = new Client(link, "1.2.3");
  return { client, ours };
}

/** Everything that comes back for one line. */
async function answersTo(line: string | Buffer): Promise<readonly string[]> {
  const { client } = connect();
  client.send(line);
  await quiet();
  return client.peer.lines.map(({ text }) => text);
}

describe("initialize", () => {
  for (const revision of ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]) {
    test(`is answered with ${revision} where that is asked for, with nobody there to answer anything else`, async () => {
      const params = `{"protocolVersion":"${revision}","capabilities":{},"clientInfo":{"name":"c","version":"0"}}`;
      expect(await answersTo(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":${params}}`)).toEqual([
        `{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"${revision}","capabilities":{"tools":{"listChanged":true}},` +
          '"serverInfo":{"name":"tutti","title":"tutti","version":"1.2.3"}}}',
      ]);
    });
  }

  for (const params of [
    '{"protocolVersion":"1999-01-01"}',
    '{"protocolVersion":"2099-01-01"}',
    '{"protocolVersion":20251125}',
    '{"protocolVersion":null}',
    "{}",
    "[]",
    "null",
    '"2024-11-05"',
  ]) {
    test(`is answered with our newest revision when its params are ${params}`, async () => {
      const [answer] = await answersTo(`{"jsonrpc":"2.0","id":"i","method":"initialize","params":${params}}`);
      expect(JSON.parse(answer as string).result.protocolVersion).toBe("2025-11-25");
    });
  }

  test("is answered when it has no params at all", async () => {
    const [answer] = await answersTo('{"jsonrpc":"2.0","id":1,"method":"initialize"}');
    expect(JSON.parse(answer as string).result.protocolVersion).toBe("2025-11-25");
  });
});

describe("a client for which nobody answers yet", () => {
  test("has its pings answered", async () => {
    expect(await answersTo('{"jsonrpc":"2.0","id":"a\\u0000é","method":"ping"}')).toEqual([
      '{"jsonrpc":"2.0","id":"a\\u0000é","result":{}}',
    ]);
  });

  test("has everything else kept in order until somebody does", async () => {
    const { client, ours } = connect();
    client.request(1, "tools/list");
    client.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}');
    client.request(2, "tools/call");
    await client.ping();
    const heard: string[] = [];
    ours.serve({
      request: (method, message) => void heard.push(`${method} ${message.raw(slot.id)}`),
      notification: (method) => void heard.push(method),
    });
    expect(heard).toEqual(["tools/list 1", "notifications/cancelled", "tools/call 2"]);
    client.request(3, "prompts/list");
    await client.ping();
    expect(heard.slice(3)).toEqual(["prompts/list 3"]);
  });
});

describe("a line of a client that is no message", () => {
  const cases: readonly (readonly [string, string | Buffer, number, string])[] = [
    ["that is no JSON", "hello", -32700, "null"],
    ["that breaks off", '{"jsonrpc":"2.0","id":1', -32700, "null"],
    ["that breaks off behind its id", '{"jsonrpc":"2.0","id":1,"method":"ping"', -32700, "1"],
    ["with an error behind its id", '{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{oops}}', -32700, '"x"'],
    ["with an error before its id", '{"jsonrpc":"2.0","method":"m","params":{oops},"id":44}', -32700, "44"],
    ["with invalid UTF-8", Buffer.from('{"jsonrpc":"2.0","id":5,"method":"\xff"}', "latin1"), -32700, "5"],
    [
      "that is too deep",
      `{"jsonrpc":"2.0","id":6,"method":"m","params":${"[".repeat(20)}${"]".repeat(20)}}`,
      -32600,
      "6",
    ],
    ["that is too long", `{"jsonrpc":"2.0","id":7,"method":"m","params":["${"x".repeat(5000)}"]}`, -32600, "7"],
    ["that is too long, with its id at the end", `{"method":"${"x".repeat(5000)}","id":8}`, -32600, "8"],
    ["with a member twice", '{"jsonrpc":"2.0","id":9,"method":"m","method":"n"}', -32600, "9"],
    ["that is a batch", '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, "null"],
    ["that is an empty batch", "[]", -32600, "null"],
    ["that is a number", "7", -32600, "null"],
    ["of another JSON-RPC", '{"jsonrpc":"1.0","id":10,"method":"ping"}', -32600, "10"],
    ["without jsonrpc", '{"id":11,"method":"ping"}', -32600, "11"],
    ["whose method is no string", '{"jsonrpc":"2.0","id":12,"method":1}', -32600, "12"],
    ["whose id is null", '{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, "null"],
    ["whose id is an object", '{"jsonrpc":"2.0","id":{"a":[1]},"method":"ping"}', -32600, "null"],
    ["whose id is true", '{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600, "null"],
    ["whose id is no UTF-8", Buffer.from('{"jsonrpc":"2.0","id":"\xff","method":"ping"}', "latin1"), -32700, "null"],
    ["whose keys are in the wrong case", '{"jsonrpc":"2.0","ID":1,"Method":"ping"}', -32600, "null"],
  ];
  for (const [what, line, code, id] of cases) {
    test(`${what} is answered with ${code} under the id ${id}`, async () => {
      const answers = await answersTo(line);
      expect(answers.map((text) => JSON.parse(text))).toEqual([
        { jsonrpc: "2.0", id: JSON.parse(id), error: { code, message: expect.any(String) } },
      ]);
    });
  }

  test("costs nothing but itself", async () => {
    const { client } = connect();
    client.peer.write('nonsense\n\n \r\n[[[[\n{"jsonrpc":"2.0","id":1,"method":"ping"}\r\n');
    expect((await client.reply(1)).text).toBe('{"jsonrpc":"2.0","id":1,"result":{}}');
    expect(client.peer.lines.length).toBe(3);
  });
});

describe("a client that sends what is not a request", () => {
  for (const line of [
    '{"jsonrpc":"2.0","id":1,"result":{}}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}',
    '{"jsonrpc":"2.0","method":"ping"}',
    '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}',
    "",
    " \t\r",
  ]) {
    test(`gets no answer: ${JSON.stringify(line)}`, async () => {
      expect(await answersTo(line)).toEqual([]);
    });
  }
});
