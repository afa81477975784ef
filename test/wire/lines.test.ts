import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BadLine, Lines } from "../../src/wire/lines.ts";
import { slot } from "../../src/wire/members.ts";
import { badLineOf, type Cuts, cuts, cutUp, defaultLimits, type Heard, hear, messageOf, plain } from "./drive.ts";
import { messageText, mutated } from "./generators.ts";
import { keepsBounds, naiveKind, naiveTree } from "./naive.ts";

const runs = { numRuns: 1500 };
const limits = { maxMessageBytes: 600, maxDepth: 6 };
const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const reply = '{"jsonrpc":"2.0","id":2,"result":{}}';

const overLong = fc
  .tuple(messageText, fc.constantFrom("x", " ", "é", "\\n", "[", "{"))
  .map(([text, filling]) => Buffer.from(`{"filling":"${filling.repeat(700)}",${text.trimStart().slice(1)}`));

const garbage = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const blank = fc.constantFrom("", "", " ", "\r", " \t \r", " ".repeat(550)).map((text) => Buffer.from(text));
const line = fc
  .oneof(messageText.map(Buffer.from), mutated(messageText), overLong, garbage, blank)
  .filter((bytes) => !bytes.includes(0x0a));

/** What should be heard of one line: its message, the word "bad", or nothing. */
function expected(bytes: Buffer): string | undefined {
  const tree = bytes.length > limits.maxMessageBytes ? undefined : naiveTree(bytes);
  const isTaken = tree !== undefined && keepsBounds(tree, limits.maxDepth);
  if (isTaken && naiveKind(JSON.parse(bytes.toString()))) return bytes.toString("latin1").replaceAll("\r", " ");
  return bytes.length <= limits.maxMessageBytes && /^[ \t\r]*$/.test(bytes.toString("latin1")) ? undefined : "bad";
}

/** A bad line with the fields that are not in question as they are for a reply that was spoilt. */
function badReply(line: Partial<BadLine>): unknown {
  return expect.objectContaining({ isObject: true, hasMethod: false, ...line });
}

function heardOf(...lines: readonly (string | Buffer)[]) {
  return plain(hear([Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from("\n")]))]));
}

describe("a stream of lines", () => {
  test("gives each good line's message and one bad line for each other, in order, however it is cut", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), cuts, (lines, at) => {
        const stream = Buffer.concat(lines.flatMap((bytes) => [bytes, Buffer.from("\n")]));
        const heard = plain(hear(cutUp(stream, at), limits));
        const words = heard.map((one) => (typeof one === "string" ? one : "bad"));
        expect(words).toEqual(lines.map(expected).filter((word) => word !== undefined));
        expect(heard).toEqual(lines.flatMap((bytes) => plain(hear([Buffer.from(bytes)], limits))));
      }),
      runs,
    );
  });

  test("ends its last line where it ends", () => {
    expect(plain(hear([Buffer.from(`${ping}\n${reply}`)]))).toEqual([ping, reply]);
    expect(plain(hear([Buffer.from(`${ping}\n`)]))).toEqual([ping]);
    expect(plain(hear([Buffer.from(`${ping}\n{"jsonrpc":"2.0","id":2,"resu`)]))).toEqual([
      ping,
      badReply({ problem: "not_json", id: "2" }),
    ]);
  });

  test("may have CRLF, blank lines and white space around its messages", () => {
    expect(heardOf("", `${ping}\r`, "\r", " ", `\t${reply}`).map((one) => (one as string).trim())).toEqual([
      ping,
      reply,
    ]);
    expect(heardOf(" ".repeat(100_000), ping)).toEqual([ping]);
  });

  test("keeps the bounds that were set last, on depth from the next line on", () => {
    const heard: Heard[] = [];
    const keep = (one: Heard) => void heard.push(one);
    const lines = new Lines({ maxMessageBytes: 60, maxDepth: 2 }, keep, keep);
    const push = (text: string) => lines.push(Buffer.from(text));
    const deep = '{"jsonrpc":"2.0","id":2,"result":[[1]]}';
    const long = `{"jsonrpc":"2.0","id":2,"result":"${"x".repeat(60)}"}`;
    push(deep.slice(0, 30));
    lines.setLimits({ maxMessageBytes: 100, maxDepth: 3 });
    push(`${deep.slice(30)}\n${deep}\n${long}\n${long.slice(0, 80)}`);
    lines.setLimits({ maxMessageBytes: 60, maxDepth: 3 });
    push(`${long.slice(80)}\n${reply}\n`);
    const problems = [badReply({ problem: "too_deep" }), deep, long, badReply({ problem: "too_long" }), reply];
    expect(plain(heard)).toEqual(problems);
  });

  test("keeps its neighbours when a line is no message", () => {
    const strays = [
      "Server started",
      '{"level":30,"method":"GET"}',
      "\ufeff{}",
      "\u0000",
      "[]",
      "1",
      `[${ping}]`,
      "{]",
    ];
    for (const stray of strays) expect(heardOf(ping, stray, reply)).toEqual([ping, expect.objectContaining({}), reply]);
  });

  test("has a line of white space and garbage after 512 bytes for a bad one", () => {
    expect(badLineOf(`${" ".repeat(600)}x`)).toMatchObject({ problem: "not_json", head: " ".repeat(512) });
  });
});

describe("a bad line", () => {
  test.each<[BadLine["problem"], string]>([
    ["not_json", '{"jsonrpc":"2.0","id":5,"result":{]}'],
    ["not_json", '{"jsonrpc":"2.0","id":5,"result":{}}{}'],
    ["not_json", '{"jsonrpc":"2.0","id":5,"result":"\u0000"}'],
    ["too_deep", `{"jsonrpc":"2.0","id":5,"result":${"[".repeat(512)}`],
    ["duplicate", '{"jsonrpc":"2.0","id":5,"result":{},"result":{}}'],
    ["duplicate", '{"jsonrpc":"2.0","id":5,"result":{},"id":6}'],
    ["not_rpc", '{"jsonrpc":"2.0","id":5,"result":{},"error":{}}'],
    ["not_rpc", '{"jsonrpc":"1.0","id":5,"result":{}}'],
    ["not_rpc", '{"id":5,"result":{}}'],
    ["not_json", '{"jsonrpc":"2.0","result":{]},"id":5}'],
    ["not_json", ' {"jsonrpc":"2.0","result":{]}, "id" : 5 } '],
  ])("of the kind %s names the exchange it belonged to: %s", (problem, text) => {
    expect(badLineOf(text)).toMatchObject({ problem, id: "5", isObject: true, hasMethod: false });
  });

  test("has 512 levels for good and the 513th for too deep", () => {
    const nested = (depth: number) => `{"jsonrpc":"2.0","id":3,"result":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    expect(heardOf(nested(511), nested(512), ping)).toEqual([
      nested(511),
      badReply({ problem: "too_deep", id: "3" }),
      ping,
    ]);
  });

  test.each([
    ["a log line with an id", '{"level":30,"id":5,"msg":"done"}'],
    ["a log line with an id that is no JSON", '{"level":30,"ms":NaN,"id":5}'],
    ["other text that ends like a message", 'sent {"jsonrpc":"2.0","result":{},"id":5}'],
    ["a batch", '[{"jsonrpc":"2.0","id":5,"result":{}}]'],
    ["an id deeper inside", '{"jsonrpc":"2.0","result":{"id":5}}'],
    ["an id of null", '{"jsonrpc":"2.0","method":"m","id":null}'],
    ["an id that is an object", '{"jsonrpc":"2.0","method":"m","id":{}}'],
    ["an id that is cut off", '{"jsonrpc":"2.0","id":5'],
  ])("names no id where it is %s", (_what, text) => {
    expect(badLineOf(text).id).toBeUndefined();
  });

  test("names no id that is not UTF-8", () => {
    const text = '{"jsonrpc":"2.0","id":"\xff","method":"m"}';
    expect(badLineOf(Buffer.from(text, "latin1"))).toMatchObject({ problem: "bad_utf8", id: undefined });
  });

  test("names the id that stands in its last 64 bytes, and none that begins before them", () => {
    const line = (space: number) => `{"jsonrpc":"2.0","result":{]},"id":${" ".repeat(space)}5}`;
    for (const at of [[], [5, 40], "everywhere"] as const) {
      const ids = [57, 58].map((space) =>
        hear(cutUp(Buffer.from(line(space)), at)).map((one) => "id" in one && one.id),
      );
      expect(ids).toEqual([["5"], [undefined]]);
    }
  });

  test("says where a method was read, so that its id is no reply's", () => {
    expect(badLineOf('{"jsonrpc":"2.0","id":5,"method":"m","params":{]}}')).toMatchObject({ id: "5", hasMethod: true });
    expect(badLineOf('{"jsonrpc":"2.0","id":5,"method":"m",]}')).toMatchObject({ id: "5", hasMethod: true });
    expect(badLineOf('{"jsonrpc":"2.0","id":5,"params":{]}}')).toMatchObject({ id: "5", hasMethod: false });
  });

  test("says how it begins, in at most 512 bytes, in whatever pieces it came", () => {
    const text = `Listening on port 80, ${"é".repeat(400)}`;
    const head = Buffer.from(text).toString("latin1", 0, 512);
    expect(plain(hear(cutUp(Buffer.from(text), "everywhere")))).toEqual([expect.objectContaining({ head })]);
    expect(badLineOf("Listening")).toMatchObject({ head: "Listening", isObject: false });
  });

  test.each([
    ["an overlong form", "c0 af"],
    ["an overlong form of three bytes", "e0 80 af"],
    ["a surrogate", "ed a0 80"],
    ["a pair of surrogates", "ed a0 bd ed b8 80"],
    ["a cut-off character", "f0 9f 98"],
    ["a lone continuation", "80"],
    ["a byte that is never used", "ff"],
    ["a code point past the last", "f4 90 80 80"],
  ])("is what has bytes that are no UTF-8: %s", (_what, hex) => {
    const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
    const start = Buffer.from('{"jsonrpc":"2.0","id":9,"result":"');
    const stream = Buffer.concat([start, bytes, Buffer.from(`"}\n${ping}\n`)]);
    for (const at of [[], [start.length + 1], "everywhere"] as const) {
      expect(plain(hear(cutUp(stream, at)))).toEqual([badReply({ problem: "bad_utf8", id: "9" }), ping]);
    }
  });
});

describe("a message", () => {
  test("is intact when it was cut inside its UTF-8", () => {
    const text = '{"jsonrpc":"2.0","id":9,"result":"é€😀\u2028"}';
    for (let at = 1; at < Buffer.byteLength(text); at++) {
      expect(messageOf(text, [at]).parsed(slot.result)).toBe("é€😀\u2028");
    }
  });

  test("is intact wherever its envelope was cut, between a name and its colon too", () => {
    const text = `{"jsonrpc":"2.0","id":9,"result":{"a":"b","_meta":{"c":[true,-1.5e+2,"d"]}}}`;
    for (let at = 1; at < text.length; at++) expect(plain(hear(cutUp(Buffer.from(text), [at])))).toEqual([text]);
  });

  test("has no carriage return left, where another reader would see a line of its own", () => {
    const forged = '{"jsonrpc":"2.0","id":6,"result":{}}';
    const text = `{"jsonrpc":"2.0","id":5,"result":[\r${forged}\r,"\\r"]}`;
    expect(plain(hear([Buffer.from(text)]))).toEqual([text.replaceAll("\r", " ")]);
    const long = text.replace("]}", `,"${"x".repeat(100_000)}"]}`);
    expect(plain(hear(cutUp(Buffer.from(long), [40, 70, 50_000])))).toEqual([long.replaceAll("\r", " ")]);
  });

  test("is a string up to 32 KiB, and in buffers where it is longer, in whatever pieces it came", () => {
    const ofLength = (length: number) => reply.replace("{}", `"${"x".repeat(length - reply.length)}"`);
    for (const [length, type] of [
      [32_768, "string"],
      [32_769, "object"],
    ] as const) {
      expect(ofLength(length)).toHaveLength(length);
      for (const at of [[], [20_000]]) expect(typeof messageOf(ofLength(length), at).splice([])).toBe(type);
    }
  });

  test("in buffers is in those that it came in, but for those that are 32 KiB together at most", () => {
    const text = Buffer.from(reply.replace("{}", `"${"x".repeat(100_000)}"`));
    const lengthsOf = (at: Cuts) => (messageOf(text, at).splice([]) as readonly Buffer[]).map(({ length }) => length);
    expect(lengthsOf([16_384, 32_768])).toEqual([32_768, text.length - 32_768]);
    expect(lengthsOf([16_385, 32_769])).toEqual([16_385, 16_384, text.length - 32_769]);
    expect(lengthsOf([16_384, 32_769])).toEqual([16_384, 16_385, text.length - 32_769]);
  });

  test("of exactly the limit is taken, and of one byte more is not", () => {
    const exact = { ...defaultLimits, maxMessageBytes: reply.length };
    expect(plain(hear([Buffer.from(reply)], exact))).toEqual([reply]);
    expect(badLineOf(`${reply} `, exact)).toMatchObject({ problem: "too_long", id: "2" });
  });
});
