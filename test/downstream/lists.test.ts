import { describe, expect, test } from "vitest";
import type { Kind } from "../../src/catalog/definition.ts";
import { type FetchedList, fetchList } from "../../src/downstream/lists.ts";
import { stage } from "../support/stage.ts";
import { messageOf } from "../wire/drive.ts";

const tool = (name: string, more = "") => `{"name":${JSON.stringify(name)},"inputSchema":{"type":"object"}${more}}`;
const many = (count: number, first = 0) => Array.from({ length: count }, (_, n) => tool(`t${first + n}`));
const page = (tools: readonly string[], cursor?: string) =>
  `"result":{"tools":[${tools.join(",")}]${cursor === undefined ? "" : `,"nextCursor":${cursor}`}}`;

/** What is fetched of a server that answers with these members to these members of the params. */
async function fetched(
  answer: (params: string, number: number) => string,
  kind: Kind = "tools",
): Promise<FetchedList & { names: string[]; asked: string[]; methods: ReadonlySet<string> }> {
  const asked: string[] = [];
  const methods = new Set<string>();
  const list = await fetchList(kind, async (method, params) => {
    asked.push(params);
    methods.add(method);
    return messageOf(`{"jsonrpc":"2.0","id":1,${answer(params, asked.length)}}`);
  });
  return { ...list, names: list.definitions.map(({ key }) => key), asked, methods };
}

describe("the pages of a list", () => {
  test("are all fetched, each by its cursor as it stands", async () => {
    const cursors = ['"a"', '""', '"\\u0041\\n😀\\""'];
    const { names, asked, leftOut } = await fetched((_params, n) => page([tool(`t${n}`)], cursors[n - 1]));
    expect(names).toEqual(["t1", "t2", "t3", "t4"]);
    expect(asked.map((params) => Buffer.from(params, "latin1").toString())).toEqual([
      "",
      '"cursor":"a"',
      '"cursor":""',
      '"cursor":"A\\n😀\\""',
    ]);
    expect(leftOut).toEqual([]);
  });

  for (const cursor of ["null", "7", "{}", "[]", "false"]) {
    test(`end with a cursor that is no string: ${cursor}`, async () => {
      expect((await fetched(() => page([tool("a")], cursor))).asked.length).toBe(1);
    });
  }

  test("may be empty", async () => {
    expect((await fetched((_params, n) => page([], n === 1 ? '"x"' : undefined))).names).toEqual([]);
  });

  for (const cursor of ['"same"', '""']) {
    test(`end with a cursor that comes again: ${cursor}`, async () => {
      const { names, leftOut } = await fetched((_params, n) => page([tool(`t${n}`)], cursor));
      expect(names).toEqual(["t1", "t2"]);
      expect(leftOut).toEqual(["its list does not end (page 2); what came until then counts"]);
    });
  }

  test("end after 200 with ever fresh cursors", async () => {
    const { names, leftOut } = await fetched((_params, n) => page([tool(`t${n}`)], `"${n}"`));
    expect(names.length).toBe(200);
    expect(leftOut).toEqual(["its list does not end (page 200); what came until then counts"]);
  });

  test("end when their cursors are 8 MiB together", async () => {
    const { asked, leftOut } = await fetched((_params, n) => page([], `"${String(n).padStart(3 * 1024 * 1024)}"`));
    expect(asked.length).toBe(3);
    expect(leftOut.length).toBe(1);
  });
});

describe("a list that is too long", () => {
  test("of 2 000 tools is whole", async () => {
    const { names, leftOut } = await fetched(() => page(many(2000)));
    expect([names.length, leftOut]).toEqual([2000, []]);
  });

  test("of one more loses that, and says so", async () => {
    const { names, leftOut } = await fetched((_params, n) =>
      n === 1 ? page(many(2000), '"x"') : page([tool("one more")]),
    );
    expect(names.length).toBe(2000);
    expect(leftOut).toEqual(["its list is longer than 2000 tools; the rest is left out"]);
  });

  test("of a million, on one page, costs what 2 000 cost", async () => {
    const { names, leftOut } = await fetched(() => page([...many(1000), ...Array(1_000_000).fill("0")]));
    expect(names.length).toBe(1000);
    expect(leftOut.length).toBe(1001);
    expect(leftOut.at(-1)).toBe("its list is longer than 2000 tools; the rest is left out");
  });

  test("in bytes loses what is beyond 8 MiB, and says so", async () => {
    const big = (n: number) => tool(`t${n}`, `,"description":"${"x".repeat(200_000)}"`);
    const { names, leftOut } = await fetched((_params, n) => page([big(n)], `"${n}"`));
    expect(names.length).toBe(Math.floor((8 * 1024 * 1024) / big(10).length));
    expect(leftOut).toEqual(["its list is longer than 8 MiB; the rest is left out"]);
  });

  test("in one tool loses that tool alone", async () => {
    const big = tool("big", `,"description":"${"x".repeat(300_000)}"`);
    const { names, leftOut } = await fetched(() => page([tool("a"), big, tool("b")]));
    expect(names).toEqual(["a", "b"]);
    expect(leftOut).toEqual(['tool "big" is not usable: longer than 256 KiB']);
  });
});

test("a definition that is not usable is left out alone, by its name or its number", async () => {
  const { names, leftOut } = await fetched(() =>
    page([tool("a"), "7", '{"name":"no schema"}', `{"name":"${"x".repeat(1000)}","inputSchema":7}`, "{}", tool("b")]),
  );
  expect(names).toEqual(["a", "b"]);
  expect(leftOut).toEqual([
    expect.stringMatching(/^tool number 2 is not usable: the definition: /),
    'tool "no schema" is left out: it has no inputSchema',
    expect.stringMatching(/^tool "x{79} is not usable: inputSchema: /),
    expect.stringMatching(/^tool number 5 is not usable: name: /),
  ]);
});

describe("a page that cannot be had", () => {
  const answers: readonly (readonly [string, string])[] = [
    ['"error":{"code":-32601,"message":"no such method"}', "tools/list failed: no such method (-32601)"],
    ['"error":{"code":7}', "tools/list failed: no message (7)"],
    ['"result":[]', "its answer to tools/list is not an object"],
    ['"result":{}', "its answer to tools/list has no array of tools"],
    ['"result":{"tools":{}}', "its answer to tools/list has no array of tools"],
  ];
  for (const [answer, text] of answers) {
    test(`fails the list when it is the first: ${answer}`, async () => {
      await expect(fetched(() => answer)).rejects.toThrow(text);
    });

    test(`ends the list when it is a later one: ${answer}`, async () => {
      const { names, leftOut } = await fetched((_params, n) => (n === 1 ? page([tool("a")], '"x"') : answer));
      expect(names).toEqual(["a"]);
      expect(leftOut).toEqual([`page 2 of its tools: ${text}`]);
    });
  }

  test("because it cannot be read ends the list too, and the server is ready with what came", async () => {
    const { client, published } = await stage({
      servers: {
        alpha: {
          answers: {
            "tools/list": ({ text }) => (text.includes("cursor") ? '"result":{oops}' : page([tool("a")], '"x"')),
          },
        },
      },
    });
    expect(await client.tools(1)).toEqual(["alpha__a"]);
    expect(published.oddities).toEqual([
      "alpha: page 2 of its tools: its answer to tools/list cannot be read (not_json)",
    ]);
  });
});

describe("a list of", () => {
  const lists: readonly (readonly [Kind, string, string, (key: string) => string])[] = [
    ["prompts", "prompts/list", "prompts", (key) => `{"name":${key}}`],
    ["resources", "resources/list", "resources", (key) => `{"name":"n","uri":${key}}`],
    ["templates", "resources/templates/list", "resourceTemplates", (key) => `{"uriTemplate":${key},"name":"n"}`],
  ];
  for (const [kind, method, member, item] of lists) {
    const many = kind === "templates" ? "resource templates" : kind;
    const one = many.slice(0, -1);

    test(`${kind} is asked for by ${method}, and read from ${member}`, async () => {
      const others = lists.map(([, , other]) => `"${other}":[]`).filter((text) => !text.startsWith(`"${member}"`));
      const answer = (_: string, n: number) =>
        `"result":{${others},"${member}":[${item(`"k${n}"`)}]${n === 1 ? ',"nextCursor":"x"' : ""}}`;
      const { names, asked, methods, leftOut } = await fetched(answer, kind);
      expect({ names, asked, methods: [...methods], leftOut }).toEqual({
        names: ["k1", "k2"],
        asked: ["", '"cursor":"x"'],
        methods: [method],
        leftOut: [],
      });
    });

    test(`${kind} is bounded in number, bytes and bytes of one, and that is said of it`, async () => {
      const items = (count: number) => Array.from({ length: count }, (_, n) => item(`"k${n}"`));
      const result = (all: readonly string[], cursor = "x") =>
        `"result":{"${member}":[${all}],"nextCursor":"${cursor}"}`;
      const long = await fetched(() => result(items(2001)), kind);
      expect([long.names.length, long.leftOut]).toEqual([
        2000,
        [`its list is longer than 2000 ${many}; the rest is left out`],
      ]);
      const big = await fetched((_, n) => result([item(`"${String(n).padStart(200_000)}"`)], `${n}`), kind);
      expect(big.names.length).toBe(41);
      expect(big.leftOut).toEqual([`its list of ${many} is longer than 8 MiB; the rest is left out`]);
      const huge = await fetched(() => result([item('"a"'), item(`"${"h".repeat(300_000)}"`)]), kind);
      expect(huge.leftOut).toEqual([
        expect.stringMatching(new RegExp(`^${one} "h{79} is not usable: longer than 256 KiB$`)),
        expect.stringMatching(new RegExp(`^${one} "h{79} is not usable: longer than 256 KiB$`)),
        `its list of ${many} does not end (page 2); what came until then counts`,
      ]);
    });

    test(`${kind} loses a definition that is not usable alone`, async () => {
      const { names, leftOut } = await fetched(
        () => `"result":{"${member}":[${item("7")},${item('"a"').replace("{", '{"_meta":7,')},[],${item('"b"')}]}`,
        kind,
      );
      expect(names).toEqual(["b"]);
      expect(leftOut).toEqual([
        expect.stringMatching(new RegExp(`^${one} number 1 is not usable: (?:name|uri|uriTemplate): `)),
        expect.stringMatching(new RegExp(`^${one} "a" is not usable: _meta: `)),
        expect.stringMatching(new RegExp(`^${one} number 3 is not usable: the definition: `)),
      ]);
    });

    test(`${kind} that cannot be had fails in one line`, async () => {
      const refused = fetched(() => '"error":{"code":-32601,"message":"no\\nsuch method"}', kind);
      await expect(refused).rejects.toThrow(`${method} failed: no such method (-32601)`);
      const odd = fetched(() => '"result":{"tools":[]}', kind);
      await expect(odd).rejects.toThrow(`its answer to ${method} has no array of ${member}`);
    });
  }
});

describe("how long a list may be kept, and by whom,", () => {
  const hinted = (...hints: readonly string[]) =>
    fetched((_, n) => page([tool(`t${n}`)], n < hints.length ? `"${n}"` : undefined).replace("{", `{${hints[n - 1]}`));
  const cases: readonly (readonly [readonly string[], number, boolean])[] = [
    [[""], 0, false],
    [['"ttlMs":5000,"cacheScope":"public",'], 5000, true],
    [['"ttlMs":0,"cacheScope":"private",'], 0, false],
    [['"ttlMs":5000,'], 5000, false],
    [['"cacheScope":"public",'], 0, true],
    [['"ttlMs":-1,"cacheScope":"PUBLIC",'], 0, false],
    [['"ttlMs":1.5,"cacheScope":["public"],'], 0, false],
    [['"ttlMs":"5000",'], 0, false],
    [['"ttlMs":null,"cacheScope":null,'], 0, false],
    [['"ttlMs":1e999,'], 0, false],
    [[`"ttlMs":${"9".repeat(1000)},`], 0, false],
    [['"ttlMs":5000,"cacheScope":"public",', '"ttlMs":3000,"cacheScope":"public",'], 3000, true],
    [['"ttlMs":5000,"cacheScope":"public",', '"ttlMs":9000,"cacheScope":"private",'], 5000, false],
    [['"ttlMs":5000,"cacheScope":"public",', ""], 0, false],
  ];
  for (const [hints, ttlMs, isPublic] of cases) {
    test(`is ${ttlMs} ms and ${isPublic ? "anybody" : "one"} with ${JSON.stringify(hints).slice(0, 80)}`, async () => {
      const list = await hinted(...hints);
      expect([list.ttlMs, list.isPublic]).toEqual([ttlMs, isPublic]);
    });
  }

  test("is not at all when the list did not come to its end", async () => {
    const hints = '"ttlMs":5000,"cacheScope":"public",';
    const answers = [page([tool("a")], '"x"').replace("{", `{${hints}`), '"error":{"code":1,"message":"m"}'];
    expect((await fetched((_, n) => answers[n - 1] as string)).ttlMs).toBe(0);
  });
});
