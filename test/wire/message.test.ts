import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Slot, slot } from "../../src/wire/members.ts";
import {
  type Edit,
  encodeString,
  kindOf,
  type Message,
  type Outgoing,
  sizeOf,
  spliced,
  toBytes,
} from "../../src/wire/message.ts";
import { type Cuts, cuts, cutUp, messageOf, scan } from "./drive.ts";
import { envelopeText, jsonString, jsonText, messageText } from "./generators.ts";
import { naiveKind } from "./naive.ts";

const runs = { numRuns: 1000 };
const slots = Object.values(slot);

function bytesOf(message: Outgoing): Buffer {
  return typeof message === "string" ? Buffer.from(message, "latin1") : Buffer.concat(message);
}

/** A request with `id`, whose letter is long enough to stay in buffers where `isLong`. */
function request(members: string, isLong = false, at: Cuts = []): Message {
  const filling = isLong ? `,"filling":"${"é".repeat(20_000)}"` : "";
  return messageOf(`{"jsonrpc":"2.0","method":"m"${filling},${members}}`, at);
}

function isInLetter(text: string, member: Slot): boolean {
  return messageOf(text).has(member);
}

test("a message tells where the names stand that only tutti may write", () => {
  const message = messageOf('{"jsonrpc":"2.0","id":1,"result":{"_meta":{"a":1,"tutti/error":{}}}}');
  const [start = 0, end = 0, ...more] = message.reservedNames;
  expect([message.slice(start, end), more]).toEqual(['"tutti/error"', []]);
});

test("a message whose members were moved has those where they are now, and the others where they stood", () => {
  const message = messageOf('{"jsonrpc":"2.0","id":7,"method":"a","params":{"name":"b"}}');
  const body = '{"jsonrpc":"2.0","id":7,"method":"a","params":{"name":"long"}}';
  const [name, params] = ['"long"', '{"name":"long"}'].map((text) => ({
    start: body.indexOf(text),
    end: body.indexOf(text) + text.length,
  })) as [{ start: number; end: number }, { start: number; end: number }];
  const moved = message.moved(body, [
    { member: slot.name, ...name },
    { member: slot.params, ...params },
  ]);
  const whole = messageOf(body);
  const all = (one: Message) => slots.map((member) => [one.start(member), one.end(member)]);
  expect(all(moved)).toEqual(all(whole));
});

describe("the kind of a message", () => {
  test("is what the parsed object says, whatever it looks like", () => {
    fc.assert(
      fc.property(fc.oneof(envelopeText, messageText), cuts, (text, at) => {
        const bytes = Buffer.from(text);
        const { isTaken, spans } = scan(cutUp(bytes, at));
        fc.pre(isTaken);
        expect(kindOf(spans, cutUp(bytes, at))).toBe(naiveKind(JSON.parse(text)));
      }),
      { numRuns: 3000 },
    );
  });

  const kinds: readonly (readonly [string, Message["kind"] | undefined])[] = [
    ['"jsonrpc":"2.0","method":"m"', "notification"],
    ['"jsonrpc":"2.0","method":"m","id":0', "request"],
    ['"jsonrpc":"2.0","method":"m","id":""', "request"],
    ['"jsonrpc":"2.0","method":"m","id":9007199254740993', "request"],
    ['"jsonrpc":"2.0","method":"m","id":1.0', "request"],
    ['"jsonrpc":"2.0","method":"m","id":-1', "request"],
    ['"jsonrpc":"2.0","method":"m","id":null', undefined],
    ['"jsonrpc":"2.0","method":"m","id":{}', undefined],
    ['"jsonrpc":"2.0","method":"m","id":[1]', undefined],
    ['"jsonrpc":"2.0","method":"m","id":true', undefined],
    ['"jsonrpc":"2.0","method":7', undefined],
    ['"jsonrpc":"2.0","method":"m","id":1,"result":{}', undefined],
    ['"jsonrpc":"2.0","method":"m","error":{}', undefined],
    ['"jsonrpc":"2.0","id":1,"result":null', "reply"],
    ['"jsonrpc":"2.0","id":"1","error":{}', "reply"],
    ['"jsonrpc":"2.0","id":null,"error":{}', "reply"],
    ['"jsonrpc":"2.0","id":{},"error":{}', undefined],
    ['"jsonrpc":"2.0","id":1,"result":{},"error":{}', undefined],
    ['"jsonrpc":"2.0","id":1', undefined],
    ['"jsonrpc":"2.0","result":{}', undefined],
    ['"jsonrpc":"1.0","id":1,"result":{}', undefined],
    ['"jsonrpc":2.0,"id":1,"result":{}', undefined],
    ['"jsonrpc":12.05,"id":1,"result":{}', undefined],
    ['"jsonrpc":-2.05,"id":1,"result":{}', undefined],
    ['"jsonrpc":"2.0 ","id":1,"result":{}', undefined],
    ['"jsonrpc":"2,0","id":1,"result":{}', undefined],
    ['"jsonrpc":"2.1","id":1,"result":{}', undefined],
    ['"id":1,"result":{}', undefined],
    ['"level":30,"method":"GET"', undefined],
  ];
  test.each(kinds)("of {%s} is %s", (members, kind) => {
    const bytes = Buffer.from(`{${members}}`);
    expect(kindOf(scan([bytes]).spans, [bytes])).toBe(kind);
  });
});

describe("a member is read as JSON.parse reads it", () => {
  test("when it is a string written in any way, in whatever pieces it came", () => {
    fc.assert(
      fc.property(jsonString, fc.boolean(), cuts, (written, isLong, at) => {
        const message = request(
          `"id":${written},"params":{"name":${written}}`,
          isLong,
          isLong && at === "everywhere" ? [] : at,
        );
        expect(message.text(slot.id)).toBe(JSON.parse(written));
        expect(message.text(slot.name)).toBe(JSON.parse(written));
        expect(message.raw(slot.name)).toBe(toBytes(written));
        expect(message.parsed(slot.name)).toBe(JSON.parse(written));
        expect(message.firstByte(slot.name)).toBe(0x22);
      }),
      runs,
    );
  });

  test("when it is any value, in whatever pieces it came", () => {
    fc.assert(
      fc.property(jsonText, cuts, (written, at) => {
        const message = messageOf(`{"jsonrpc":"2.0","id":1,"result": ${written} }`, at);
        expect(message.parsed(slot.result)).toEqual(JSON.parse(written));
        expect(message.raw(slot.result)).toBe(
          toBytes(written.replace(/^[ \t\r]+|[ \t\r]+$/g, "")).replaceAll("\r", " "),
        );
        const value = JSON.parse(written);
        expect(message.text(slot.result)).toBe(typeof value === "string" ? value : undefined);
      }),
      runs,
    );
  });

  test.each([
    ['"tools\\/call"', "tools/call"],
    ['"\\u0074ools/call"', "tools/call"],
    ['"\\ud800"', "\ud800"],
    ['"\\\\"', "\\"],
    ['"\u2028\u2029"', "\u2028\u2029"],
    ['"😀é"', "😀é"],
    ['""', ""],
  ])("when its string is written %s", (written, text) => {
    expect(request(`"params":{"name":${written}}`).text(slot.name)).toBe(text);
  });

  test.each([
    ["0", 0],
    ["7", 7],
    ["999999999999999", 999_999_999_999_999],
    ["1000000000000000", -1],
    ["9007199254740993", -1],
    ["-1", -1],
    ["-0", -1],
    ["1.0", -1],
    ["1e3", -1],
    ['"1"', -1],
    ['""', -1],
    ["null", -1],
  ])("as an integer where it is one of at most 15 digits: %s", (written, integer) => {
    expect(request(`"params":{"progressToken":${written}}`).integer(slot.token)).toBe(integer);
  });

  test("not at all where it is not there", () => {
    const message = request('"params":{}');
    expect([message.has(slot.id), message.start(slot.id), message.end(slot.id)]).toEqual([false, -1, -1]);
    expect([message.raw(slot.id), message.text(slot.id), message.parsed(slot.id)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([message.firstByte(slot.id), message.integer(slot.id)]).toEqual([-1, -1]);
    expect(isInLetter('{"jsonrpc":"2.0","id":1,"result":{"name":"a","progressToken":1}}', slot.name)).toBe(false);
  });

  test("byte for byte as it was written, ids of 64 KiB too", () => {
    const ids = ["0", '""', "9007199254740992", "1.0", "-0", "1e400", `"${"i".repeat(65_536)}"`];
    for (const id of ids) {
      expect(request(`"id":${id}`, false, [3, 9, 30_000]).raw(slot.id)).toBe(id);
    }
  });
});

test("bytes are spliced in whatever order the edits come, and keep all that stands behind the last one", () => {
  const edits = [
    { start: 4, end: 5, bytes: "y" },
    { start: 1, end: 1, bytes: "x" },
  ];
  expect(spliced(Buffer.from("abcdef"), edits)).toBe("axbcdyf");
  expect(spliced(Buffer.from("abc"), [])).toBe("abc");
});

test("what is put in where something is replaced stands before it, and at one place in the order in which it was given", () => {
  const edits = [
    { start: 2, end: 4, bytes: "X" },
    { start: 2, end: 2, bytes: "1" },
    { start: 2, end: 2, bytes: "2" },
  ];
  expect(spliced(Buffer.from("abcdef"), edits)).toBe("ab12Xef");
  const message = messageOf('{"jsonrpc":"2.0","method":"m"}');
  expect(message.splice(edits)).toBe('{"12Xonrpc":"2.0","method":"m"}');
});

describe("a spliced message", () => {
  const replacements = fc.tuple(...slots.map(() => fc.option(jsonText, { nil: undefined })));

  test("differs in what was replaced and in no other byte, short or long, in whatever pieces it came", () => {
    fc.assert(
      fc.property(messageText, fc.boolean(), replacements, cuts, (text, isLong, values, at) => {
        const filled = isLong ? text.replace("{", `{"filling":"${"f".repeat(40_000)}",`) : text;
        const message = messageOf(filled, isLong && at === "everywhere" ? [41_000, 100] : at);
        const edits = editsOf(message, values);
        const original = Buffer.from(filled.replaceAll("\r", " "));
        let expected = Buffer.from("");
        let done = 0;
        for (const { start, end, bytes } of edits) {
          expected = Buffer.concat([expected, original.subarray(done, start), Buffer.from(bytes, "latin1")]);
          done = end;
        }
        expected = Buffer.concat([expected, original.subarray(done)]);
        const spliced = message.splice(edits);
        expect(bytesOf(spliced).toString()).toBe(expected.toString());
        expect(typeof spliced).toBe(original.length > 32_768 ? "object" : "string");
        expect(sizeOf(spliced)).toBe(expected.length);
        expect(bytesOf(message.splice([])).toString()).toBe(original.toString());
      }),
      runs,
    );
  });

  test("parses to the same value but for what was replaced", () => {
    fc.assert(
      fc.property(messageText, jsonText, cuts, (text, id, at) => {
        const message = messageOf(text, at);
        fc.pre(message.has(slot.id));
        const spliced = message.splice([
          { start: message.start(slot.id), end: message.end(slot.id), bytes: toBytes(id) },
        ]);
        expect(JSON.parse(bytesOf(spliced).toString())).toEqual({ ...JSON.parse(text), id: JSON.parse(id) });
      }),
      runs,
    );
  });

  test("keeps 64-bit integers, 1.0, -0, names given twice, escapes and unknown members as they stand", () => {
    const letter = '{"a":18446744073709551615,"a":1.0,"b":[-0,1e400,"\\ud800\\/\\u0041😀\u2028"],"__proto__":{}}';
    const text = `{"jsonrpc":"2.0","future":${letter},"id":1,"result":${letter}}`;
    const message = messageOf(text);
    const edit = { start: message.start(slot.id), end: message.end(slot.id), bytes: encodeString("é") };
    expect(bytesOf(message.splice([edit])).toString()).toBe(text.replace('"id":1', '"id":"é"'));
  });

  test("is the same in whatever order its edits are given", () => {
    const message = messageOf('{"jsonrpc":"2.0","id":1,"method":"m"}');
    const edits = [slot.method, slot.id, slot.jsonrpc].map((member) => ({
      start: message.start(member),
      end: message.end(member),
      bytes: String(member),
    }));
    expect(message.splice(edits)).toBe('{"jsonrpc":0,"id":1,"method":2}');
    expect(message.splice(edits.reverse())).toBe('{"jsonrpc":0,"id":1,"method":2}');
  });

  test("may have bytes put in at its ends", () => {
    const message = messageOf('{"jsonrpc":"2.0","method":"m"}');
    const [first, last] = [
      { start: 0, end: 0, bytes: "[" },
      { start: message.length, end: message.length, bytes: "]" },
    ];
    expect(message.splice([first, last])).toBe('[{"jsonrpc":"2.0","method":"m"}]');
  });
});

/** One edit for each of the members that has a replacement and lies in no other that has. */
function editsOf(message: Message, values: readonly (string | undefined)[]): Edit[] {
  const edits: Edit[] = [];
  for (const member of slots) {
    const value = values[member];
    if (value !== undefined && message.has(member)) {
      edits.push({ start: message.start(member), end: message.end(member), bytes: toBytes(value) });
    }
  }
  edits.sort((a, b) => a.start - b.start);
  return edits.filter(({ start }, index) => edits.slice(0, index).every((outer) => outer.end <= start));
}
