import { describe, expect, test } from "vitest";
import {
  CallError,
  type CallErrorCode,
  serverErrorAsResult,
  serverErrorInOneLine,
  toProtocolError,
  toToolResult,
} from "../src/errors.ts";
import { toBytes } from "../src/wire/message.ts";
import { messageOf } from "./wire/drive.ts";

const text = (outgoing: unknown) => Buffer.from(outgoing as string, "latin1").toString();

const mayHaveRun: Readonly<Record<CallErrorCode, boolean>> = {
  unknown_tool: false,
  queue_full: false,
  unavailable: false,
  timed_out: true,
  connection_lost: true,
  bad_reply: true,
  cannot_ask: true,
  cancelled: true,
  internal: true,
  login_required: false,
  bad_arguments: false,
  withheld: false,
};

describe("a call error", () => {
  for (const [code, ran] of Object.entries(mayHaveRun)) {
    test(`${code} says that the call ${ran ? "may have run" : "did not run"}, as a failed result`, () => {
      const error = new CallError(code as CallErrorCode, "é: text", { server: 'é"' });
      expect(JSON.parse(text(toToolResult(toBytes('"é"'), error)))).toEqual({
        jsonrpc: "2.0",
        id: "é",
        result: {
          content: [{ type: "text", text: "é: text" }],
          isError: true,
          _meta: { "tutti/error": { origin: "tutti", server: 'é"', code, mayHaveRun: ran } },
        },
      });
    });
  }

  test("says what is known about this call where that is more", () => {
    expect(new CallError("timed_out", "m", { sent: false }).mayHaveRun).toBe(false);
    expect(new CallError("unavailable", "m", { sent: true }).mayHaveRun).toBe(true);
  });

  test("names no server where the call had none, and keeps its cause", () => {
    const cause = new Error("why");
    const error = new CallError("unknown_tool", "m", { cause });
    expect(error.cause).toBe(cause);
    expect(error.name).toBe("CallError");
    expect(JSON.parse(text(toToolResult("1", error))).result._meta["tutti/error"]).toEqual({
      origin: "tutti",
      code: "unknown_tool",
      mayHaveRun: false,
    });
  });
});

test("a protocol error has the id as it stands and the message in bytes", () => {
  expect(text(toProtocolError("1.0", -32602, 'é "x"\n'))).toBe(
    '{"jsonrpc":"2.0","id":1.0,"error":{"code":-32602,"message":"é \\"x\\"\\n"}}',
  );
});

test("a server's error in one line is bounded, and complete without message and code", () => {
  const inOneLine = (error: string) => serverErrorInOneLine(messageOf(`{"jsonrpc":"2.0","id":1,"error":${error}}`));
  expect(inOneLine('{"code":-1,"message":"one\\ntwo \\r\\n three"}')).toBe("one two three (-1)");
  expect(inOneLine("7")).toBe("no message (no code)");
  expect(inOneLine(`{"code":${"1".repeat(9999)},"message":"${"x".repeat(9999)}"}`).length).toBeLessThan(400);
});

describe("a server's error as a result", () => {
  const asResult = (error: string) =>
    serverErrorAsResult("7", "s", messageOf(`{"jsonrpc":"2.0","id":1,"error":${error}}`));

  test("has its code, message and data as they stand", () => {
    expect(text(asResult('{"data":{"a":1.0},"code":1e2,"message":"\\u0041"}'))).toBe(
      '{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"\\u0041"}],"isError":true,' +
        '"_meta":{"tutti/error":{"origin":"server","server":"s","code":1e2,"message":"\\u0041","data":{"a":1.0}}}}}',
    );
  });

  for (const code of ["-32042", "-32020", "-32099", "-32042.0", "-3.2042e4"]) {
    test(`is none for the protocol's own code ${code}`, () => {
      expect(asResult(`{"code":${code},"message":"m"}`)).toBeUndefined();
    });
  }

  for (const code of ["-32019", "-32100", "-32603", "0", '"-32042"', "null", "1e400"]) {
    test(`is one for the code ${code}`, () => {
      expect(asResult(`{"code":${code},"message":"m"}`)).toBeDefined();
    });
  }
});
