import { expect, test } from "vitest";
import { open } from "../support/cells.ts";
import { quiet } from "../support/turns.ts";

const alpha = { tools: ["do"], capabilities: { logging: {} } };
const method = "notifications/message";

test("whatever a server says of its logger, the message says which server it is, and is JSON", async () => {
  const { client, servers } = await open("LL", { alpha });
  for (const [params, expected] of [
    ["{}", '{"logger":"alpha"}'],
    ["{ }", '{"logger":"alpha" }'],
    ['{"level":"info","data":1.0}', '{"logger":"alpha","level":"info","data":1.0}'],
    ['{"logger":null,"data":1.0}', '{"logger":"alpha","data":1.0}'],
    ['{"logger":7,"data":1.0}', '{"logger":"alpha/7","data":1.0}'],
    ['{"logger":["beta/db"],"data":1.0}', '{"logger":"alpha/[\\"beta/db\\"]","data":1.0}'],
    ['{"data":1.0,"logger" : "ä"}', '{"data":1.0,"logger" : "alpha/ä"}'],
  ] as const) {
    servers.alpha.log(params);
    const { text } = await client.notification(method);
    expect(text).toBe(`{"jsonrpc":"2.0","method":"${method}","params":${expected}}`);
  }
});

test("a message without a level that is known goes to who has asked for no level, and to nobody who has", async () => {
  const { client, join, servers } = await open("LL", { alpha });
  const other = await join();
  await other.ask("logging/setLevel", '{"level":"emergency"}');
  for (const level of ["7", "null", "{}", '"loud"', '"__proto__"']) servers.alpha.log(`{"level":${level},"data":1}`);
  servers.alpha.log('{"data":1}');
  servers.alpha.send(`{"jsonrpc":"2.0","method":"${method}"}`);
  servers.alpha.send(`{"jsonrpc":"2.0","method":"${method}","params":[]}`);
  await client.counted(method, 8);
  await quiet();
  expect(other.count(method)).toBe(0);
  servers.alpha.log('{"level":"\\u0065mergency","data":1}');
  await other.notification(method);
});

test("the level of a client that leaves, or begins anew, counts no more", async () => {
  const { client, join, servers } = await open("LL", { alpha });
  const other = await join();
  const levels = () =>
    servers.alpha.heard.map((text) => JSON.parse(text)).filter(({ method }) => method === "logging/setLevel");
  await client.ask("logging/setLevel", '{"level":"error"}');
  await other.ask("logging/setLevel", '{"level":"debug"}');
  expect((await levels()).map(({ params }) => params.level)).toEqual(["error", "debug"]);
  other.leave();
  await quiet();
  expect(levels().map(({ params }) => params.level)).toEqual(["error", "debug", "error"]);
});
