import { describe, expect, test } from "vitest";
import { answersTo, connect, enveloped, request } from "./connect.ts";

const initialize = request(0, "initialize", '{"protocolVersion":"2025-11-25","capabilities":{"roots":{}}}');

describe("a client for which nobody answers yet", () => {
  test("has its pings answered", async () => {
    expect(await answersTo('{"jsonrpc":"2.0","id":"a\\u0000é","method":"ping"}')).toEqual([
      '{"jsonrpc":"2.0","id":"a\\u0000é","result":{}}',
    ]);
  });

  test("has everything else kept in order until somebody does, and then passed on as it comes", async () => {
    const { say, serve, heard } = connect();
    const cancelled = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}';
    expect(await say(request(1, "tools/list"), cancelled, request(2, "tools/call"))).toEqual([]);
    serve();
    expect(heard).toEqual(["tools/list 1", "notifications/cancelled", "tools/call 2"]);
    await say(request(3, "prompts/list"));
    expect(heard.slice(3)).toEqual(["prompts/list 3"]);
  });

  test("keeps for each request whose it was when it came", async () => {
    const { say, serve, handed } = connect();
    const able = enveloped({ capabilities: '{"sampling":{}}' });
    await say(request(1, "a"), initialize, request(2, "b"), request(3, "c", able));
    serve();
    const origins = handed.map(({ origin: { era, identity } }) => [era, identity.capabilities]);
    expect(origins).toEqual([
      ["legacy", "{}"],
      ["legacy", '{"roots":{}}'],
      ["modern", '{"sampling":{}}'],
    ]);
  });

  test("loses none of a thousand requests, nor their order", async () => {
    const { say, serve, heard } = connect();
    await say(...Array.from({ length: 1000 }, (_, id) => request(id, "m")));
    serve();
    expect(heard).toEqual(Array.from({ length: 1000 }, (_, id) => `m ${id}`));
  });
});

describe("a client that leaves", () => {
  test("has its end told after everything that it has said, once", async () => {
    const { say, serve, heard, ours, peer } = connect();
    serve();
    await say(request(1, "tools/call"));
    peer.end();
    await say();
    ours.closed();
    expect(heard).toEqual(["tools/call 1", "closed"]);
  });

  test("before anybody answers has both told to who comes", async () => {
    const { say, serve, heard, ours } = connect();
    await say(request(1, "tools/call"));
    ours.closed();
    expect(heard).toEqual([]);
    serve();
    expect(heard).toEqual(["tools/call 1", "closed"]);
  });

  test("may still be sent what it has asked for: it may only have ended its side", async () => {
    const { say, ours, peer } = connect();
    ours.closed();
    ours.notify('{"jsonrpc":"2.0","id":1,"result":{}}');
    await say();
    expect(peer.lines.map(({ text }) => text)).toEqual(['{"jsonrpc":"2.0","id":1,"result":{}}']);
  });

  test("matters to nobody who does not ask for it", () => {
    const { ours } = connect();
    ours.serve({
      request: () => {},
      notification: () => {},
      withdrawn: () => false,
      about: () => ({ instructions: "", extensions: "" }),
    });
    expect(() => ours.closed()).not.toThrow();
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
    const { say } = connect();
    const answers = await say('nonsense\n\n \r\n[[[[\n{"jsonrpc":"2.0","id":1,"method":"ping"}\r');
    expect(answers.length).toBe(3);
    expect(answers[2]).toBe('{"jsonrpc":"2.0","id":1,"result":{}}');
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
