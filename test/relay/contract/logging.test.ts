import { describe, expect, test } from "vitest";
import { cells, requirement, someCells } from "../../requirements.ts";
import { clientEra, open, serverEra } from "../../support/cells.ts";
import { metaName } from "../../support/envelope.ts";
import type { FakeClient } from "../../support/fake-client.ts";
import type { FakeServer } from "../../support/fake-server.ts";
import { quiet } from "../../support/turns.ts";
import { openPlans } from "../call-tools-stage.ts";
import { odd } from "./odd.ts";
import { able, accepted, form } from "./questions.ts";

const alpha = { tools: ["do"], capabilities: { logging: {} } };
const method = "notifications/message";
const done = '{"content":[]}';

/** The levels that a server was told, in the way of its era. */
function levelsOf(server: FakeServer): readonly unknown[] {
  return server.heard.flatMap((text) => {
    const { method: told, params } = JSON.parse(text);
    if (server.era === "legacy") return told === "logging/setLevel" ? [params.level] : [];
    return told === "tools/call" ? [params._meta[metaName.logLevel]] : [];
  });
}

cells("logging.level", async (cell) => {
  const isModern = clientEra(cell) === "modern";
  const servers = { alpha, beta: alpha, mute: { tools: ["do"] } };
  const on = await open(cell, servers, isModern ? { client: { logLevel: "warning" } } : {});
  if (!isModern) expect((await on.client.ask("logging/setLevel", '{"level":"warning"}')).json.result).toEqual({});
  for (const [tool, server] of [
    ["alpha__do", on.servers.alpha],
    ["beta__do", on.servers.beta],
  ] as const) {
    const call = on.begin(tool);
    (await server.call()).result(done);
    await call.result();
  }
  await quiet();
  expect([levelsOf(on.servers.alpha), levelsOf(on.servers.beta)]).toEqual([["warning"], ["warning"]]);
  // Who has no log is told nothing.
  if (serverEra(cell) === "legacy") expect(levelsOf(on.servers.mute)).toEqual([]);
});

describe("that becomes another", () => {
  someCells("logging.level", ["LL", "LM"], async (cell) => {
    const { client, begin, servers } = await open(cell, { alpha });
    for (const level of ["error", "debug"]) {
      await client.ask("logging/setLevel", `{"level":"${level}"}`);
      const call = begin("alpha__do");
      (await servers.alpha.call()).result(done);
      await call.result();
    }
    await quiet();
    expect(levelsOf(servers.alpha)).toEqual(["error", "debug"]);
  });

  someCells("logging.level", ["ML"], async (cell) => {
    const { client, begin, servers } = await open(cell, { alpha }, { client: { logLevel: "error" } });
    const first = begin("alpha__do");
    const running = await servers.alpha.call();
    await client.greet({ era: "modern", logLevel: "debug" });
    const second = begin("alpha__do");
    const beside = await servers.alpha.call();
    await quiet();
    expect(levelsOf(servers.alpha).at(-1)).toBe("debug");
    running.result(done);
    beside.result(done);
    await first.result();
    await second.result();
  });
});

describe("of a server that is ready later", () => {
  someCells("logging.level", ["LL"], async (cell) => {
    const { client, servers, settle } = await open(cell, { alpha, late: { ...alpha, isHeld: true } });
    await client.ask("logging/setLevel", '{"level":"warning"}');
    servers.late.open();
    await settle();
    expect(levelsOf(servers.late)).toEqual(["warning"]);
  });
});

cells("logging.message", async (cell) => {
  const isModern = clientEra(cell) === "modern";
  const { client, begin, servers } = await open(
    cell,
    { alpha, beta: alpha },
    isModern ? { client: { logLevel: "warning" } } : {},
  );
  if (!isModern) await client.ask("logging/setLevel", '{"level":"warning"}');
  const [call, other] = [begin("alpha__do"), begin("beta__do")];
  const [running, beside] = [await servers.alpha.call(), await servers.beta.call()];
  const data = `"data":{"\\u0041":[1.0,{${odd}}]}`;
  servers.alpha.log(`{"level":"debug",${data}}`);
  servers.alpha.log(`{"x":1.0,"level":"warning","logger":"db",${data}}`);
  servers.beta.log(`{"level":"error",${data}}`);
  const logged = [await client.notification(method), await client.notification(method)];
  const of = (name: string) => logged.find(({ json }) => String(json.params.logger).startsWith(name));
  expect(of("alpha")?.json.params).toMatchObject({ level: "warning", logger: expect.stringContaining("db") });
  expect(of("beta")?.json.params).toMatchObject({ level: "error" });
  for (const { text } of logged) expect(text).toContain(data);
  expect(of("alpha")?.text).toContain('"x":1.0');
  await quiet();
  expect(client.count(method)).toBe(2);
  running.result(done);
  beside.result(done);
  await call.result();
  await other.result();
});

cells("logging.unasked", async (cell) => {
  const { client, begin, servers } = await open(cell, { alpha });
  const call = begin("alpha__do");
  const running = await servers.alpha.call();
  if (serverEra(cell) === "modern") expect(running.params._meta[metaName.logLevel]).toBeUndefined();
  if (clientEra(cell) === "modern") servers.alpha.log('{"level":"emergency","data":"x"}');
  await quiet();
  running.result(done);
  await call.result();
  // Nor does anybody get one who asked for it in another request, by now answered.
  if (clientEra(cell) === "modern") {
    await client.greet({ era: "modern", logLevel: "debug" });
    const asking = begin("alpha__do");
    (await servers.alpha.call()).result(done);
    await asking.result();
    servers.alpha.log('{"level":"emergency","data":"x"}');
    await quiet();
  }
  expect(client.count(method)).toBe(0);
});

describe("while the client of a plan is asked something in its reply, and other calls of the plan run", () => {
  someCells("logging.unasked", ["ML", "MM"], async (cell) => {
    const on = await openPlans(cell, { alpha }, { client: { ...able, logLevel: "debug" } });
    const { client, plan, servers, clock } = on;
    const both = plan([
      { id: "x", name: "alpha__do" },
      { id: "y", name: "alpha__do" },
    ]);
    const [asking, running] = [await servers.alpha.call(), await servers.alpha.call()];
    const asked = asking.ask({ who: form("Who?") }, "state");
    await clock.advance(10);
    await clock.advance(300);
    await both.questions();
    servers.alpha.log('{"level":"error","data":"nobody waits"}');
    servers.alpha.send('{"jsonrpc":"2.0","method":"notifications/vendor"}');
    await quiet();
    expect([client.count(method), client.count("notifications/vendor")]).toEqual([0, 0]);
    both.answer(accepted);
    const { call } = await asked;
    servers.alpha.log('{"level":"error","data":"again"}');
    expect((await client.notification(method)).json.params.data).toBe("again");
    for (const one of [call, running]) one.result(done);
    await both.result();
  });
});

test(requirement("logging.attribution", "ML"), async () => {
  const { client, begin, join, servers } = await open("ML", { alpha }, { client: { logLevel: "info" } });
  const [second, silent] = [await join({ logLevel: "debug" }), await join({})];
  await silent.greet({ era: "modern" });
  const begun = async (from: FakeClient) => [begin("alpha__do", {}, "", from), await servers.alpha.call()] as const;
  const pairs = [await begun(client), await begun(second), await begun(silent)] as const;
  const calls = [pairs[0][0], pairs[1][0], pairs[2][0]] as const;
  const running = [pairs[0][1], pairs[1][1], pairs[2][1]] as const;
  servers.alpha.log('{"level":"info","data":1}');
  await second.notification(method);
  await quiet();
  expect([client, second, silent].map((one) => one.count(method))).toEqual([0, 1, 0]);
  running[1].result(done);
  await calls[1].result();
  servers.alpha.log('{"level":"info","data":2}');
  expect((await client.notification(method)).json.params.data).toBe(2);
  await quiet();
  expect([client, second, silent].map((one) => one.count(method))).toEqual([1, 1, 0]);
  running[0].result(done);
  running[2].result(done);
  await calls[0].result();
  await calls[2].result();
});

cells("logging.bad-level", async (cell) => {
  const { client, servers } = await open(cell, { alpha });
  const heard = servers.alpha.heard.length;
  if (clientEra(cell) === "legacy") {
    for (const params of ['{"level":"loud"}', '{"level":7}', "{}", '{"level":"__proto__"}']) {
      expect((await client.ask("logging/setLevel", params)).json.error.code).toBe(-32602);
    }
  } else {
    await client.greet({ era: "modern", logLevel: "loud" });
    expect((await client.ask("tools/call", '{"name":"alpha__do"}')).json.error.code).toBe(-32602);
  }
  await quiet();
  expect(servers.alpha.heard.length).toBe(heard);
});
