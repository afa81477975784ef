// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what models write
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fill, referencesIn } from "../../src/metatools/references.ts";
import { jsonText } from "../wire/generators.ts";

const values: Readonly<Record<string, string>> = {
  a: '{"id":18446744073709551616,"f":1e400,"text":"say \\"hi\\"","z":1,"y":{"k" : [ 1, 2 ]},"n":null,"ok":true}',
  item: '{"number":7}',
  r_7Kd2: "[10,20]",
  text: '"caf\\u00e9"',
};

function lookup(root: string): Buffer | undefined {
  return Object.hasOwn(values, root) ? Buffer.from(values[root] as string) : undefined;
}

function filled(args: string, limits?: Parameters<typeof fill>[2]) {
  const out = fill(Buffer.from(args), lookup, limits);
  return "problem" in out ? out : out.toString();
}

function roots(args: string) {
  const paths = referencesIn(Buffer.from(args));
  return "problem" in paths ? paths : paths.map(({ text }) => text);
}

describe("a reference", () => {
  test.each([
    ['{"x":{"$from":"a.id"}}', '{"x":18446744073709551616}'],
    ['{ "x" : { "$from" : "a.f" } , "y":-0 }', '{ "x" : 1e400 , "y":-0 }'],
    ['{"x":[{"$from":"a.text"},[{"$from":"a.n"}]]}', '{"x":["say \\"hi\\"",[null]]}'],
    ['{"$from":"a.y"}', '{"k" : [ 1, 2 ]}'],
    ['{"x":{"\\u0024from":"a.ok"}}', '{"x":true}'],
    ['{"x":{"$from":"\\u0061.ok"}}', '{"x":true}'],
    ['{"x":{"$from":"a.nope","$from":"a.ok"}}', '{"x":true}'],
    ['{"x":{"$from":"r_7Kd2[1]"},"y":{"$from":"item.number"}}', '{"x":20,"y":7}'],
    ['{"x":{"$from":"text"}}', '{"x":"caf\\u00e9"}'],
    ['{"x":1,"x":{"$from":"a.z"}}', '{"x":1,"x":1}'],
  ])("in %s gives the bytes that it refers to: %s", (args, expected) => {
    expect(filled(args)).toBe(expected);
  });

  test.each([
    '{"x":{"$from":"a.id","y":1}}',
    '{"x":{"y":1,"$from":"a.id"}}',
    '{"x":{"$from":"a.id","$template":"b"}}',
    '{"x":{"$from":{"y":1},"z":2}}',
    '{"x":"{\\"$from\\":\\"a.id\\"}"}',
    '{"x":"${a.id}","y":"{{a.id}}","z":"$.a.id"}',
    '{"x":{"$FROM":"a.id"},"y":{"$from ":"a"},"z":{"$ref":"#/a"}}',
    '{"x":["$from","a.id"]}',
    "{}",
  ])("is not in %s", (args) => {
    expect(roots(args)).toEqual([]);
    expect(filled(args)).toBe(args);
  });

  test.each([
    ['{"x":{"$from":5}}', '"$from" has must be text'],
    ['{"x":{"$from":{"id":"a","path":"b"}}}', '"$from" has must be text'],
    ['{"x":{"$template":[1,2]}}', '"$template" has must be text'],
    ['{"x":{"$from":"a..b"}}', 'the path "a..b" is wrong at character 2'],
    ['{"x":{"$template":"a ${b"}}', '"}" is missing'],
    ['{"x":{"$template":"${}"}}', "it must begin with the id of a call"],
  ])("in %s is refused: %s", (args, problem) => {
    expect(roots(args)).toEqual({ problem: expect.stringContaining(problem) });
  });

  test("in a template is put in as text, or as JSON where it is none", () => {
    const text = { $template: '${a.id}/${a.text}/${a.y}/${a.n}/${a.ok}/${ text }/$5/$${a.z}/C:\\${a.z}/${"${"}a}/{a}' };
    expect(JSON.parse(filled(JSON.stringify({ x: text })) as string)).toEqual({
      x: '18446744073709551616/say "hi"/{"k":[1,2]}/null/true/café/$5/$1/C:\\1/${a}/{a}',
    });
    expect(roots(JSON.stringify({ x: text }))).toEqual(["a.id", "a.text", "a.y", "a.n", "a.ok", "text", "a.z", "a.z"]);
    expect(filled('{"$template":""}')).toBe('""');
  });

  test("to nothing fails, and says what there is", () => {
    expect(filled('{"x":{"$from":"item.nmber"}}')).toEqual({
      code: "no_such_value",
      problem: 'item has no "nmber"; it has: number',
      has: ["number"],
    });
    expect(filled('{"x":{"$template":"${item.x.y}"}}')).toMatchObject({ code: "no_such_value", has: ["number"] });
    expect(filled('{"x":{"$from":"b"}}')).toEqual({ code: "no_such_value", problem: '"b" has no value', has: [] });
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      expect(filled(`{"x":{"$from":"a.${name}"}}`)).toMatchObject({ code: "no_such_value" });
    }
  });
});

describe("what is put in", () => {
  const smuggled = '{"x":{"$from":"secret.key"},"t":{"$template":"${secret.key}"},"s":"${secret.key}"}';

  test("is never looked through for references", () => {
    const asked: string[] = [];
    const value = (root: string) => {
      asked.push(root);
      return Buffer.from(root === "a" ? smuggled : '{"key":"stolen"}');
    };
    const args = {
      whole: { $from: "a" },
      part: { $from: "a.x" },
      text: { $template: "${a.s} ${a.t}" },
      end: { $from: "a.s" },
    };
    const out = fill(Buffer.from(JSON.stringify(args)), value).toString();
    expect(new Set(asked)).toEqual(new Set(["a"]));
    expect(JSON.parse(out)).toEqual({
      whole: JSON.parse(smuggled),
      part: { $from: "secret.key" },
      text: '${secret.key} {"$template":"${secret.key}"}',
      end: "${secret.key}",
    });
    expect(out).not.toContain("stolen");
  });

  test("cannot become a reference with what is around it", () => {
    const text = (root: string) => Buffer.from(root === "a" ? '"$from"' : '"b.x"');
    const args = '{"x":{"$template":"{\\"${a}\\":\\"${b}\\"}"},"$from":{"$from":"b"}}';
    expect(JSON.parse(fill(Buffer.from(args), text).toString())).toEqual({ x: '{"$from":"b.x"}', $from: "b.x" });
  });

  test("is on one line, and as it stands where it is", () => {
    const pretty = () => Buffer.from('{\r\n  "a": "x  y",\n  "b": [ 1 ]\n}');
    expect(fill(Buffer.from('{"x":{"$from":"v"}, "y":{"$from":"v.b"}}'), pretty).toString()).toBe(
      '{"x":{"a":"x  y","b":[1]}, "y":[ 1 ]}',
    );
  });

  test("is bounded in length and depth, and so are arguments without references", () => {
    const limits = { maxArgumentBytes: 100, maxDepth: 5 };
    const long = `"${"x".repeat(60)}"`;
    expect(filled(`{"x":${long}}`, limits)).toBe(`{"x":${long}}`);
    expect(filled(`{"x":[${long},${long}]}`, limits)).toMatchObject({ code: "too_large" });
    const value = (root: string) => Buffer.from(root === "deep" ? "[[[[1]]]]" : long);
    const from = (...refs: string[]) => Buffer.from(`{"x":[${refs.map((root) => `{"$from":"${root}"}`)}]}`);
    expect(fill(from("a"), value, limits).toString()).toBe(`{"x":[${long}]}`);
    expect(fill(from("a", "a"), value, limits)).toMatchObject({
      code: "too_large",
      problem: expect.stringContaining("100 bytes"),
    });
    expect(fill(from("deep"), value, limits)).toMatchObject({
      code: "too_large",
      problem: expect.stringContaining("5 levels"),
    });
    expect(fill(Buffer.from('{"x":{"$template":"${a}${a}"}}'), value, limits)).toMatchObject({ code: "too_large" });
  });
});

describe("filling", () => {
  test("leaves arguments without references as they are, byte for byte", () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        const args = Buffer.from(`{"x":${text}}`);
        const paths = referencesIn(args);
        expect(paths).toEqual([]);
        expect(fill(args, lookup)).toBe(args);
      }),
      { numRuns: 2000 },
    );
  });

  test("puts any JSON into any JSON, and changes no other byte", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(jsonText, jsonText), { minLength: 1, maxLength: 4 }), (pairs) => {
        const inner = pairs.map(([, value]) => value.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
        fc.pre(inner.every((value) => !/[\r\n]/.test(value)));
        const args = pairs.map(([around], index) => `[${around} ,{"$from":"v${index}"}]`).join(",");
        const expected = pairs.map(([around], index) => `[${around} ,${inner[index]}]`).join(",");
        const out = fill(Buffer.from(`{"x":[${args}]}`), (root) => Buffer.from(inner[Number(root.slice(1))] as string));
        expect(out.toString()).toBe(`{"x":[${expected}]}`);
      }),
    );
  });

  test("costs little where the input is hostile", () => {
    const depth = 100_000;
    const nested = '{"$from":'.repeat(depth);
    expect(roots(`${nested}1${"}".repeat(depth)}`)).toHaveProperty("problem");
    expect(roots(`${nested}1${',"x":1}'.repeat(depth)}`)).toEqual([]);
    expect(roots(`{${'"$from":"a",'.repeat(depth)}"x":1}`)).toEqual([]);
    expect(roots(`{"x":{"$template":"${'${\\"x\\"}'.repeat(depth)}"}}`)).toEqual([]);
    expect(roots(`{"x":{"$template":"${"${".repeat(depth)}"}}`)).toHaveProperty("problem");
    expect(roots(`{"x":[${'{"$from":"a"},'.repeat(257)}1]}`)).toMatchObject({
      problem: expect.stringContaining("more than 256 references"),
    });
  });
});
