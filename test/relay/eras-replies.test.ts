import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { replyEdits, resultTypeOf, wrapStructured } from "../../src/relay/eras.ts";
import { slot } from "../../src/wire/members.ts";
import { edited, isObject, type Json, textOf, unchanged, without } from "../support/edited.ts";
import { metaName } from "../support/envelope.ts";
import { cuts, messageOf } from "../wire/drive.ts";
import { messageText } from "../wire/generators.ts";

const server = '{"name":"x","version":"1"}';

const reply = (result: string) => `{"jsonrpc":"2.0","id":"ours","result":${result}}`;
const toModern = (text: string, method = "tools/call") =>
  edited(text, (message) => replyEdits(message, "legacy", "modern", method, server));
const toLegacy = (text: string, method = "tools/call") =>
  edited(text, (message) => replyEdits(message, "modern", "legacy", method, server));

describe("a reply to a modern client", () => {
  test("says that it is complete and who answered, and is the same otherwise, whatever it looks like", () => {
    fc.assert(
      fc.property(messageText, fc.constantFrom("tools/call", "resources/read"), cuts, (text, method, at) => {
        const message = messageOf(text, at);
        fc.pre(message.kind === "reply" && message.has(slot.result));
        const before = JSON.parse(unchanged(text)) as Json;
        const after = JSON.parse(textOf(message, replyEdits(message, "legacy", "modern", method, server)));
        if (!isObject(before["result"])) {
          expect(after).toEqual(before);
          return;
        }
        const meta = isObject(before["result"]["_meta"]) ? before["result"]["_meta"] : {};
        const hints = method === "resources/read" ? { ttlMs: 0, cacheScope: "private" } : {};
        const added = {
          resultType: "complete",
          ...hints,
          _meta: { ...meta, [metaName.serverInfo]: JSON.parse(server) },
        };
        expect(after).toEqual({ ...before, result: { ...before["result"], ...added } });
      }),
      { numRuns: 800 },
    );
  });

  const signed = `"_meta":{"${metaName.serverInfo}":${server}}`;
  const complete = '"resultType":"complete"';
  const hints = '"ttlMs":0,"cacheScope":"private"';

  test.each([
    ["an empty result", "{}", `{${complete},${signed}}`],
    ["content", '{"content":[]}', `{${complete},${signed},"content":[]}`],
    ["an empty _meta", '{"_meta":{}}', `{${complete},${signed}}`],
    ["a _meta that is null", '{"_meta":null}', `{${complete},${signed}}`],
    ["two _meta", '{"_meta":{"a":1},"_meta":{}}', `{${complete},"_meta":{"a":1},${signed}}`],
    [
      "a type that means a question",
      '{"resultType":"input_required","inputRequests":{}}',
      `{${complete},${signed},"inputRequests":{}}`,
    ],
    ["another's signature", `{"_meta":{"${metaName.serverInfo}":{"name":"forged"}}}`, `{${complete},${signed}}`],
    ["hints of its own", '{"ttlMs":5,"a":1}', `{${complete},${signed},"ttlMs":5,"a":1}`],
  ])("that had %s", (_what, before, after) => {
    expect(toModern(reply(before))).toBe(reply(after));
  });

  test.each([
    "server/discover",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
  ])("to %s says that nobody may keep it, whatever the server says", (method) => {
    const before = reply('{"cacheScope":"public","a":1,"ttlMs":999}');
    expect(toModern(before, method)).toBe(reply(`{${complete},${hints},${signed},"a":1}`));
  });

  test.each(["null", "[]", '"text"', "5"])("is unchanged where its result is %s", (result) => {
    expect(toModern(reply(result), "resources/read")).toBe(reply(result));
  });

  test.each([
    ["-32002", "-32602"],
    ["-32002.0", "-32602"],
    ["-3.2002e4", "-32602"],
    ["-32042", "-32042"],
    ["-32603", "-32603"],
    ['"-32002x"', '"-32002x"'],
    ["null", "null"],
  ])("with the error code %s has %s", (before, after) => {
    const error = (code: string) =>
      `{"jsonrpc":"2.0","id":"ours","error":{"data":{"a":1},"code":${code},"message":"m"}}`;
    expect(toModern(error(before))).toBe(error(after));
    expect(toLegacy(error(before))).toBe(error(before));
  });

  test("with an error without a code is unchanged", () => {
    expect(toModern('{"jsonrpc":"2.0","id":"ours","error":{}}')).toBe('{"jsonrpc":"2.0","id":"ours","error":{}}');
  });
});

describe("a reply to a legacy client", () => {
  test("says nothing of its type and of who answered, and is the same otherwise", () => {
    fc.assert(
      fc.property(messageText, fc.constantFrom("tools/call", "resources/read"), cuts, (text, method, at) => {
        const message = messageOf(text, at);
        fc.pre(message.kind === "reply" && message.has(slot.result));
        const before = JSON.parse(unchanged(text)) as Json;
        const hints = method === "resources/read" ? ["ttlMs", "cacheScope"] : [];
        const wanted = { ...before };
        if (isObject(before["result"])) {
          const result = without(before["result"], "resultType", ...hints);
          if (isObject(result["_meta"])) result["_meta"] = without(result["_meta"], metaName.serverInfo);
          wanted["result"] = result;
        }
        expect(JSON.parse(textOf(message, replyEdits(message, "modern", "legacy", method, server)))).toEqual(wanted);
      }),
      { numRuns: 800 },
    );
  });

  test("is the very bytes that a legacy server wrote before it was made modern", () => {
    for (const method of ["tools/call", "resources/read"]) {
      for (const result of ['{"content":[],"_meta":{"a":1}}', '{ "a" : 1e400 , "_meta" : { "b" : [ ] } }']) {
        expect(toLegacy(toModern(reply(result), method), method)).toBe(reply(result));
      }
    }
  });

  test("keeps a mark of ours that a server wrote out of ours, beside the signature that goes", () => {
    const forged = (signature: string, mark: string) => reply(`{"_meta":{${signature}${mark}:1,"a":1},"content":[]}`);
    const signature = `"${metaName.serverInfo}":{"tutti/error":2},`;
    expect(toLegacy(forged(signature, '"tutti/error"'))).toBe(forged("", '"foreign"'));
  });
});

describe("the type of a result", () => {
  test.each([
    ["{}", "modern", "complete"],
    ['{"resultType":"complete"}', "modern", "complete"],
    ['{"resultType":"input_\\u0072equired"}', "modern", "input_required"],
    ['{"resultType":"task"}', "modern", "task"],
    ['{"resultType":"é"}', "modern", "é"],
    ['{"resultType":7}', "modern", "7"],
    ['{"resultType":null}', "modern", "null"],
    ['{"resultType":"input_required"}', "legacy", "complete"],
    ['{"task":{}}', "legacy", "complete"],
    ["null", "modern", "complete"],
  ] as const)("of %s from a %s server is %s", (result, from, type) => {
    expect(resultTypeOf(messageOf(reply(result)), from)).toBe(type);
  });

  test("of an error is complete: nothing more comes", () => {
    expect(resultTypeOf(messageOf('{"jsonrpc":"2.0","id":1,"error":{"resultType":"task"}}'), "modern")).toBe(
      "complete",
    );
  });
});

describe("structured content for a legacy client", () => {
  const wrapped = (text: string, isWrapped: boolean) => edited(text, (message) => wrapStructured(message, isWrapped));

  test.each(["[1,2]", "5", '"é"', "null", "false"])("is wrapped where it is %s, whatever the schema", (value) => {
    const expected = reply(`{"structuredContent":{"result":${value}},"content":[]}`);
    expect(wrapped(reply(`{"structuredContent":${value},"content":[]}`), true)).toBe(expected);
    expect(wrapped(reply(`{"structuredContent":${value},"content":[]}`), false)).toBe(expected);
  });

  test("that is an object is wrapped only where its schema is shown wrapped", () => {
    const text = reply('{"structuredContent":{"a":1}}');
    expect(wrapped(text, false)).toBe(text);
    expect(wrapped(text, true)).toBe(reply('{"structuredContent":{"result":{"a":1}}}'));
  });

  test("is not made up", () => {
    expect(wrapped(reply("{}"), true)).toBe(reply("{}"));
  });

  test("goes together with what else is changed, at its end too", () => {
    const text = reply('{"structuredContent":7,"resultType":"complete"}');
    const both = edited(text, (message) => [
      ...replyEdits(message, "modern", "legacy", "tools/call", server),
      ...wrapStructured(message, false),
    ]);
    expect(both).toBe(reply('{"structuredContent":{"result":7}}'));
  });
});
