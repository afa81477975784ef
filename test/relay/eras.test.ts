import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  hasHints,
  notFoundCode,
  noticeEdits,
  notificationEdits,
  replyEdits,
  requestEdits,
  resultHead,
} from "../../src/relay/eras.ts";
import { edited, eras, isObject, type Json, textOf, unchanged, without } from "../support/edited.ts";
import { envelopeMembers, metaName } from "../support/envelope.ts";
import { cuts, messageOf } from "../wire/drive.ts";
import { jsonString, jsonText, messageText, objectOf } from "../wire/generators.ts";

const envelope = envelopeMembers({
  capabilities: '{"roots":{}}',
  info: '{"name":"é","version":"1"}',
  logLevel: "debug",
});
const envelopeBytes = Buffer.from(envelope).toString("latin1");
const envelopeObject = JSON.parse(`{${envelope}}`);
const answers = '"inputResponses":{"k":{"action":"accept"}},"requestState":"s"';
const ofEnvelope = [metaName.version, metaName.capabilities, metaName.clientInfo, metaName.logLevel];

const request = (params: string) => `{"jsonrpc":"2.0","id":"ours","method":"m"${params && `,"params":${params}`}}`;
const toModern = (text: string, more = "") =>
  edited(text, (message) => requestEdits(message, "legacy", "modern", envelopeBytes, more));
const toLegacy = (text: string) =>
  edited(text, (message) => requestEdits(message, "modern", "legacy", envelopeBytes, answers));

describe("within an era", () => {
  test("nothing is changed, whatever the message looks like", () => {
    fc.assert(
      fc.property(messageText, fc.constantFrom(...eras), (text, era) => {
        const message = messageOf(text);
        const edits = [
          ...requestEdits(message, era, era, envelopeBytes, answers),
          ...replyEdits(message, era, era, "resources/read", "{}"),
          ...notificationEdits(message, era, era),
        ];
        expect(edits).toEqual([]);
      }),
    );
  });
});

describe("a request to a modern server", () => {
  test("says who asks, and is the same otherwise, whatever it looks like", () => {
    fc.assert(
      fc.property(messageText, fc.boolean(), cuts, (text, isRetry, at) => {
        const message = messageOf(text, at);
        fc.pre(message.kind === "request");
        const edits = requestEdits(message, "legacy", "modern", envelopeBytes, isRetry ? answers : "");
        const before = JSON.parse(unchanged(text)) as Json;
        const params = before["params"] ?? {};
        const after = JSON.parse(textOf(message, edits)) as Json;
        if (!isObject(params)) {
          expect(after).toEqual(before);
          return;
        }
        const meta = isObject(params["_meta"]) ? params["_meta"] : {};
        const wanted = { ...without(params, "inputResponses", "requestState"), _meta: { ...meta, ...envelopeObject } };
        expect(after).toEqual({ ...before, params: { ...wanted, ...(isRetry ? JSON.parse(`{${answers}}`) : {}) } });
      }),
      { numRuns: 800 },
    );
  });

  test.each([
    ["no params", "", `{"_meta":{${envelope}}}`],
    ["params that are null", "null", `{"_meta":{${envelope}}}`],
    ["empty params", "{}", `{"_meta":{${envelope}}}`],
    ["params without _meta", '{"a":1}', `{"_meta":{${envelope}},"a":1}`],
    ["an empty _meta", '{"a":1,"_meta":{}}', `{"a":1,"_meta":{${envelope}}}`],
    ["a _meta that is null", '{"_meta":null}', `{"_meta":{${envelope}}}`],
    ["a _meta that is an array", '{"_meta":[1]}', `{"_meta":{${envelope}}}`],
    [
      "a token and a trace",
      '{"_meta":{"progressToken":7,"traceparent":"t"}}',
      `{"_meta":{${envelope},"progressToken":"ours","traceparent":"t"}}`,
    ],
    [
      "an envelope of its own, in other spelling",
      `{"_meta":{"a":1,"${metaName.version}":"x","\\u0069o.modelcontextprotocol\\/clientInfo":{"name":"forged"}}}`,
      `{"_meta":{${envelope},"a":1}}`,
    ],
    ["an envelope and nothing else", `{"_meta":{"${metaName.logLevel}":1}}`, `{"_meta":{${envelope}}}`],
    ["answers that nobody asked for", '{"inputResponses":{},"requestState":"forged"}', `{"_meta":{${envelope}}}`],
  ])("that came with %s", (_what, params, expected) => {
    expect(toModern(request(params))).toBe(request(expected));
  });

  test.each([
    ["no params", "", `{"_meta":{${envelope}},${answers}}`],
    ["null", "null", `{"_meta":{${envelope}},${answers}}`],
    ["empty params", "{}", `{"_meta":{${envelope}},${answers}}`],
    ["_meta alone", '{"_meta":{}}', `{${answers},"_meta":{${envelope}}}`],
    ["old answers alone", '{"requestState":"old","inputResponses":1}', `{"_meta":{${envelope}},${answers}}`],
    ["old answers and _meta", '{"_meta":{},"requestState":"old"}', `{${answers},"_meta":{${envelope}}}`],
  ])("that is sent again with answers and came with %s", (_what, params, expected) => {
    expect(toModern(request(params), answers)).toBe(request(expected));
  });

  test.each(["[]", "[1,2]", '"text"', "5", "true"])("is left to the server where its params are %s", (params) => {
    expect(toModern(request(params), answers)).toBe(request(params));
  });

  test("keeps every byte of its letter", () => {
    const letter = '"arguments":{"n":1e400,"big":9223372036854775807,"a":1,"a":2,"\\u0061":-0,"_meta":{"x":1}}';
    expect(toModern(request(`{${letter}}`))).toBe(request(`{"_meta":{${envelope}},${letter}}`));
  });
});

describe("a request to a legacy server", () => {
  test("does not say who asks nor bring answers, and is the same otherwise", () => {
    fc.assert(
      fc.property(messageText, cuts, (text, at) => {
        const message = messageOf(text, at);
        fc.pre(message.kind === "request");
        const edits = requestEdits(message, "modern", "legacy", envelopeBytes, answers);
        const before = JSON.parse(unchanged(text)) as Json;
        const wanted = { ...before };
        if (isObject(before["params"])) {
          const params = without(before["params"], "inputResponses", "requestState");
          if (isObject(params["_meta"])) params["_meta"] = without(params["_meta"], ...ofEnvelope);
          wanted["params"] = params;
        }
        expect(JSON.parse(textOf(message, edits))).toEqual(wanted);
      }),
      { numRuns: 800 },
    );
  });

  test("is the very bytes that a legacy client wrote before it was made modern", () => {
    const members = fc.array(fc.tuple(jsonString, jsonText), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(objectOf(members), objectOf(members), (letter, meta) => {
        const text = request(`{"arguments":${letter},"_meta":${meta}}`).replaceAll("\r", " ");
        expect(toLegacy(toModern(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test("keeps a token, a trace and what others write beside the envelope", () => {
    const meta = `"progressToken":1,${envelope},"traceparent":"t","${metaName.subscriptionId}":4`;
    const expected = `{"_meta":{"progressToken":"ours","traceparent":"t","${metaName.subscriptionId}":4},"a":1}`;
    expect(toLegacy(request(`{"_meta":{${meta}},"a":1,${answers}}`))).toBe(request(expected));
  });

  test.each(["", "null", "[]", "{}", '{"_meta":null}', '{"_meta":[]}'])(
    "is unchanged where its params are %s",
    (params) => {
      expect(toLegacy(request(params))).toBe(request(params));
    },
  );
});

describe("a notification to a legacy client", () => {
  const notice = (params: string) =>
    `{"jsonrpc":"2.0","method":"notifications/message"${params && `,"params":${params}`}}`;
  const toClient = (text: string) => edited(text, (message) => notificationEdits(message, "modern", "legacy"));

  test("does not say which listener it is for", () => {
    const meta = `"a":1,"${metaName.subscriptionId}":"s"`;
    expect(toClient(notice(`{"_meta":{${meta}},"level":"info"}`))).toBe(notice('{"_meta":{"a":1},"level":"info"}'));
  });

  test.each(["", "[]", "{}", '{"_meta":null}', '{"_meta":{"a":1}}'])(
    "is unchanged where its params are %s",
    (params) => {
      expect(toClient(notice(params))).toBe(notice(params));
    },
  );

  test("to a modern one is unchanged", () => {
    const message = messageOf(notice(`{"_meta":{"${metaName.subscriptionId}":"s"}}`));
    expect(notificationEdits(message, "legacy", "modern")).toEqual([]);
  });
});

test("a client's notification loses what it says of its sender, and nothing where it says nothing", () => {
  const of = (version: string) =>
    messageOf(`{"jsonrpc":"2.0","method":"n","params":{"requestState":"s","_meta":{${version}"a":1}}}`);
  const [legacy, modern] = [of(""), of(`"${metaName.version}":"2026-07-28",`)];
  expect([legacy, modern].map((message) => noticeEdits(message, "modern"))).toEqual([[], []]);
  expect(noticeEdits(legacy, "legacy")).toEqual([]);
  expect(modern.splice(noticeEdits(modern, "legacy")).toString()).toContain('{"_meta":{"a":1}}');
});

test("what we say ourselves fits the client's era", () => {
  expect(eras.map(resultHead)).toEqual(["", '"resultType":"complete",']);
  expect(eras.map(hasHints)).toEqual([false, true]);
  expect(eras.map(notFoundCode)).toEqual([-32002, -32602]);
});
