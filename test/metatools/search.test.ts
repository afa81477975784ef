import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Catalog } from "../../src/catalog/catalog.ts";
import { indexes } from "../../src/metatools/search.ts";
import { cpuTimer } from "../support/cpu.ts";
import { catalogOf, type Tool } from "./lazy.ts";

const files: readonly Tool[] = [
  { name: "read_file", description: "Reads the contents of a file." },
  { name: "write_file", description: "Writes text to a file, replacing what is there." },
  { name: "listDirectories", description: "Gives the folders below a folder." },
];
const github: readonly Tool[] = [
  { name: "create-issue", description: "Opens an issue.", inputSchema: inputs("owner", "repo", "assignee") },
  { name: "HTTPQuery", description: "Runs any query.", inputSchema: inputs("statement") },
];

function inputs(...names: readonly string[]): object {
  return { type: "object", properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])) };
}

function find(catalog: Catalog, query: string, limit = 20, server?: string): readonly string[] {
  return indexes()(catalog)
    .find(query, limit, server)
    .map(({ exposed }) => exposed);
}

describe("a tool is found", () => {
  const catalog = catalogOf({ files, github });

  for (const [by, query, wanted] of [
    ["its whole name", "files__read_file", "files__read_file"],
    ["its original name", "create-issue", "github__create-issue"],
    ["a word of a name in camel case", "directories", "files__listDirectories"],
    ["a word after letters that stand for something", "query", "github__HTTPQuery"],
    ["such letters", "http", "github__HTTPQuery"],
    ["a singular where it says a plural", "directory", "files__listDirectories"],
    ["a participle", "creating issues", "github__create-issue"],
    ["a noun made of the verb", "creation", "github__create-issue"],
    ["a word of its description", "folders", "files__listDirectories"],
    ["the name of a parameter", "assignee", "github__create-issue"],
    ["its server and a word of what it does", "github issue", "github__create-issue"],
    ["capital letters", "REPLACING TEXT", "files__write_file"],
  ] as const) {
    test(`by ${by}`, () => {
      expect(find(catalog, query)[0]).toBe(wanted);
    });
  }

  test("by parameters of objects and elements inside its parameters", () => {
    const nested = {
      type: "object",
      properties: { order: { type: "object", properties: { lines: { type: "array", items: inputs("sku") } } } },
    };
    const shop = catalogOf({ shop: [{ name: "a" }, { name: "b", inputSchema: nested }] });
    expect(find(shop, "sku")).toEqual(["shop__b"]);
  });

  test("by words of a script that has no spaces", () => {
    const trains = catalogOf({
      trains: [
        { name: "a", description: "获取当前日期" },
        { name: "b", description: "查询余票信息" },
      ],
    });
    expect(find(trains, "余票")).toEqual(["trains__b"]);
  });

  test("before one that says the word in passing", () => {
    const notes = catalogOf({
      notes: [
        { name: "sync", description: "Brings everything up to date. May archive." },
        { name: "archive_note", description: "Puts one away." },
      ],
    });
    expect(find(notes, "archive")).toEqual(["notes__archive_note", "notes__sync"]);
  });
});

describe("the tools found", () => {
  test("are in the order of the catalog where equal", () => {
    const same = { description: "Reads a file." };
    const catalog = catalogOf({ b: [{ name: "read", ...same }], a: [{ name: "read", ...same }] });
    expect(find(catalog, "reads file")).toEqual(["b__read", "a__read"]);
  });

  test("are at most as many as wanted, and of the wanted server", () => {
    const catalog = catalogOf({ files, github, more: files });
    expect(find(catalog, "file", 1)).toEqual(["files__read_file"]);
    expect(find(catalog, "file", 20, "more")).toEqual(["more__read_file", "more__write_file"]);
    expect(find(catalog, "file", 20, "absent")).toEqual([]);
  });

  test("are the first ones where the query has no words", () => {
    const catalog = catalogOf({ files, github });
    expect(find(catalog, " … ", 2)).toEqual(["files__read_file", "files__write_file"]);
    expect(find(catalog, "", 2, "github")).toEqual(["github__create-issue", "github__HTTPQuery"]);
  });

  test("are none where no tool has any of the words", () => {
    expect(find(catalogOf({ files }), "zebra")).toEqual([]);
    expect(find(catalogOf({}), "zebra")).toEqual([]);
  });

  test("follow from words that say something, unless there are no others", () => {
    const catalog = catalogOf({ s: [{ name: "and", description: "Of the and or it." }, { name: "zip" }] });
    expect(find(catalog, "the zip and it")).toEqual(["s__zip"]);
    expect(find(catalog, "and")).toEqual(["s__and"]);
  });
});

describe("an index", () => {
  test("is made once for a catalog", () => {
    const catalog = catalogOf({ files });
    const indexOf = indexes();
    expect(indexOf(catalog)).toBe(indexOf(catalog));
    expect(indexOf(catalogOf({ files }))).not.toBe(indexOf(catalog));
  });

  test("answers any query in a moment, however hostile", () => {
    const long = "x".repeat(100_000);
    const catalog = catalogOf({
      s: [
        { name: "deep", inputSchema: JSON.parse(`${'{"items":'.repeat(400)}{}${"}".repeat(400)}`) },
        {
          name: "wide",
          description: `${long} ${"word ".repeat(20_000)}`,
          inputSchema: inputs("__proto__", "constructor"),
        },
      ],
    });
    const { find: found } = indexes()(catalog);
    const spentMs = cpuTimer();
    for (const query of [
      long,
      "aB".repeat(50_000),
      "ing ed s ion ".repeat(10_000),
      "漢".repeat(100_000),
      "\u0000\ud800",
    ]) {
      expect(found(query, 20).length).toBeLessThanOrEqual(2);
    }
    expect(found("constructor __proto__", 20).map(({ original }) => original)).toEqual(["wide"]);
    expect(spentMs()).toBeLessThan(500);
  });

  test("gives the same tools each time, each once, best first, whatever is asked", () => {
    const catalog = catalogOf({ files, github });
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (query, limit) => {
        const once = find(catalog, query, limit);
        expect(find(catalog, query, limit)).toEqual(once);
        expect(new Set(once).size).toBe(once.length);
        expect(once.length).toBeLessThanOrEqual(limit);
        expect(find(catalog, query, 20).slice(0, limit)).toEqual(once);
      }),
    );
  });
});
