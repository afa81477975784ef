import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementsOf, endOfValue, membersOf } from "../../src/wire/walk.ts";
import { envelopeText, jsonText } from "./generators.ts";
import { type Node, naiveTree } from "./naive.ts";

/** Steps through all of `node`, whose offsets are in UTF-16, and says where everything stands in bytes. */
function expected(text: string, node: Node): unknown {
  const span = (start: number, end: number) => [start, end].map((at) => Buffer.byteLength(text.slice(0, at)));
  return node.members?.map(({ name, rawName, nameStart, value }) => [
    name,
    ...span(nameStart, nameStart + rawName.length),
    ...span(value.start, value.end),
    expected(text, value),
  ]);
}

function walked(text: Buffer, at: number): unknown {
  if (text[at] !== 0x7b) return undefined;
  return Array.from(membersOf(text, at), ({ name, nameStart, nameEnd, start, end }) => [
    name,
    ...[nameStart, nameEnd, start, end],
    walked(text, start),
  ]);
}

describe("a walk", () => {
  test("finds the members that a slow reader finds, whatever the text looks like", () => {
    fc.assert(
      fc.property(fc.oneof(jsonText, envelopeText), (text) => {
        const tree = naiveTree(Buffer.from(text)) as Node;
        expect(walked(Buffer.from(text), Buffer.byteLength(text.slice(0, tree.start)))).toEqual(expected(text, tree));
      }),
      { numRuns: 1500 },
    );
  });

  test("finds the elements that were written, whatever they are", () => {
    const space = fc.constantFrom("", " ", "\n", "\r\n\t");
    const element = fc.tuple(space, jsonText, space);
    fc.assert(
      fc.property(fc.array(element, { maxLength: 5 }), space, (elements, inside) => {
        const text = Buffer.from(
          `x[${elements.length === 0 ? inside : elements.map((parts) => parts.join("")).join()}]`,
        );
        const found = Array.from(elementsOf(text, 1), ({ start, end }) => text.toString("utf8", start, end));
        expect(found).toEqual(elements.map(([, written]) => written.replace(/^[ \t\r]+|[ \t\r]+$/g, "")));
      }),
      { numRuns: 1500 },
    );
  });

  test("reads a string of nothing but backslashes", () => {
    const [only] = membersOf(Buffer.from('{"\\\\\\\\":1}'), 0);
    expect(only?.name).toBe("\\\\");
  });

  test("ends a value where the text does", () => {
    for (const text of ["1", "true", '"a"', "[1]", "{}"]) expect(endOfValue(Buffer.from(text), 0)).toBe(text.length);
  });

  test("may stop before the end", () => {
    const [first] = elementsOf(Buffer.from("[1,2,3]"), 0);
    expect(first).toEqual({ start: 1, end: 2 });
  });
});
