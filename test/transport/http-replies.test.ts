import { describe, expect, test } from "vitest";
import { Replies, type Sort } from "../../src/transport/http-replies.ts";

const mib = 1024 * 1024;
const replies = new Replies();

function inPieces(text: string, size: number): readonly Buffer[] {
  const bytes = Buffer.from(text, "latin1");
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

describe("what a message is", () => {
  const long = `"${"x".repeat(2000)}"`;
  const nested = "[".repeat(500) + "]".repeat(500);
  const cases: readonly [Sort, string][] = [
    ["result", '{"jsonrpc":"2.0","id":1,"result":{}}'],
    ["result", '{"result":{"method":"x","error":{}},"id":1,"jsonrpc":"2.0"}'],
    ["result", ' { "id" : "method" , "jsonrpc" : "2.0" , "result" : null } '],
    ["result", `{"id":${long},"jsonrpc":"2.0","result":1}`],
    ["result", `{"params":{"method":"x"},"vendor":${nested},"id":1,"jsonrpc":"2.0","result":1}`],
    ["result", '{"jsonrpc":"2.0","id":1,"r\\u0065sult":{}}'],
    ["error", '{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"method"}}'],
    ["method", '{"jsonrpc":"2.0","method":"x","params":{"result":1}}'],
    ["method", '{"params":{"result":1,"error":2},"method":"x","jsonrpc":"2.0"}'],
    ["method", '{"id":1,"params":{"a":"\\"result\\":"},"jsonrpc":"2.0","method":"result"}'],
  ];
  for (const [sort, text] of cases) {
    test(`is told of ${text.slice(0, 60)}`, () => {
      expect(replies.sortOf(text)).toBe(sort);
      for (const size of [1, 7, 64, 600, mib]) expect(replies.sortOf(inPieces(text, size))).toBe(sort);
    });
  }

  test("is told of a long reply from its beginning alone", () => {
    const result = Buffer.alloc(mib, 0xff);
    expect(replies.sortOf([Buffer.from('{"id":1,"result":"'), result, Buffer.from("never an end")])).toBe("result");
  });
});

test("the code of an error is read wherever it stands", () => {
  expect(new Replies().codeOf('{"error":{"data":{"code":1},"message":"m","code":-32601},"id":1,"jsonrpc":"2.0"}')).toBe(
    -32601,
  );
  expect(new Replies().codeOf('{"error":{},"id":1,"jsonrpc":"2.0"}')).toBeNaN();
  expect(new Replies().codeOf('{"error":"x","id":1,"jsonrpc":"2.0"}')).toBeNaN();
});
