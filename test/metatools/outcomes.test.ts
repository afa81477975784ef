import { describe, expect, test } from "vitest";
import { CallError, type CallErrorCode, toToolResult } from "../../src/errors.ts";
import type { Outcome } from "../../src/metatools/meta-tool.ts";
import { endOf, longestMessage } from "../../src/metatools/outcomes.ts";
import { errorOf } from "./scripted.ts";

type Settled = Exclude<Outcome, { readonly kind: "asks" }>;

function end(outcome: Outcome, isReadOnly = false) {
  const ended = endOf(outcome as Settled, isReadOnly);
  return "failure" in ended ? ended.failure : ended.success;
}

function given(result: object | string): Outcome {
  return { kind: "result", result: Buffer.from(typeof result === "string" ? result : JSON.stringify(result)) };
}

/** As the relay gives a failure of tutti's own. */
function own(code: CallErrorCode, text = "s: it failed", sent?: boolean): Outcome {
  const error = new CallError(code, text, { server: "s", ...(sent !== undefined && { sent }) });
  const { result } = JSON.parse(toToolResult("1", error) as string) as { result: object };
  return given(result);
}

describe("a result", () => {
  test("has its structured content as its value, to the byte", () => {
    const success = end(given('{"content":[],"structuredContent":{"n":12345678901234567890.0}}'));
    expect(success).toMatchObject({ media: [] });
    expect("value" in success && success.value.toString()).toBe('{"n":12345678901234567890.0}');
  });

  test("keeps images, audio and resources beside it", () => {
    const image = '{"type":"image","data":"AA==","mimeType":"image/png"}';
    const link = '{ "type" : "resource_link", "uri":"a:b","name":"c"}';
    const success = end(given(`{"content":[{"type":"text","text":"x"},${image},7,{"type":"odd"},${link}]}`));
    expect("media" in success && success.media.map(String)).toEqual([image, link]);
  });

  test("of a type that cannot be waited for is a protocol error", () => {
    expect(end(given({ resultType: "task", taskId: "t" }))).toMatchObject({ code: "protocol_error" });
    expect(end(given({ resultType: "complete", content: [] }))).toMatchObject({ media: [] });
  });
});

describe("an error", () => {
  test("of the tool has the tool's own text", () => {
    expect(end(errorOf("rate limited, retry in 30 s"))).toEqual({
      code: "tool_error",
      message: "rate limited, retry in 30 s",
    });
  });

  test("has all of its texts, and what there is where there are none", () => {
    const texts = ["a", "b"].map((text) => ({ type: "text", text }));
    expect(end(given({ content: texts, isError: true }))).toMatchObject({ message: "a\nb" });
    expect(end(given({ isError: true, structuredContent: { é: 1 } }))).toMatchObject({ message: '{"é":1}' });
    expect(end(given({ content: "odd", isError: true }))).toMatchObject({
      message: expect.stringMatching(/did not say/),
    });
  });

  test("is cut where it is too long, at a whole character", () => {
    const failure = end(errorOf(`x${"😀".repeat(longestMessage)}`));
    const message = "message" in failure ? failure.message : "";
    expect(message).toMatch(/^x(?:😀)+…$/u);
    expect(message.length).toBe(longestMessage);
  });

  test("of JSON-RPC keeps its code, whichever way it comes", () => {
    const expected = { code: "protocol_error", message: "no such row", rpcCode: -32_001 };
    expect(end({ kind: "error", code: -32_001, message: "no such row", data: undefined })).toEqual(expected);
    const mark = { origin: "server", server: "s", code: -32_001, message: "no such row", data: { origin: "tutti" } };
    expect(end(errorOf("no such row", mark))).toEqual(expected);
  });

  test("of tutti's own is called as the reference says", () => {
    const codes = [
      "unknown_tool",
      "queue_full",
      "unavailable",
      "timed_out",
      "connection_lost",
      "bad_reply",
      "login_required",
      "cannot_ask",
      "cancelled",
      "internal",
    ] as const;
    expect(codes.map((code) => [code, (end(own(code)) as { code: string }).code])).toEqual([
      ["unknown_tool", "unknown_tool"],
      ["queue_full", "busy"],
      ["unavailable", "unavailable"],
      ["timed_out", "timeout"],
      ["connection_lost", "unavailable"],
      ["bad_reply", "protocol_error"],
      ["login_required", "denied"],
      ["cannot_ask", "input_required"],
      ["cancelled", "cancelled"],
      ["internal", "unavailable"],
    ]);
  });

  test("over a message cap is too large", () => {
    const text = "s: the reply is longer than limits.maxMessageBytes. The call may have run.";
    expect(end(own("bad_reply", text))).toEqual({ code: "too_large", message: text });
  });

  test("says that it was not sent where it certainly was not", () => {
    for (const code of ["queue_full", "unavailable", "login_required"] as const) {
      expect(end(own(code))).toMatchObject({ sent: false });
    }
    expect(end(own("timed_out", "s: no place", false))).toMatchObject({ code: "timeout", sent: false });
  });

  test("says that nobody knows whether it was done, unless the tool only reads", () => {
    for (const code of ["timed_out", "connection_lost"] as const) {
      expect(end(own(code))).toMatchObject({ sent: "unknown" });
      expect(end(own(code), true)).not.toHaveProperty("sent");
    }
    expect(end(own("bad_reply"))).not.toHaveProperty("sent");
  });
});
