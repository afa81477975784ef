import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildCatalog, expose } from "../../src/catalog/catalog.ts";
import { emptyOffer } from "../../src/catalog/definition.ts";
import { addressOf } from "../../src/catalog/uris.ts";
import { cpuTimer } from "../support/cpu.ts";
import { exposed, noRules } from "./offered.ts";

const to = (server: string, uri: string) => ({ server, original: JSON.stringify(uri), isWrapped: false });

describe("resources and templates", () => {
  test("are listed byte for byte, in order, on one page each", () => {
    const definitions = [
      { key: "x:é", bytes: Buffer.from('{ "uri" : "x:\\u00e9","size":1.0 ,"n":12345678901234567890}') },
      { key: "x:b", bytes: Buffer.from('{"name":"","uri":"x:b"}') },
    ];
    const list = { ...emptyOffer.resources, definitions };
    const one = expose("s", "s", noRules, { ...emptyOffer, resources: list, templates: list }).exposed;
    const catalog = buildCatalog([one, exposed("t", { resources: ["x:c"] })]);
    const bytes = definitions.map((definition) => definition.bytes.toString()).join(",");
    expect(catalog.list("resources", false).toString()).toBe(`{"resources":[${bytes},{"uri":"x:c"}]}`);
    expect(catalog.list("templates", false).toString()).toBe(`{"resourceTemplates":[${bytes}]}`);
    expect(catalog.list("resources", true).toString()).toBe(
      `{"resultType":"complete","resources":[${bytes},{"uri":"x:c"}],"ttlMs":0,"cacheScope":"private"}`,
    );
    expect(catalog.conflicts).toEqual([]);
  });

  test("that a server lists twice count once, and that is said", () => {
    const definitions = ["1", "2"].map((name) => ({
      key: "x:a",
      bytes: Buffer.from(`{"uri":"x:a","name":"${name}"}`),
    }));
    const list = { ...emptyOffer.resources, definitions };
    const { exposed, leftOut } = expose("s", "s", noRules, { ...emptyOffer, resources: list, templates: list });
    expect(buildCatalog([exposed]).list("resources", false).toString()).toBe(
      '{"resources":[{"uri":"x:a","name":"1"}]}',
    );
    expect(leftOut).toEqual([
      'resource "x:a" is listed twice; the first one counts',
      'resource template "x:a" is listed twice; the first one counts',
    ]);
  });
});

describe("a resource that two servers have", () => {
  const catalog = buildCatalog([
    exposed("s", { resources: ["file:///x", "file:///only s"] }),
    exposed("t", { resources: ["file:///x", "file:///y", "file:///only t"] }),
    exposed("u", { resources: ["file:///y", "file:///x"] }),
  ]);

  test("is the first one's under its URI, and the others' under addresses of tutti's own", () => {
    expect(catalog.resources.map(({ server, exposed, original }) => [server, exposed, original])).toEqual([
      ["s", "file:///x", "file:///x"],
      ["s", "file:///only s", "file:///only s"],
      ["t", "tutti://t/file%3A%2F%2F%2Fx", "file:///x"],
      ["t", "file:///y", "file:///y"],
      ["t", "file:///only t", "file:///only t"],
      ["u", "tutti://u/file%3A%2F%2F%2Fy", "file:///y"],
      ["u", "tutti://u/file%3A%2F%2F%2Fx", "file:///x"],
    ]);
    for (const isHinted of [true, false]) {
      const list = JSON.parse(catalog.list("resources", isHinted).toString()).resources;
      expect(list.map(({ uri }: { uri: string }) => uri)).toEqual(catalog.resources.map(({ exposed }) => exposed));
    }
  });

  test("is read from whom its address says", () => {
    expect(catalog.resourceRoute("file:///x")).toEqual(to("s", "file:///x"));
    expect(catalog.resourceRoute("tutti://t/file%3A%2F%2F%2Fx")).toEqual(to("t", "file:///x"));
    expect(catalog.resourceRoute("tutti://u/file:///x")).toEqual(to("u", "file:///x"));
    expect(catalog.resourceRoute(addressOf("s", "file:///x"))).toEqual(to("s", "file:///x"));
  });

  test("is said in one sentence for each two servers", () => {
    expect(catalog.conflicts).toEqual([
      '"s" and "t" both have the resource "file:///x": that URI is read from "s", which comes first in the configuration; those of "t" are at tutti://t/…',
      '"t" and "u" both have the resource "file:///y": that URI is read from "t", which comes first in the configuration; those of "u" are at tutti://u/…',
      '"s" and "u" both have the resource "file:///x": that URI is read from "s", which comes first in the configuration; those of "u" are at tutti://u/…',
    ]);
  });

  test("is said in one short line however many they are, and however long their URIs", () => {
    const resources = Array.from({ length: 2000 }, (_, n) => `x:\n${n}${"y".repeat(500)}`);
    const { conflicts } = buildCatalog([exposed("s", { resources }), exposed("t", { resources })]);
    expect(conflicts.length).toBe(1);
    expect(conflicts[0]).toMatch(
      /^"s" and "t" both have the resource "x:\\n0y{76}…" \(and 1999 more\): .* tutti:\/\/t\/…$/,
    );
  });

  test("has both its URIs spliced where it is given twice", () => {
    const definitions = [{ key: "x:a", bytes: Buffer.from('{"uri":"x:b","u\\u0072i":"x:a"}') }];
    const offer = { ...emptyOffer, resources: { ...emptyOffer.resources, definitions } };
    const { resources } = buildCatalog([
      exposed("s", { resources: ["x:a"] }),
      expose("t", "t", noRules, offer).exposed,
    ]);
    expect(resources[1]?.bytes.toString()).toBe('{"uri":"tutti://t/x%3Aa","u\\u0072i":"tutti://t/x%3Aa"}');
  });
});

describe("an address of tutti's own", () => {
  const evil = ["tutti://s/x%3Aa", "tutti://s/", "tutti://other/x", "tutti://evil/x%3Aa"];
  const catalog = buildCatalog([
    exposed("evil", { resources: evil, templates: ["tutti://s/{+x}", "{+any}"] }),
    exposed("s", { resources: ["x:a"] }),
  ]);

  test("leads to its server, also for a URI that nobody lists", () => {
    expect(catalog.resourceRoute("tutti://s/x%3Ab%2520%2F")).toEqual(to("s", "x:b%20/"));
    expect(catalog.resourceRoute("tutti://s/")).toEqual(to("s", ""));
  });

  test("cannot be had by another server that lists it, or a template of it", () => {
    expect(catalog.resourceRoute("tutti://s/x%3Aa")).toEqual(to("s", "x:a"));
    expect(catalog.resourceRoute("tutti://s/x:other")).toEqual(to("s", "x:other"));
    expect(catalog.resourceRoute("tutti://evil/x%3Aa")).toEqual(to("evil", "x:a"));
    expect(catalog.resources[0]?.exposed).toBe("tutti://evil/tutti%3A%2F%2Fs%2Fx%253Aa");
    expect(catalog.resourceRoute("tutti://evil/tutti%3A%2F%2Fs%2Fx%253Aa")).toEqual(to("evil", "tutti://s/x%3Aa"));
    expect(catalog.templates.map(({ exposed }) => exposed)).toEqual(["{+any}"]);
    expect(catalog.conflicts).toEqual([
      'evil has the resource "tutti://s/x%3Aa" (and 2 more), which has an address of tutti\'s own; it is read under "tutti://evil/tutti%3A%2F%2Fs%2Fx%253Aa"',
      'evil has the resource template "tutti://s/{+x}", which has an address of tutti\'s own; its resources are read under tutti://evil/ and their encoded URI',
    ]);
  });

  test("leads nowhere, and not to a template, when it cannot be decoded", () => {
    expect(catalog.resourceRoute("tutti://s/%zz")).toBeUndefined();
  });

  test("is none where no server has that prefix: another tutti behind this one has its own", () => {
    expect(catalog.resourceRoute("tutti://other/x")).toEqual(to("evil", "tutti://other/x"));
    expect(catalog.resourceRoute("tutti://third/x")).toEqual(to("evil", "tutti://third/x"));
  });

  test("leads to every resource of every server, and every listed one to that which is listed", () => {
    const uri = fc.oneof(
      fc.constantFrom("x:a", "tutti://s/a", "tutti://t/x%3Aa", "tutti://t/%"),
      fc.string({ minLength: 1 }),
    );
    const uris = fc.uniqueArray(uri, { maxLength: 6 });
    fc.assert(
      fc.property(uris, uris, (ofS, ofT) => {
        const both = buildCatalog([exposed("s", { resources: ofS }), exposed("t", { resources: ofT })]);
        expect(new Set(both.resources.map((item) => item.exposed)).size).toBe(ofS.length + ofT.length);
        for (const { server, exposed, original } of both.resources) {
          const route = {
            server,
            original: Buffer.from(JSON.stringify(original)).toString("latin1"),
            isWrapped: false,
          };
          expect(both.resourceRoute(exposed)).toEqual(route);
          expect(both.resourceRoute(addressOf(server, original))).toEqual(route);
        }
      }),
    );
  });
});

describe("a URI that nobody lists", () => {
  const catalog = buildCatalog([
    exposed("s", { resources: ["x:listed/1"], templates: ["x:{+path}", "broken{", "y:{a}/{b}"] }),
    exposed("t", { templates: ["x:t/{id}", "x:{+path}", "y:{c}/{d}", "x:listed/{id}"] }),
  ]);

  test("is read from the server whose template matches with most text of its own, or the first of those", () => {
    expect(catalog.resourceRoute("x:a/b")).toEqual(to("s", "x:a/b"));
    expect(catalog.resourceRoute("x:t/7")).toEqual(to("t", "x:t/7"));
    expect(catalog.resourceRoute("y:1/2")).toEqual(to("s", "y:1/2"));
    expect(catalog.resourceRoute("x:listed/1")).toEqual(to("s", "x:listed/1"));
    expect(catalog.resourceRoute("x:listed/2")).toEqual(to("t", "x:listed/2"));
  });

  test("is nobody's without a template that matches", () => {
    for (const uri of ["y:1", "z", "", "broken{", "__proto__"]) expect(catalog.resourceRoute(uri)).toBeUndefined();
  });

  test("finds a template also beside a server with hostile ones, at once", () => {
    const hostile = Array.from({ length: 2000 }, (_, n) => `${"{+a}a".repeat(60)}${n}{+b}b`);
    const both = buildCatalog([exposed("evil", { templates: hostile }), exposed("s", { templates: ["a:{x}"] })]);
    const uri = `a:${"a".repeat(4000)}`;
    const spentMs = cpuTimer();
    expect(both.resourceRoute(uri)?.server).toBe("s");
    expect(spentMs()).toBeLessThan(500);
  });
});

describe("a template that two servers have", () => {
  const catalog = buildCatalog([
    exposed("s", { templates: ["file:///{+path}"] }),
    exposed("t", { resources: ["x:a"], templates: ["file:///{+path}", "t:{x}"] }),
  ]);

  test("is listed once, and that is said", () => {
    expect(catalog.templates.map(({ server, exposed }) => [server, exposed])).toEqual([
      ["s", "file:///{+path}"],
      ["t", "t:{x}"],
    ]);
    expect(catalog.conflicts).toEqual([
      '"s" and "t" both have the resource template "file:///{+path}": its URIs are read from "s", which comes first in the configuration; those of "t" are at tutti://t/…',
    ]);
  });

  test("is completed by the first, or by whom its address says", () => {
    expect(catalog.templateRoute("file:///{+path}")).toEqual(to("s", "file:///{+path}"));
    expect(catalog.templateRoute("t:{x}")).toEqual(to("t", "t:{x}"));
    expect(catalog.templateRoute(addressOf("t", "file:///{+path}"))).toEqual(to("t", "file:///{+path}"));
    expect(catalog.templateRoute("x:a")).toEqual(to("t", "x:a"));
    expect(catalog.templateRoute("file:///unlisted")).toBeUndefined();
  });
});

test("a catalog of many servers with long lists of the same is built at once", () => {
  const resources = Array.from({ length: 2000 }, (_, n) => `file:///folder/${n}`);
  const many = Array.from({ length: 20 }, (_, n) => exposed(`s${n}`, { resources, templates: resources }));
  const spentMs = cpuTimer();
  expect(buildCatalog(many).resources.length).toBe(40_000);
  expect(spentMs()).toBeLessThan(3000);
});
