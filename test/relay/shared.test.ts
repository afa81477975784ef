import { describe, expect, test } from "vitest";
import { open } from "../support/cells.ts";
import type { FakeClient } from "../support/fake-client.ts";
import { stage } from "../support/stage.ts";
import { quiet } from "../support/turns.ts";
import { able, accepted, form } from "./contract/questions.ts";

const shared = { isShared: true };
const alpha = { tools: ["do"], capabilities: { logging: {}, tasks: { list: {}, requests: { tools: { call: {} } } } } };
const notices = ["notifications/message", "notifications/x"];
const greeting = '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}';

/** How many of each notice these clients have got by now, after the server has said each once more. */
async function heardBy(clients: readonly FakeClient[], tell: (method: string) => void): Promise<readonly number[][]> {
  for (const method of notices) tell(method);
  await quiet();
  return clients.map((one) => notices.map((method) => one.count(method)));
}

describe("what a server that several clients use says of no request", () => {
  test("reaches the one client that has used it, and nobody once another one has", async () => {
    const { client, openClient, servers } = await stage({ servers: { alpha }, isShared: true });
    const clients = [client, openClient()];
    for (const one of clients) await one.ask("initialize", greeting);
    const tell = (method: string): void => servers.alpha.tell(method, '{"level":"error","data":1}');
    expect(await heardBy(clients, tell)).toEqual([
      [0, 0],
      [0, 0],
    ]);
    client.call(1, "alpha__do");
    (await servers.alpha.call()).result();
    await client.reply(1);
    expect(await heardBy(clients, tell)).toEqual([
      [1, 1],
      [0, 0],
    ]);
    clients[1]?.call(1, "alpha__do");
    await servers.alpha.call();
    expect(await heardBy(clients, tell)).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });

  test("reaches all who have greeted where the server is not such a one", async () => {
    const { client, openClient, servers } = await stage({ servers: { alpha } });
    const clients = [client, openClient(), openClient()];
    for (const one of clients.slice(1)) await one.ask("initialize", greeting);
    expect(await heardBy(clients, (method) => servers.alpha.tell(method, '{"level":"error","data":1}'))).toEqual([
      [0, 0],
      [1, 1],
      [1, 1],
    ]);
  });

  test("is no question for anybody", async () => {
    const { client, servers, begin } = await open("LL", { alpha }, { ...shared, client: able });
    begin("alpha__do");
    await servers.alpha.call();
    const { error } = (await servers.alpha.question(form("Who?"))).json;
    expect(error).toMatchObject({ code: -32601, message: "tutti: several clients use this server: none can be asked" });
    expect(client.count("elicitation/create")).toBe(0);
  });

  test("is told of its tasks and addresses to none but who began or was asked to open them", async () => {
    const { client, join, servers } = await open("LL", { alpha }, { ...shared, client: able });
    const other = await join();
    const ended = "notifications/elicitation/complete";
    const status = "notifications/tasks/status";
    client.request(1, "tools/call", '{"name":"alpha__do","task":{}}');
    (await servers.alpha.call()).result('{"task":{"taskId":"t","status":"working"}}');
    await client.reply(1);
    servers.alpha.tell(ended, '{"elicitationId":"e"}');
    servers.alpha.tell(status, '{"taskId":"nobody\'s"}');
    servers.alpha.tell(status, '{"taskId":"t"}');
    await client.notification(status);
    await quiet();
    expect([client, other].map((one) => [one.count(ended), one.count(status)])).toEqual([
      [0, 1],
      [0, 0],
    ]);
  });
});

describe("tasks of a server that several clients use", () => {
  test("are those that a client began: others are none, and there is no list of all", async () => {
    const { client, servers } = await open("LL", { alpha }, shared);
    const { error } = (await client.ask("tasks/get", '{"taskId":"own"}')).json;
    expect(error).toMatchObject({ code: -32602, message: "There is no such task: this client has begun none" });
    expect((await client.ask("tasks/list")).json.error).toMatchObject({
      code: -32601,
      message: expect.stringContaining("cannot be listed"),
    });
    client.request(1, "tools/call", '{"name":"alpha__do","task":{}}');
    (await servers.alpha.call()).result('{"task":{"taskId":"t","status":"working"}}');
    await client.reply(1);
    client.request(2, "tasks/get", '{"taskId":"t"}');
    (await servers.alpha.request("tasks/get")).result('{"taskId":"t"}');
    await client.reply(2);
    expect(servers.alpha.count("tasks/list")).toBe(0);
  });

  test("are none of a client that knows nothing of tasks, which is told what it lacks", async () => {
    const extension = { extensions: { "io.modelcontextprotocol/tasks": {} } };
    const modern = { tools: ["do"], capabilities: extension };
    const { client, join } = await open("MM", { alpha: modern }, shared);
    const { error } = (await client.ask("tasks/get", '{"taskId":"t"}')).json;
    expect(error).toMatchObject({
      code: -32021,
      message: "Missing required client capability: io.modelcontextprotocol/tasks",
      data: { requiredCapabilities: extension },
    });
    const knowing = await join({ capabilities: extension });
    expect((await knowing.ask("tasks/get", '{"taskId":"t"}')).json.error.code).toBe(-32602);
  });
});

test("who answers a question in its own request hears what the server says in it, whoever else uses the server", async () => {
  const modern = { tools: ["do"] };
  const { servers, begin, join } = await open("LM", { alpha: modern }, { ...shared, client: able });
  const other = await join();
  const calls = [begin("alpha__do", { n: 1 }), begin("alpha__do", { n: 2 }, "", other)];
  const [first, second] = [await servers.alpha.call(), await servers.alpha.call()];
  const asked = [first.ask({ who: form("One?") }, "s1"), second.ask({ who: form("Two?") }, "s2")];
  for (const [n, call] of calls.entries()) {
    const [question] = await call.questions();
    expect(question?.params["message"]).toBe(`alpha: ${n === 0 ? "One?" : "Two?"}`);
    call.answer(accepted);
    const { call: again } = (await asked[n]) as Awaited<(typeof asked)[0]>;
    again.result();
    await call.result();
  }
});
