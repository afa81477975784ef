import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Slot, slot } from "../../src/wire/members.ts";
import type { Edit, Message, Outgoing } from "../../src/wire/message.ts";
import { memberOf, rewriteObject, rewriteSlots } from "../../src/wire/object.ts";
import { cpuTimer } from "../support/cpu.ts";
import { cuts, messageOf } from "./drive.ts";
import { jsonString, jsonText, objectOf, spell } from "./generators.ts";
import { type Node, naiveTree, memberOf as slowMemberOf } from "./naive.ts";

const runs = { numRuns: 1500 };

const prefix = "io.modelcontextprotocol/";
/** Names that are looked for: some of them alike, one beyond ASCII, one that has to be escaped. */
const names = ["a", "aa", "resultType", "ttlMs", `${prefix}serverInfo`, "é", 'q"\\', "\\"];
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...names).chain((one) => (/["\\]/.test(one) ? quoted(one) : spell(one))) },
  jsonString,
);
const members = fc.array(fc.tuple(name, jsonText), { maxLength: 7 });
const removed = fc.subarray(names);
const added = fc.constantFrom("", '"added":[1, {"a":2}]', '"added":1,"added too":"é,}"');

function quoted(text: string): fc.Arbitrary<string> {
  return fc.constant(JSON.stringify(text));
}

/** The text of a message with `edits` made, and others around them as callers make them. */
function textOf(message: Message, edits: readonly Edit[]): string {
  const id = { start: message.start(slot.id), end: message.end(slot.id), bytes: '"mine"' };
  const out: Outgoing = message.splice([id, ...edits]);
  return typeof out === "string" ? Buffer.from(out, "latin1").toString() : Buffer.concat(out).toString();
}

function bytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** Raw members, in order; white space in them as a message has it. */
function rawMembers(text: string, node: Node | undefined): [string, string][] {
  return (node?.members ?? []).map(({ name, value }) => [name, text.slice(value.start, value.end)]);
}

function resultIn(text: string): Node | undefined {
  return slowMemberOf(naiveTree(Buffer.from(text)), "result");
}

/** More than are looked at together. */
const blanks = " ".repeat(70);

/** How a text is long: in buffers, with the cut anywhere. */
const filling = fc.constantFrom("", "", `"filling":"${"f".repeat(40_000)}",`);

describe("an object of a message", () => {
  test("has all its members but the removed ones, and the added ones, whatever it looks like", () => {
    fc.assert(
      fc.property(objectOf(members), removed, added, filling, cuts, (object, out, more, long, at) => {
        const text = `{"jsonrpc":"2.0",${long}"id":1,"result":${object.trim()},"after":[]}`.replaceAll("\r", " ");
        fc.pre((resultIn(text)?.members ?? []).filter((one) => one.name === "resultType").length <= 1);
        fc.pre((resultIn(text)?.members ?? []).filter((one) => one.name === "ttlMs").length <= 1);
        const message = messageOf(text, long !== "" && at === "everywhere" ? [100, 40_010, 40_070] : at);
        const [start, end] = [message.start(slot.result), message.end(slot.result)];
        const edited = textOf(message, rewriteObject(message, start, end, new Set(out), bytes(more)));
        const wanted = rawMembers(`{${more}}`, naiveTree(Buffer.from(`{${more}}`)));
        wanted.push(...rawMembers(text, resultIn(text)).filter(([one]) => !out.includes(one)));
        expect(rawMembers(edited, resultIn(edited))).toEqual(wanted);
        expect({ ...JSON.parse(edited), result: 0 }).toEqual({ ...JSON.parse(text), id: "mine", result: 0 });
      }),
      runs,
    );
  });

  test("has the same members for one who removes by slot", () => {
    const known = { resultType: slot.resultType, ttlMs: slot.ttlMs, cacheScope: slot.cacheScope } as const;
    const named = fc.uniqueArray(fc.constantFrom(...Object.keys(known)), { minLength: 0 });
    const texts = fc
      .tuple(named, fc.array(fc.tuple(jsonString, jsonText), { maxLength: 4 }))
      .chain(([some, others]) => fc.tuple(fc.constant(others), ...some.map((one) => fc.tuple(spell(one), jsonText))))
      .chain(([others, ...some]) =>
        fc.shuffledSubarray([...others, ...some], { minLength: others.length + some.length }),
      )
      .chain((all) => objectOf(fc.constant(all)));
    fc.assert(
      fc.property(texts, fc.subarray(Object.keys(known)), added, filling, cuts, (object, out, more, long, at) => {
        const text = `{"jsonrpc":"2.0","id":1,"result":${object.trim()},${long}"after":[]}`.replaceAll("\r", " ");
        const message = messageOf(text, long !== "" && at === "everywhere" ? [100, 150, 200] : at);
        const slots = out.map((one) => known[one as keyof typeof known]);
        const edited = textOf(message, rewriteSlots(message, slot.result, slots, bytes(more)));
        const wanted = rawMembers(`{${more}}`, naiveTree(Buffer.from(`{${more}}`)));
        wanted.push(...rawMembers(text, resultIn(text)).filter(([one]) => !out.includes(one)));
        expect(rawMembers(edited, resultIn(edited))).toEqual(wanted);
      }),
      runs,
    );
  });

  test("loses no white space and no other byte where nothing is changed", () => {
    fc.assert(
      fc.property(objectOf(members), (object) => {
        const text = `{"jsonrpc":"2.0","id":"mine","params":{"arguments":${object}},"method":"m"}`.replaceAll(
          "\r",
          " ",
        );
        const message = messageOf(text);
        const [start, end] = [message.start(slot.params), message.end(slot.params)];
        expect(textOf(message, rewriteObject(message, start, end, new Set(["absent"]), ""))).toBe(text);
        expect(textOf(message, rewriteSlots(message, slot.params, [slot.name, slot.requestState], ""))).toBe(text);
      }),
    );
  });

  test.each([
    ["{}", "{N:0}"],
    ["{ \t}", "{N:0 \t}"],
    ['{"resultType":1}', "{N:0}"],
    ['{ "resultType" : 1 }', "{N:0  }"],
    ['{"a":1,"resultType":1}', '{N:0,"a":1}'],
    ['{"resultType":1,"a":1}', '{N:0,"a":1}'],
    ['{ "resultType" : 1 , "a" : 1 }', '{N:0,  "a" : 1 }'],
    ['{"a":1,"resultType":1,"b":1}', '{N:0,"a":1,"b":1}'],
    ['{"resultType":1,"ttlMs":1}', "{N:0}"],
    ['{"a":1,"resultType":1 , "ttlMs":1 }', '{N:0,"a":1 }'],
    ['{"resultType":1,"a":1,"ttlMs":1}', '{N:0,"a":1}'],
    ['{"a":{"resultType":1},"resultType":{"a":"}"}}', '{N:0,"a":{"resultType":1}}'],
    [`{${blanks}}`, `{N:0${blanks}}`],
    [`{"resultType":1${blanks},"a":1}`, '{N:0,"a":1}'],
    [`{"a":1,${blanks}"resultType":1${blanks},${blanks}"ttlMs":1${blanks}}`, `{N:0,"a":1${blanks}}`],
  ])("that is %s becomes %s", (before, after) => {
    const message = messageOf(`{"jsonrpc":"2.0","id":1,"result":${before}}`);
    const expected = `{"jsonrpc":"2.0","id":"mine","result":${after.replace("N", '"n"')}}`;
    const slots: Slot[] = [slot.ttlMs, slot.resultType];
    expect(textOf(message, rewriteSlots(message, slot.result, slots, '"n":0'))).toBe(expected);
    const out = new Set(["resultType", "ttlMs"]);
    const [start, end] = [message.start(slot.result), message.end(slot.result)];
    expect(textOf(message, rewriteObject(message, start, end, out, '"n":0'))).toBe(expected);
  });

  test("is right where kilobytes of white space stand around everything in it", () => {
    const space = " \t".repeat(700);
    const parts = ["{", '"a"', ":", "1", ",", '"\\u0072esultType"', ":", '"x"', "}"];
    const message = messageOf(`{"jsonrpc":"2.0","id":1,"result":${parts.join(space)}}`);
    const edited = textOf(message, rewriteSlots(message, slot.result, [slot.resultType], '"n":0'));
    expect(JSON.parse(edited)).toEqual({ jsonrpc: "2.0", id: "mine", result: { n: 0, a: 1 } });
  });

  test("that is there twice is changed where it counts, and keeps the other whole", () => {
    const server = `"${prefix}serverInfo":{}`;
    const message = messageOf(`{"jsonrpc":"2.0","id":1,"result":{"_meta":{${server}},"_meta":{"a":1}}}`);
    const edited = textOf(message, rewriteSlots(message, slot.resultMeta, [slot.serverInfo], '"n":0'));
    expect(edited).toBe(`{"jsonrpc":"2.0","id":"mine","result":{"_meta":{${server}},"_meta":{"n":0,"a":1}}}`);
  });

  test("may be changed together with values in it that stay, in any order of the edits", () => {
    const message = messageOf('{"jsonrpc":"2.0","id":1,"result":{"structuredContent":[],"resultType":1,"ttlMs":2}}');
    const [start, end] = [message.start(slot.structuredContent), message.end(slot.structuredContent)];
    const around = [
      { start, end: start, bytes: "<" },
      { start: end, end, bytes: ">" },
    ];
    const edits = rewriteSlots(message, slot.result, [slot.resultType, slot.ttlMs], "");
    const expected = '{"jsonrpc":"2.0","id":"mine","result":{"structuredContent":<[]>}}';
    expect(textOf(message, [...edits, ...around])).toBe(expected);
    expect(textOf(message, [...around, ...edits])).toBe(expected);
  });
});

describe("a member of an object", () => {
  test("is the one that JSON.parse would give, however names are written", () => {
    fc.assert(
      fc.property(objectOf(members), fc.constantFrom(...names), cuts, (object, wanted, at) => {
        const text = `{"jsonrpc":"2.0","id":1,"method":"m","params":{"arguments":${object.trim()}}}`.replaceAll(
          "\r",
          " ",
        );
        const message = messageOf(text, at);
        const params = memberOf(message, message.start(slot.params), message.end(slot.params), "arguments");
        const found = memberOf(message, params?.start ?? -1, params?.end ?? -1, wanted);
        const tree = slowMemberOf(
          slowMemberOf(slowMemberOf(naiveTree(Buffer.from(text)), "params"), "arguments"),
          wanted,
        );
        const raw = found && Buffer.from(message.slice(found.start, found.end), "latin1").toString();
        expect(raw).toBe(tree && text.slice(tree.start, tree.end));
      }),
      runs,
    );
  });
});

const tenMB = 10_000_000;
const repeated = (text: string) => text.repeat(Math.ceil(tenMB / text.length));

for (const [what, result] of [
  ["nothing but members", `{${repeated('"a":1,')}"resultType":1}`],
  ["nothing but names of the same length", `{${repeated('"resultTypo":1,')}"resultType":1}`],
  ["nothing but escaped names", `{${repeated('"\\u0061":1,')}"resultType":1}`],
  ["one string of escapes", `{"a":"${repeated('\\"\\\\')}","resultType":1}`],
  ["white space, a megabyte of it", `{"a":"${"a".repeat(tenMB)}",${"\t".repeat(1_000_000)}"resultType":1}`],
] as const) {
  test(`a member taken by slot out of an object of 10 MB costs the loop less than 50 ms where it is ${what}`, () => {
    const message = messageOf(`{"jsonrpc":"2.0","id":1,"result":${result}}`, [tenMB / 3, tenMB / 2, tenMB - 9]);
    const times = [1, 2, 3].map(() => {
      const spentMs = cpuTimer();
      expect(rewriteSlots(message, slot.result, [slot.resultType], '"n":0')).toHaveLength(2);
      return spentMs();
    });
    expect(Math.min(...times)).toBeLessThan(50);
  });
}
