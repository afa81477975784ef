import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BadLine } from "../../src/wire/lines.ts";
import { slot } from "../../src/wire/members.ts";
import { longestString, Message, type Outgoing } from "../../src/wire/message.ts";
import { readWhole, Whole } from "../../src/wire/whole.ts";
import { cuts, cutUp, defaultLimits, hear, plain } from "./drive.ts";
import { messageText, mutated } from "./generators.ts";

const limits = { maxMessageBytes: 600, maxDepth: 6 };

function bytesOf(read: Message | BadLine): string | BadLine {
  return read instanceof Message ? read.slice(0, read.length) : read;
}

function problemOf(body: Outgoing, bounds = limits): BadLine["problem"] | "none" {
  const read = readWhole(body, bounds);
  return read instanceof Message ? "none" : read.problem;
}

describe("a whole text", () => {
  test("is judged as the same text on a line would be, whatever parts it comes in", () => {
    const text = fc
      .oneof(messageText.map(Buffer.from), mutated(messageText))
      .filter((bytes) => !/^[ \t\r]*$/.test(bytes.toString("latin1")) && !bytes.includes(0x0a));
    fc.assert(
      fc.property(text, cuts, (bytes, at) => {
        const whole = new Whole(limits);
        for (const part of cutUp(bytes, at)) whole.push(part);
        expect(plain([whole.end()])).toEqual(plain(hear([Buffer.from(bytes)], limits)));
        expect(plain([readWhole([Buffer.from(bytes)], limits)])).toEqual(plain(hear([Buffer.from(bytes)], limits)));
      }),
      { numRuns: 1000 },
    );
  });

  test("says how much of it is kept until it is over", () => {
    const whole = new Whole(limits);
    whole.push(Buffer.from('{"jsonrpc":'));
    expect(whole.heldBytes).toBe(11);
    whole.push(Buffer.from('"2.0"'));
    expect(whole.heldBytes).toBe(16);
    whole.end();
    expect(whole.heldBytes).toBe(0);
  });

  test("may be broken into lines, which become spaces", () => {
    const text = '\n{\r\n  "jsonrpc": "2.0",\n\n  "id": 7,\n  "result": {"text": "a\\nb"}\n}\n';
    for (const body of [text, [Buffer.from(text)]]) {
      const read = readWhole(body, limits);
      expect(bytesOf(read)).toBe(text.replaceAll(/[\r\n]/g, " "));
      expect(read instanceof Message && read.integer(slot.id)).toBe(7);
    }
  });

  test("keeps the caller's bytes as they are", () => {
    const body = Buffer.from(`{"jsonrpc":"2.0",\n"id":7,"result":"${"x".repeat(longestString)}"}`);
    const before = Buffer.from(body);
    const read = readWhole([body.subarray(0, 100), body.subarray(100)], defaultLimits);
    expect(bytesOf(read)).toBe(body.toString("latin1").replace("\n", " "));
    expect(body.equals(before)).toBe(true);
  });

  test("is none with a line break in a string", () => {
    expect(problemOf('{"jsonrpc":"2.0","id":7,"result":{"text":"a\nb"}}')).toBe("not_json");
  });

  test.each([
    ["nothing", "", "not_json"],
    ["blanks", " \n\r\t", "not_json"],
    ["two texts", '{"jsonrpc":"2.0","method":"a"}\n{"jsonrpc":"2.0","method":"b"}', "not_json"],
    ["a batch", '[{"jsonrpc":"2.0","id":7,"result":{}}]', "not_rpc"],
    ["a page", "<html></html>", "not_json"],
    ["a byte order mark", '\xef\xbb\xbf{"jsonrpc":"2.0","method":"a"}', "not_json"],
    ["a reply without an id", '{"jsonrpc":"2.0","error":{"code":1,"message":""}}', "not_rpc"],
    ["too many bytes", `{"jsonrpc":"2.0","id":7,"result":"${"x".repeat(600)}"}`, "too_long"],
    ["too deep a text", '{"jsonrpc":"2.0","id":7,"result":[[[[[[[]]]]]]]}', "too_deep"],
    ["broken characters", '{"jsonrpc":"2.0","id":7,"result":"\xc3("}', "bad_utf8"],
  ] as const)("says what is wrong with %s", (_, body, problem) => {
    expect(problemOf(body)).toBe(problem);
    expect(problemOf([Buffer.from(body, "latin1")])).toBe(problem);
  });

  test("of which nothing came is told of as a bad line without anything in it", () => {
    const nothing = { problem: "not_json", id: undefined, hasMethod: false, isObject: false, head: "" };
    expect(readWhole("", limits)).toEqual(nothing);
  });

  test("that is spoilt still tells its id", () => {
    const read = readWhole('{"jsonrpc":"2.0",\n"id":"seven","result":', limits);
    expect(read).toMatchObject({ problem: "not_json", id: '"seven"', isObject: true, hasMethod: false });
  });
});
