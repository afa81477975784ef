import { describe, expect } from "vitest";
import { cells, someCells } from "../../requirements.ts";
import { clientEra, open, serverEra } from "../../support/cells.ts";
import { complete } from "../../support/fake-call.ts";
import type { FakeServer } from "../../support/fake-server.ts";
import type { Line } from "../../support/peer.ts";
import { definition, type Listed } from "../../support/server-answers.ts";
import { odd } from "./odd.ts";

const methods = {
  tools: "tools/list",
  prompts: "prompts/list",
  resources: "resources/list",
  templates: "resources/templates/list",
} as const;
const memberOf = { tools: "tools", prompts: "prompts", resources: "resources", templates: "resourceTemplates" };

/** Lists `pages` one after another, under cursors that are no numbers. */
function paged(kind: Listed, pages: readonly (readonly string[])[]) {
  return (request: Line, server: FakeServer): string => {
    const at = (request.json.params?.cursor ?? "").length;
    const items = (pages[at] ?? []).map((item) => definition(item, kind)).join(",");
    const next = at + 1 < pages.length ? `,"nextCursor":"${"x".repeat(at + 1)}"` : "";
    return `"result":${complete(server.era, methods[kind], `{"${memberOf[kind]}":[${items}]${next}}`)}`;
  };
}

cells("tools.list", async (cell) => {
  const answers = { "tools/list": paged("tools", [["z", "a"], [], ["m"]]) };
  const { client } = await open(cell, { beta: { answers }, alpha: { tools: ["a"] } });
  const { result } = (await client.ask("tools/list")).json;
  expect(result.tools.map(({ name }: { name: string }) => name)).toEqual(["beta__z", "beta__a", "beta__m", "alpha__a"]);
  expect(result.nextCursor).toBeUndefined();
});

cells("prompts.list", async (cell) => {
  const answers = { "prompts/list": paged("prompts", [["b"], ["a"]]) };
  const { client } = await open(cell, { beta: { prompts: [], answers }, alpha: { prompts: ["a"] }, gamma: {} });
  const { result } = (await client.ask("prompts/list")).json;
  expect(result.prompts).toEqual([{ name: "beta__b" }, { name: "beta__a" }, { name: "alpha__a" }]);
  expect(result.nextCursor).toBeUndefined();
});

cells("resources.list", async (cell) => {
  const answers = { "resources/list": paged("resources", [["file:///b"], ["other:x?y#z"]]) };
  const { client } = await open(cell, {
    beta: { resources: [], answers },
    alpha: { resources: ["file:///a"] },
    gamma: {},
  });
  const { result } = (await client.ask("resources/list")).json;
  expect(result.resources.map(({ uri }: { uri: string }) => uri)).toEqual(["file:///b", "other:x?y#z", "file:///a"]);
  expect(result.nextCursor).toBeUndefined();
});

cells("templates.list", async (cell) => {
  const { client } = await open(cell, {
    beta: { templates: ["file:///{path}"] },
    alpha: { templates: ["db://{table}/{row}{?q*}"] },
  });
  const { result } = (await client.ask("resources/templates/list")).json;
  const listed = result.resourceTemplates.map(({ uriTemplate }: { uriTemplate: string }) => uriTemplate);
  expect(listed).toEqual(["file:///{path}", "db://{table}/{row}{?q*}"]);
});

cells("lists.verbatim", async (cell) => {
  const more = `"title":"T\\u0041","icons":[{"src":"data:,x","sizes":["any"]}],"annotations":{"x":-0},"_meta":{${odd}},${odd}`;
  const own: Record<Listed, string> = {
    tools: `{${more},"name":"do","inputSchema":{"type":"object","x":1.0}}`,
    prompts: `{"name":"do","arguments":[{"name":"a","y":1e400}],${more}}`,
    resources: `{"size":1.0,"uri":"file:///a","name":"A",${more}}`,
    templates: `{"uriTemplate":"file:///{a}","name":"A",${more}}`,
  };
  const { client } = await open(cell, {
    alpha: { tools: [own.tools], prompts: [own.prompts], resources: [own.resources], templates: [own.templates] },
  });
  for (const kind of ["tools", "prompts", "resources", "templates"] as const) {
    const { text } = await client.ask(methods[kind]);
    expect(text).toContain(own[kind].replace('"name":"do"', '"name":"alpha__do"'));
  }
});

cells("lists.late", async (cell) => {
  const late = { tools: ["late"], prompts: ["late"], isHeld: true };
  const { client, servers, clock, settle } = await open(cell, { slow: late, alpha: { tools: ["a"], prompts: ["a"] } });
  await clock.advance(8000);
  expect(await client.tools(1)).toEqual(["alpha__a"]);
  expect((await client.ask("prompts/list")).json.result.prompts).toEqual([{ name: "alpha__a" }]);
  if (client.era === "modern") await client.listen(2, { toolsListChanged: true, promptsListChanged: true });
  servers.slow.open();
  await settle();
  for (const kind of ["tools", "prompts"]) {
    await client.notification(`notifications/${kind}/list_changed`);
    expect(client.count(`notifications/${kind}/list_changed`)).toBe(1);
  }
  expect(await client.tools(3)).toEqual(["slow__late", "alpha__a"]);
});

describe("hints", () => {
  const all = { tools: ["do"], prompts: ["do"], resources: ["file:///a"], templates: ["file:///{x}"] };

  cells("lists.hints", async (cell) => {
    const { client } = await open(cell, {
      alpha: { ...all, hints: '"ttlMs":5000,"cacheScope":"public"' },
      beta: { hints: '"ttlMs":1000,"cacheScope":"public"', ...all, resources: ["file:///b"] },
    });
    const isKnown = serverEra(cell) === "modern";
    for (const method of Object.values(methods)) {
      const { result } = (await client.ask(method)).json;
      expect(result).toMatchObject(
        isKnown ? { ttlMs: 1000, cacheScope: "public" } : { ttlMs: 0, cacheScope: "private" },
      );
    }
  });

  for (const hints of [
    '"ttlMs":5000,"cacheScope":"private"',
    '"ttlMs":-1,"cacheScope":"private"',
    '"ttlMs":"soon","cacheScope":"everybody"',
  ]) {
    describe(`of two servers, one of them with ${hints}`, () => {
      someCells("lists.hints", ["MM"], async (cell) => {
        const { client } = await open(cell, {
          alpha: { ...all, hints: '"ttlMs":7000,"cacheScope":"public"' },
          beta: { tools: ["do"], hints },
        });
        const ttlMs = hints.includes("5000") ? 5000 : 0;
        expect((await client.ask("tools/list")).json.result).toMatchObject({ ttlMs, cacheScope: "private" });
      });
    });
  }

  describe("where one server is of the older era", () => {
    someCells("lists.hints", ["MM"], async (cell) => {
      const { client } = await open(cell, {
        alpha: { ...all, hints: '"ttlMs":7000,"cacheScope":"public"' },
        beta: { era: "legacy", tools: ["do"] },
      });
      const { result } = (await client.ask("tools/list")).json;
      expect(result).toMatchObject({ ttlMs: 0, cacheScope: "private" });
    });
  });

  cells("lists.no-hints", async (cell) => {
    const { client } = await open(cell, { alpha: { ...all, hints: '"ttlMs":5000,"cacheScope":"public"' } });
    for (const method of Object.values(methods)) {
      const { result } = (await client.ask(method)).json;
      expect(Object.keys(result).length).toBe(1);
    }
  });
});

cells("lists.changed", async (cell) => {
  const all = { tools: ["do"], prompts: ["do"], resources: ["file:///a"], templates: ["file:///{x}"] };
  const { client, servers, join, settle } = await open(cell, {
    alpha: all,
    beta: { ...all, resources: ["file:///b"] },
  });
  const other = await join();
  const changed = ["tools", "prompts", "resources"].map((kind) => `notifications/${kind}/list_changed`);
  for (const one of [client, other]) {
    for (const method of Object.values(methods)) await one.ask(method);
    if (clientEra(cell) === "legacy") continue;
    await one.listen(1, { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true });
  }
  for (const server of [servers.alpha, servers.beta]) {
    server.change("tools", ["new"]);
    server.change("prompts", ["new"]);
    server.change("templates", ["new:///{x}"]);
    server.change("resources", [server === servers.alpha ? "file:///a2" : "file:///b2"]);
  }
  await settle();
  for (const one of [client, other]) {
    expect(changed.map((method) => one.count(method))).toEqual([1, 1, 1]);
    const names = async (kind: Listed) => {
      const { result } = (await one.ask(methods[kind])).json;
      return result[memberOf[kind]].map(
        (item: Record<string, string>) => item["uriTemplate"] ?? item["uri"] ?? item["name"],
      );
    };
    expect(await names("tools")).toEqual(["alpha__new", "beta__new"]);
    expect(await names("prompts")).toEqual(["alpha__new", "beta__new"]);
    expect(await names("resources")).toEqual(["file:///a2", "file:///b2"]);
    expect(await names("templates")).toContain("new:///{x}");
  }
});

cells("lists.unasked", async (cell) => {
  const { client, servers, join, settle } = await open(cell, { alpha: { tools: ["a"], prompts: ["a"] } });
  const other = await join();
  await other.listen(1, { promptsListChanged: true });
  servers.alpha.change("tools", ["new"]);
  servers.alpha.change("prompts", ["new"]);
  await settle();
  expect(client.count("notifications/tools/list_changed")).toBe(0);
  expect(client.count("notifications/prompts/list_changed")).toBe(0);
  expect(other.count("notifications/tools/list_changed")).toBe(0);
  expect(other.count("notifications/prompts/list_changed")).toBe(1);
});

cells("lists.output-schema", async (cell) => {
  const schema = '{"type":"array","items":{"x":1.0}}';
  const { client, servers, begin } = await open(cell, {
    alpha: {
      tools: [
        `{"name":"list","inputSchema":{"type":"object"},"outputSchema":${schema}}`,
        '{"name":"plain","inputSchema":{"type":"object"},"outputSchema":{"type":"object","properties":{"result":{}}}}',
      ],
    },
  });
  const { text } = await client.ask("tools/list");
  expect(text).toContain(`"outputSchema":{"type":"object","properties":{"result":${schema}},"required":["result"]}`);
  expect(text).toContain('"outputSchema":{"type":"object","properties":{"result":{}}}');
  const call = begin("alpha__list");
  (await servers.alpha.call()).result('{"content":[],"structuredContent":[1.0,{"a":-0}]}');
  expect((await call.reply()).text).toContain('"structuredContent":{"result":[1.0,{"a":-0}]}');
  const other = begin("alpha__plain");
  (await servers.alpha.call()).result('{"content":[],"structuredContent":{"result":[1.0]}}');
  expect((await other.reply()).text).toContain('"structuredContent":{"result":[1.0]}');
});
