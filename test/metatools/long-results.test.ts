import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Handles } from "../../src/metatools/handles.ts";
import { longResults } from "../../src/metatools/long-results.ts";
import { valueOfResult } from "../../src/metatools/values.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { fakeClock } from "../support/clock.ts";
import { jsonString, jsonText } from "../wire/generators.ts";

const maxTokens = 500;
const mostBytes = maxTokens * 4;
const image = '{"type":"image","data":"aGk=","mimeType":"image/png","n":1.0}';

type Block = { readonly type: string; readonly text: string; readonly uri: string };
type Shortened = {
  readonly content: readonly Block[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean;
};

function bounded(tokens = maxTokens) {
  const clock = fakeClock();
  const owner = {};
  const results = longResults(new Handles({ clock, random: systemRandom }), tokens);
  const shorten = (result: string, who: object = owner) => results.shorten(Buffer.from(result), who);
  const shortened = (result: string): Shortened => JSON.parse(shorten(result)?.toString() ?? "null") as Shortened;
  const read = (uri: string, who: object = owner): string => {
    const found = results.read(uri, who);
    return found === undefined ? "no address of ours" : "problem" in found ? found.problem : found.result.toString();
  };
  /** The whole value behind the link of a shortened result, as it stands. */
  const whole = ({ content }: Shortened): string => {
    const { contents } = JSON.parse(read(content.at(-1)?.uri ?? "")) as { contents: readonly [{ text: string }] };
    return contents[0].text;
  };
  return { clock, owner, shorten, shortened, read, whole };
}

function texts(text: string, more = ""): string {
  return `{"content":[{"type":"text","text":${JSON.stringify(text)}}]${more}}`;
}

function partOf({ content }: Shortened) {
  return JSON.parse(content[0]?.text ?? "") as {
    result: unknown;
    truncated: { shown: number; of: number; result_id: string };
  };
}

describe("a result", () => {
  test("passes as it is up to the bound, and one byte more does not", () => {
    const { shorten } = bounded();
    const around = texts("").length;
    expect(shorten(texts("x".repeat(mostBytes - around)))).toBeUndefined();
    expect(shorten(texts("x".repeat(mostBytes - around + 1)))).toBeInstanceOf(Buffer);
  });

  test("that is too long is given in part, with where the whole of it is", () => {
    const { shortened, whole } = bounded();
    const text = "a line\n".repeat(1000);
    const result = shortened(texts(text));
    const { result: part, truncated } = partOf(result);
    expect(text.startsWith(part as string)).toBe(true);
    expect(truncated).toEqual({ shown: (part as string).length, of: text.length, result_id: expect.any(String) });
    expect(result).toEqual({
      content: [
        { type: "text", text: expect.any(String) },
        {
          type: "resource_link",
          uri: `tutti-result:${truncated.result_id}`,
          name: "The whole result",
          mimeType: "application/json",
        },
      ],
    });
    expect(JSON.parse(whole(result))).toBe(text);
  });

  test("keeps its numbers and its order in the part and in the whole", () => {
    const { shorten, shortened, whole } = bounded();
    const items = Array.from({ length: 300 }, (_, index) => `{"z":${index}.0,"a":18446744073709551616}`).join(",");
    const structured = `{"items":[${items}]}`;
    const result = `{"content":[],"structuredContent":${structured}}`;
    expect(shorten(result)?.toString()).toContain('"structuredContent":{"items":[{"z":0.0,"a":18446744073709551616},');
    expect(whole(shortened(result))).toBe(structured);
  });

  test("with structured content has it in short, an object still, and both of it within the bound", () => {
    const { shorten, shortened } = bounded();
    const items = Array.from({ length: 300 }, (_, id) => ({ id, name: `name ${id}` }));
    const result = JSON.stringify({ content: [{ type: "text", text: "see there" }], structuredContent: { items } });
    const { content, structuredContent } = shortened(result);
    const part = structuredContent as { items: readonly object[] };
    expect(part.items.length).toBeGreaterThan(5);
    expect(part.items).toEqual(items.slice(0, part.items.length));
    expect(partOf({ content }).result).toEqual(part);
    expect(partOf({ content }).truncated).toMatchObject({ shown: part.items.length, of: 300 });
    expect((content[0]?.text.length ?? 0) + JSON.stringify(structuredContent).length).toBeLessThan(mostBytes);
    expect(shorten(result)?.length).toBeLessThan(mostBytes * 1.3); // The text is quoted once more in it.
  });

  test("keeps its images as they stand, in front of the link, and what else it says", () => {
    const { shorten, shortened } = bounded();
    const long = `{"type":"text","text":"${"x".repeat(5000)}"}`;
    const result = `{"_meta":{"n":1.0},"content":[${image},${long},${image}],"isError":true,"own":[ 1 ]}`;
    expect(shortened(result).content.map(({ type }) => type)).toEqual(["text", "image", "image", "resource_link"]);
    expect(shortened(result).isError).toBe(true);
    const text = shorten(result)?.toString();
    expect(text).toContain(`${image},${image},{"type":"resource_link"`);
    expect(text).toContain('"_meta":{"n":1.0}');
    expect(text).toContain('"own":[ 1 ]');
  });

  test("that is long by its images alone passes as it is, because they cannot be cut", () => {
    const { shorten } = bounded();
    const big = `{"type":"image","data":"${"A".repeat(10_000)}","mimeType":"image/png"}`;
    expect(shorten(`{"content":[${big}]}`)).toBeUndefined();
    expect(shorten(`{"content":[${big},{"type":"text","text":"short"}]}`)).toBeUndefined();
    expect(shorten(`{"content":[{"type":"text","text":"short"}],"_meta":{"x":"${"y".repeat(5000)}"}}`)).toBeUndefined();
  });

  test("passes as it is where it is more than may be kept for one client", () => {
    expect(bounded().shorten(texts("x".repeat(17 * 1024 * 1024)))).toBeUndefined();
  });
});

describe("a kept result", () => {
  test("is there for the client that got it, as long as results are kept", async () => {
    const { shortened, read, whole, clock } = bounded();
    const result = shortened(texts("x".repeat(5000)));
    const { uri } = result.content.at(-1) as Block;
    expect(whole(result)).toHaveLength(5002);
    expect(read(uri)).toContain(`"uri":"${uri}","mimeType":"application/json"`);
    await clock.advance(16 * 60_000);
    expect(read(uri)).toMatch(/^no result "r_\w+": results are kept for 15 minutes, .* call the tool again$/);
  });

  test("is nothing to another client, whether it is there or not", () => {
    const { shortened, read } = bounded();
    const { uri } = shortened(texts("x".repeat(5000))).content.at(-1) as Block;
    const other = read(uri, {});
    expect(other).toMatch(/^no result /);
    expect(read("tutti-result:r_nothing", {})).toBe(other.replace(/"r_\w+"/, '"r_nothing"'));
  });

  test.each(["file:///x", "tutti://one/x", "tutti-results:r_x", "TUTTI-RESULT:r_x", ""])(
    "has no address like %s",
    (uri) => {
      expect(bounded().read(uri)).toBe("no address of ours");
    },
  );
});

test("whatever a result holds, its part is JSON within the bound and its whole is what it was", () => {
  const long = fc.tuple(jsonText, fc.integer({ min: 20, max: 400 })).map(([value, times]) => {
    return `[${Array.from({ length: times }, () => value).join(",")}]`;
  });
  const blocks = fc.array(
    fc.oneof(
      jsonString.map((text) => `{"type":"text","text":${text}}`),
      fc.constant(image),
    ),
    { maxLength: 3 },
  );
  fc.assert(
    fc.property(long, blocks, fc.boolean(), fc.integer({ min: 400, max: 3000 }), (value, content, isText, tokens) => {
      const { shorten, whole } = bounded(tokens);
      const text = `{"type":"text","text":${JSON.stringify(value)}}`;
      const result = isText
        ? `{"content":[${[text, ...content.filter((block) => block === image)].join(",")}]}`
        : `{"content":[${content.join(",")}],"structuredContent":${value}}`;
      const short = shorten(result);
      if (short === undefined) return;
      const read = JSON.parse(short.toString()) as Shortened;
      expect(Buffer.byteLength(read.content[0]?.text ?? "")).toBeLessThanOrEqual(tokens * 4);
      expect(partOf(read).truncated.shown).toBeLessThan(partOf(read).truncated.of);
      expect(JSON.parse(whole(read))).toEqual(JSON.parse(valueOfResult(Buffer.from(result)).toString()));
    }),
    { numRuns: 300 },
  );
});
