import { describe, expect, test } from "vitest";
import { way } from "../../requirements/ways.ts";
import { cells, requirement, someCells } from "../../requirements.ts";
import { clientEra, open, serverEra } from "../../support/cells.ts";
import { odd } from "./odd.ts";

const search = { "com.example/search": { v: 1 } };

describe("methods that tutti does not know", () => {
  cells("requests.vendor", async (cell) => {
    const { client, send, servers } = await open(cell, {
      alpha: { capabilities: { extensions: { "com.example/other": {} } } },
      beta: { capabilities: serverEra(cell) === "modern" ? { extensions: search } : { experimental: search } },
    });
    const request = send("com.example/search/run", `{"n":1.0,${odd}}`, '"x/y":1.0');
    const asked = await servers.beta.request("com.example/search/run");
    expect(asked.line.text).toContain(`"n":1.0,${odd}`);
    expect(asked.line.text).toContain('"x/y":1.0');
    asked.result(`{"found":[1.0],${odd}}`);
    expect((await request.reply()).text).toContain(`"found":[1.0],${odd}`);
    const failing = send("com.example/search/run", "{}");
    (await servers.beta.request("com.example/search/run")).error(`{"code":7,"message":"no","data":{${odd}}}`);
    expect((await failing.reply()).text).toContain(`"error":{"code":7,"message":"no","data":{${odd}}}`);
    // Over HTTP it is the envelope that says whose a message of the newer era is.
    const whose = clientEra(cell) === "modern" && way.clients === "http" ? `,"_meta":{${client.envelope}}` : "";
    client.send(`{"jsonrpc":"2.0","method":"notifications/com.example/search/more","params":{"n":1.0${whose}}}`);
    await servers.beta.line("notifications/com.example/search/more");
    expect(servers.alpha.heard.filter((text) => text.includes("com.example/search"))).toEqual([]);
  });

  cells("requests.ambiguous", async (cell) => {
    const { client, servers } = await open(cell, {
      alpha: { capabilities: { extensions: search } },
      beta: { capabilities: { extensions: search } },
    });
    const counts = () => [servers.alpha.heard.length, servers.beta.heard.length];
    const before = counts();
    const both = (await client.ask("com.example/search/run")).json.error;
    expect(both).toMatchObject({ code: -32601, message: expect.stringMatching(/alpha.*beta/) });
    for (const method of ["com.example/unknown/run", "vendor", "x/y", "notifications/x", "", "roots/list"]) {
      const { error } = (await client.ask(method)).json;
      expect(error).toMatchObject({ code: -32601, message: expect.stringContaining(method) });
    }
    expect(counts()).toEqual(before);
  });

  cells("extensions.capabilities", async (cell) => {
    const { openClient } = await open(cell, {
      alpha: { capabilities: { extensions: { ...search, "com.example/both": {} } } },
      beta: { capabilities: { extensions: { "com.example/both": {} } } },
    });
    const client = openClient();
    const greeted = await greet(client, clientEra(cell));
    expect(greeted.capabilities.extensions).toMatchObject(search);
  });
});

/** What tutti says of itself to one more client. */
async function greet(client: Awaited<ReturnType<typeof open>>["client"], era: "legacy" | "modern") {
  if (era === "modern") {
    await client.greet({ era });
    return (await client.ask("server/discover")).json.result;
  }
  const params = '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}';
  return (await client.ask("initialize", params)).json.result;
}

describe("tasks", () => {
  test(requirement("tasks.core", "LL"), async () => {
    const tasks = { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } };
    const tool = '{"name":"do","inputSchema":{"type":"object"},"execution":{"taskSupport":"optional","x":1.0}}';
    const { client, send, servers } = await open("LL", {
      alpha: { tools: [tool], capabilities: tasks },
      beta: { tools: [tool], capabilities: tasks },
    });
    expect((await client.ask("tools/list")).text).toContain('"execution":{"taskSupport":"optional","x":1.0}');
    for (const [name, server] of [
      ["alpha", servers.alpha],
      ["beta", servers.beta],
    ] as const) {
      const call = send("tools/call", `{"name":"${name}__do","task":{"ttl":1000,"x":1.0}}`);
      const running = await server.call();
      expect(running.line.text).toContain('"task":{"ttl":1000,"x":1.0}');
      const task = `{"taskId":"${name} 1","status":"working","createdAt":"2026-01-01T00:00:00Z","ttl":1000}`;
      running.result(`{"task":${task}}`);
      expect((await call.reply()).text).toContain(`"task":${task}`);
    }
    for (const [name, server] of [
      ["beta", servers.beta],
      ["alpha", servers.alpha],
    ] as const) {
      for (const method of ["tasks/get", "tasks/result", "tasks/cancel"]) {
        const request = send(method, `{"taskId":"${name} 1"}`);
        (await server.request(method)).result(`{"taskId":"${name} 1","x":1.0}`);
        expect((await request.reply()).text).toContain(`{"taskId":"${name} 1","x":1.0}`);
      }
    }
    expect((await client.ask("tasks/get", '{"taskId":"none"}')).json.error).toBeDefined();
  });

  describe("of another client", () => {
    someCells("tasks.core", ["LL"], async (cell) => {
      const capabilities = { tasks: { requests: { tools: { call: {} } } } };
      const alpha = { tools: ["do"], capabilities };
      const { send, join, servers } = await open(cell, { alpha, beta: alpha });
      const other = await join();
      const call = send("tools/call", '{"name":"alpha__do","task":{}}');
      (await servers.alpha.call()).result('{"task":{"taskId":"t","status":"working"}}');
      await call.result();
      expect((await other.ask("tasks/result", '{"taskId":"t"}')).json.error).toBeDefined();
      expect(servers.alpha.count("tasks/result")).toBe(0);
    });
  });

  test(requirement("tasks.hidden", "ML"), async () => {
    const { client } = await open("ML", {
      alpha: {
        tools: [
          '{"name":"may","inputSchema":{"type":"object"},"execution":{"taskSupport":"optional"}}',
          '{"name":"not","inputSchema":{"type":"object"},"execution":{"taskSupport":"forbidden"}}',
        ],
        capabilities: { tasks: { requests: { tools: { call: {} } } } },
      },
    });
    const { tools } = (await client.ask("tools/list")).json.result;
    const supports = tools.map(({ execution }: { execution?: { taskSupport?: string } }) => execution?.taskSupport);
    expect(supports).not.toContain("optional");
  });

  test(requirement("tasks.extension", "MM"), async () => {
    const extension = { extensions: { "io.modelcontextprotocol/tasks": {} } };
    const alpha = { tools: ["do"], capabilities: extension };
    const { send, servers } = await open("MM", { alpha, beta: alpha }, { client: { capabilities: extension } });
    const call = send("tools/call", '{"name":"beta__do","arguments":{}}');
    const task = '{"resultType":"task","taskId":"t\\u0031","status":"working","pollIntervalMs":1.0}';
    (await servers.beta.call()).result(task);
    expect((await call.reply()).text).toContain(`"result":${task}`);
    for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
      const request = send(method, '{"taskId":"t1","x":1.0}');
      const asked = await servers.beta.request(method);
      expect(asked.line.text).toContain('"taskId":"t1","x":1.0');
      asked.result('{"resultType":"complete","y":1.0}');
      expect((await request.reply()).text).toContain('{"resultType":"complete","y":1.0}');
    }
    expect(servers.alpha.count("tasks/get")).toBe(0);
  });
});

cells("apps.resources", async (cell) => {
  const ui =
    '"_meta":{"ui":{"resourceUri":"ui://alpha/view","visibility":["model","app"],"x":1.0},"ui/resourceUri":"ui://alpha/view"}';
  const { client, send, begin, servers } = await open(cell, {
    alpha: { tools: [`{"name":"show","inputSchema":{"type":"object"},${ui}}`], resources: ["ui://alpha/view"] },
    beta: { tools: ["other"], templates: ["ui://beta/{view}"] },
  });
  expect((await client.ask("tools/list")).text).toContain(ui);
  const reading = send("resources/read", '{"uri":"ui://alpha/view"}');
  const html = '"contents":[{"uri":"ui://alpha/view","mimeType":"text/html;profile=mcp-app","text":"<b>\\u0041"}]';
  (await servers.alpha.request("resources/read")).result(`{${html}}`);
  expect((await reading.reply()).text).toContain(html);
  const templated = send("resources/read", '{"uri":"ui://beta/7"}');
  (await servers.beta.request("resources/read")).result();
  await templated.result();
  // A view knows its server's own names only.
  const call = begin("show");
  (await servers.alpha.call("show")).result();
  await call.result();
});
