import { describe, expect, test } from "vitest";
import { fetchTools, type ToolList } from "../../src/downstream/tool-list.ts";
import { stage } from "../support/stage.ts";
import { messageOf } from "../wire/drive.ts";

const tool = (name: string, more = "") => `{"name":${JSON.stringify(name)},"inputSchema":{"type":"object"}${more}}`;
const many = (count: number, first = 0) => Array.from({ length: count }, (_, n) => tool(`t${first + n}`));
const page = (tools: readonly string[], cursor?: string) =>
  `"result":{"tools":[${tools.join(",")}]${cursor === undefined ? "" : `,"nextCursor":${cursor}`}}`;

/** What is fetched of a server that answers with these members to these params. */
async function fetched(
  answer: (params: string, number: number) => string,
): Promise<ToolList & { names: string[]; asked: string[] }> {
  const asked: string[] = [];
  const list = await fetchTools(async (_method, params) => {
    asked.push(params);
    return messageOf(`{"jsonrpc":"2.0","id":1,${answer(params, asked.length)}}`);
  });
  return { ...list, names: list.definitions.map(({ name }) => name), asked };
}

describe("the pages of a list", () => {
  test("are all fetched, each by its cursor as it stands", async () => {
    const cursors = ['"a"', '""', '"\\u0041\\n😀\\""'];
    const { names, asked, leftOut } = await fetched((_params, n) => page([tool(`t${n}`)], cursors[n - 1]));
    expect(names).toEqual(["t1", "t2", "t3", "t4"]);
    expect(asked.map((params) => Buffer.from(params, "latin1").toString())).toEqual([
      "{}",
      '{"cursor":"a"}',
      '{"cursor":""}',
      '{"cursor":"A\\n😀\\""}',
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
    expect.stringMatching(/^tool "no schema" is not usable: inputSchema: /),
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
