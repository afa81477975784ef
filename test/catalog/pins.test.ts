import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  approved,
  type Book,
  changesIn,
  emptyBook,
  instructionsSight,
  observe,
  parseBooks,
  printBooks,
  sightsIn,
  unapproved,
} from "../../src/catalog/pins.ts";
import { defined, offerOf } from "./offered.ts";

const plain = (text: string): string => text;

/** What a book becomes by lists of tools, each a name and what it says. */
function seen(book: Book, tools: readonly string[]) {
  const definitions = tools.map((tool) => defined("tools", tool.split(":")[0] as string, `,"description":"${tool}"`));
  const offer = { ...offerOf({}), tools: { definitions, ttlMs: 0, isPublic: false } };
  const sights = sightsIn(offer, plain, new WeakMap()).get("tool") ?? [];
  const result = observe(book, "tool", sights);
  return { ...result, told: result.changes.map(({ what, name }) => `${what} ${name}`) };
}

describe("a book of pins", () => {
  const first = seen(emptyBook, ["a:1", "b:1"]);

  test("takes what it sees first as it is, and only that", () => {
    expect(first.told).toEqual([]);
    expect(changesIn(first.book)).toEqual([]);
    expect(seen(first.book, ["a:1", "b:1", "c:1"]).told).toEqual(["new c"]);
    // Where nothing is known because what was known is lost, all is new.
    expect(seen({ ...emptyBook, isLost: true }, ["a:1"]).told).toEqual(["new a"]);
  });

  test("tells each change once, and again what changes again", () => {
    const second = seen(first.book, ["a:2", "b:1"]);
    expect(second.told).toEqual(["changed a"]);
    expect(seen(second.book, ["a:2", "b:1"]).told).toEqual([]);
    expect(seen(second.book, ["a:2", "b:1"]).book).toBe(second.book);
    expect(seen(second.book, ["a:3", "b:1"]).told).toEqual(["changed a"]);
    expect([...unapproved(second.book)]).toEqual(["tool a"]);
    expect(changesIn(seen(second.book, ["a:1", "b:1"]).book)).toEqual([]);
  });

  test("tells of a tool that goes once, however often it comes back, and knows it as it was", () => {
    const gone = seen(first.book, ["a:1"]);
    expect(gone.told).toEqual(["gone b"]);
    const back = seen(gone.book, ["a:1", "b:1"]);
    expect([back.told, changesIn(back.book)]).toEqual([[], []]);
    expect(seen(back.book, ["a:1"]).told).toEqual([]);
    expect(seen(gone.book, ["a:1", "b:2"]).told).toEqual(["changed b"]);
  });

  test("pins what was approved, and forgets what is gone", () => {
    const other = seen(first.book, ["a:2", "c:1"]);
    const accepted = approved(other.book);
    expect(changesIn(accepted)).toEqual([]);
    expect(seen(accepted, ["a:2", "c:1"]).book).toBe(accepted);
    expect(seen(accepted, ["a:2", "c:1", "b:1"]).told).toEqual(["new b"]);
  });

  test("keeps texts without secrets, hashes of all of them, and instructions as they are", () => {
    const redact = (text: string): string => text.replaceAll("hush", "[redacted]");
    const one = observe(emptyBook, "instructions", instructionsSight("say hush", redact)).book;
    expect(JSON.stringify(one)).not.toContain("hush");
    const two = observe(one, "instructions", instructionsSight("say [redacted]", redact));
    expect(two.changes).toHaveLength(1);
    expect(observe(one, "instructions", []).changes.map(({ what }) => what)).toEqual(["gone"]);
  });

  test("comes back as it was written, beside those of other launches", () => {
    const text = printBooks("s", {}, "one", first.book);
    const both = printBooks("s", parseBooks(text).books, "two", emptyBook);
    expect(parseBooks(both).books).toEqual({ one: first.book, two: emptyBook });
    for (const bad of ["", "{", "[]", '{"server":"s"}', '{"server":"s","books":{"a":{"entries":{"x":1}}}}'])
      expect(() => parseBooks(bad)).toThrow();
  });

  test("withholds exactly what is not as it was pinned, whatever was seen and approved in between", () => {
    const list = fc.uniqueArray(fc.constantFrom("a", "b", "c"), { maxLength: 3 });
    const step = fc.record({
      names: list,
      versions: fc.array(fc.nat(1), { minLength: 3, maxLength: 3 }),
      isApproved: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        let book = emptyBook;
        const model = new Map<string, string>();
        for (const [index, { names, versions, isApproved }] of steps.entries()) {
          const tools = names.map((name, at) => `${name}:${versions[at]}`);
          book = seen(book, tools).book;
          if (index === 0) for (const tool of tools) model.set(tool[0] as string, tool);
          const expected = tools
            .filter((tool) => model.get(tool[0] as string) !== tool)
            .map((tool) => `tool ${tool[0]}`);
          expect([...unapproved(book)].sort()).toEqual(expected.sort());
          if (!isApproved) continue;
          book = approved(book);
          model.clear();
          for (const tool of tools) model.set(tool[0] as string, tool);
        }
      }),
    );
  });
});
