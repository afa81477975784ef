import { describe, expect, test } from "vitest";
import { open } from "../support/cells.ts";
import { quiet } from "../support/turns.ts";

const completions = { capabilities: { completions: {} } };

describe("a resource that nobody lists", () => {
  test("is read from nobody by its scheme alone while a server starts that may have it", async () => {
    const { client, servers, clock } = await open("LL", {
      web: { resources: ["http://example.com/a", "file:///x"] },
      files: { isHeld: true, resources: ["file:///y"] },
    });
    await clock.advance(8000);
    const { error } = (await client.ask("resources/read", '{"uri":"file:///z"}')).json;
    expect(error.code).toBe(-32002);
    expect(error.message).toContain("Still starting: files");
    expect(servers.web.count("resources/read")).toBe(0);
  });

  test("is read from nobody else when the server is gone that it can be of", async () => {
    const { client, servers } = await open("LL", {
      web: { resources: ["http://example.com/a"] },
      files: { resources: ["file:///y"], config: { restartMaxMs: 0 } },
    });
    servers.files.crash();
    await quiet();
    const { error } = (await client.ask("resources/read", '{"uri":"file:///z"}')).json;
    expect(error).toMatchObject({ code: -31_002, data: { "tutti/error": { server: "files" } } });
    expect(servers.web.count("resources/read")).toBe(0);
  });

  test("is not taken for one of another host that begins alike", async () => {
    const { client, servers } = await open("LL", {
      long: { resources: ["http://example.com/a"] },
      other: { resources: ["http://other.org/a"] },
    });
    expect((await client.ask("resources/read", '{"uri":"http://example.co/b"}')).json.error.code).toBe(-32002);
    client.request(1, "resources/read", '{"uri":"http://example.com/b"}');
    (await servers.long.request("resources/read")).result('{"contents":[]}');
    await client.reply(1);
  });
});

describe("completion", () => {
  test("goes by the type of its reference where that has a name and a URI", async () => {
    const { send, servers } = await open("LL", {
      alpha: { prompts: ["do"], ...completions },
      beta: { templates: ["file:///{x}"], ...completions },
    });
    const more = '"argument":{"name":"a","value":""}';
    const both = '"name":"alpha__do","uri":"file:///{x}"';
    for (const [type, server] of [
      ["ref/prompt", servers.alpha],
      ["ref/resource", servers.beta],
    ] as const) {
      const completing = send("completion/complete", `{"ref":{${both},"type":"${type}"},${more}}`);
      const asked = await server.request("completion/complete");
      expect(asked.params.ref.name).toBe(type === "ref/prompt" ? "do" : "alpha__do");
      asked.result('{"completion":{"values":[]}}');
      await completing.result();
    }
  });

  test("of a template, or of a resource, that nobody has says which of them it is", async () => {
    const { client } = await open("LL", {
      alpha: { resources: ["file:///a"], templates: ["db://{x}"], ...completions },
    });
    const said = async (uri: string): Promise<string> => {
      const ref = JSON.stringify({ type: "ref/resource", uri });
      const params = `{"ref":${ref},"argument":{"name":"a","value":""}}`;
      return (await client.ask("completion/complete", params)).json.error.message;
    };
    expect(await said("no://{y}")).toBe('No server has the resource template "no://{y}".');
    expect(await said("no://y")).toBe('No server has the resource "no://y".');
  });

  test("of a prompt of a server that is still starting waits for it", async () => {
    const slow = { isHeld: true, prompts: ["do"], ...completions };
    const { client, servers, clock } = await open("LL", { alpha: { prompts: ["do"], ...completions }, slow });
    await clock.advance(8000);
    const ref = (name: string) =>
      `{"ref":{"type":"ref/prompt","name":"slow__${name}"},"argument":{"name":"a","value":""}}`;
    client.request(1, "completion/complete", ref("do"));
    client.request(2, "completion/complete", ref("none"));
    await client.ping();
    servers.slow.open();
    const asked = await servers.slow.request("completion/complete");
    expect(asked.params.ref.name).toBe("do");
    asked.result('{"completion":{"values":[]}}');
    await client.reply(1);
    const { error } = (await client.reply(2)).json;
    expect(error.code).toBe(-32602);
    expect(error.message).toContain("There is no prompt");
  });
});

describe("a task", () => {
  const capabilities = { tasks: { requests: { tools: { call: {} } } } };
  const alpha = { tools: ["do"], capabilities };

  test("of another client is none, also where one server alone has tasks", async () => {
    const { client, join, servers, send } = await open("LL", { alpha });
    const other = await join();
    const call = send("tools/call", '{"name":"alpha__do","task":{}}');
    (await servers.alpha.call()).result('{"task":{"taskId":"t","status":"working"}}');
    await call.reply();
    expect((await other.ask("tasks/result", '{"taskId":"t"}')).json.error.code).toBe(-32602);
    expect(servers.alpha.count("tasks/result")).toBe(0);
    client.request(1, "tasks/result", '{"taskId":"t"}');
    (await servers.alpha.request("tasks/result")).result('{"content":[]}');
    await client.reply(1);
    // What nobody began here may still be the server's own.
    other.request(2, "tasks/get", '{"taskId":"own"}');
    (await servers.alpha.request("tasks/get")).result('{"taskId":"own"}');
    await other.reply(2);
  });

  test("is told of to the client that began it, and to nobody else", async () => {
    const { client, join, servers, send } = await open("LL", { alpha });
    const other = await join();
    const call = send("tools/call", '{"name":"alpha__do","task":{}}');
    (await servers.alpha.call()).result('{"task":{"taskId":"t","status":"working"}}');
    await call.reply();
    const status = "notifications/tasks/status";
    servers.alpha.send(`{"jsonrpc":"2.0","method":"${status}","params":{"taskId":"t","status":"completed"}}`);
    await client.notification(status);
    await quiet();
    expect(other.count(status)).toBe(0);
  });
});

describe("requests that wait for the start", () => {
  test("make room when their client leaves or takes them back", async () => {
    const { client, join, servers } = await open("LL", { alpha: { resources: ["file:///a"], isHeld: true } });
    const other = await join();
    for (let id = 1; id <= 1023; id++) other.request(id, "resources/list");
    await other.ping();
    // The first list of the client waits too.
    expect((await client.ask("resources/list")).json.error).toMatchObject({ code: -31_001 });
    other.cancel(1);
    await other.ping();
    client.request(1, "resources/list");
    await client.ping();
    other.leave();
    await quiet();
    for (let id = 2; id <= 1000; id++) client.request(id, "resources/list");
    servers.alpha.open();
    for (let id = 1; id <= 1000; id++) expect((await client.reply(id)).json.result.resources.length).toBe(1);
  });

  test("are both answered where a cancellation may mean either", async () => {
    const { openClient, servers } = await open("LL", { alpha: { resources: ["file:///a"], isHeld: true } });
    const client = openClient();
    client.request(1, "resources/list");
    client.request(1, "resources/templates/list");
    client.cancel(1);
    await client.ping();
    servers.alpha.open();
    await client.reply(1);
    await client.reply(1);
  });
});

test("a list with the cursor null is the first page", async () => {
  const { client } = await open("LL", { alpha: { tools: ["do"] } });
  expect((await client.ask("tools/list", '{"cursor":null}')).json.result.tools.length).toBe(1);
  expect((await client.ask("tools/list", '{"cursor":""}')).json.error.code).toBe(-32602);
});

test("hints say nothing of a list of which a server is down", async () => {
  const hints = '"ttlMs":5000,"cacheScope":"public"';
  const { client, servers, settle } = await open("MM", {
    alpha: { tools: ["do"], hints },
    beta: { tools: ["do"], hints, config: { restartMaxMs: 0 } },
  });
  await client.listen(1, { toolsListChanged: true });
  expect((await client.ask("tools/list")).json.result).toMatchObject({ ttlMs: 5000, cacheScope: "public" });
  servers.beta.crash();
  await settle();
  expect((await client.ask("tools/list")).json.result).toMatchObject({ ttlMs: 0, cacheScope: "private" });
  expect(client.count("notifications/tools/list_changed")).toBe(0);
});
