import { describe, expect } from "vitest";
import { cells, someCells } from "../../requirements.ts";
import { open, serverEra } from "../../support/cells.ts";
import { able, roots, sampled, sampling } from "./questions.ts";

const alpha = { tools: ["do"] };

cells("sampling.text", async (cell) => {
  const { begin, servers } = await open(cell, { alpha, beta: alpha }, { client: { capabilities: { sampling: {} } } });
  const call = begin("alpha__do");
  const question = sampling("Is it?", {
    systemPrompt: "Be brief.",
    temperature: 0.5,
    modelPreferences: { hints: [{ name: "m" }], speedPriority: 1 },
    metadata: { "x/y": { z: null } },
  });
  const asking = (await servers.alpha.call()).ask({ judge: question });
  expect(await call.questions()).toMatchObject([{ method: question.method, params: question.params }]);
  call.answer(sampled);
  const { answers, call: again } = await asking;
  expect(answers).toEqual({ judge: { result: sampled } });
  again.result();
  await call.result();
});

cells("sampling.tools", async (cell) => {
  const { begin, servers } = await open(cell, { alpha }, { client: able });
  const call = begin("alpha__do");
  const tools = [{ name: "add", description: "Adds", inputSchema: { type: "object", properties: { a: {} } } }];
  const question = sampling("1 + 1?", { tools, toolChoice: { mode: "required" } });
  const first = (await servers.alpha.call()).ask({ first: question }, "s1");
  expect(await call.questions()).toMatchObject([{ params: question.params }]);
  const use = {
    role: "assistant",
    content: [{ type: "tool_use", id: "u1", name: "add", input: { a: 1, b: [1.5] } }],
    model: "m-1",
    stopReason: "toolUse",
  };
  call.answer(use);
  const { answers, call: again } = await first;
  expect(answers.first).toEqual({ result: use });
  const used = {
    messages: [
      { role: "user", content: { type: "text", text: "1 + 1?" } },
      { role: "assistant", content: use.content },
      { role: "user", content: [{ type: "tool_result", toolUseId: "u1", content: [{ type: "text", text: "2" }] }] },
    ],
    maxTokens: 100,
    tools,
  };
  const second = again.ask({ second: { method: "sampling/createMessage", params: used } }, "s2");
  expect(await call.questions()).toMatchObject([{ params: used }]);
  call.answer(sampled);
  const done = await second;
  expect(done.answers.second).toEqual({ result: sampled });
  done.call.result();
  await call.result();
});

cells("roots.list", async (cell) => {
  const { begin, servers } = await open(cell, { alpha, beta: alpha }, { client: { capabilities: { roots: {} } } });
  const listed = { roots: [{ uri: "file:///home/ada", name: "Hóme", "x/y": { a: 1.5 } }, { uri: "file:///tmp" }] };
  for (const [tool, server] of [
    ["alpha__do", servers.alpha],
    ["beta__do", servers.beta],
  ] as const) {
    const call = begin(tool);
    const asking = (await server.call()).ask({ where: roots });
    expect(await call.questions()).toMatchObject([{ method: "roots/list" }]);
    call.answer(listed);
    const { answers, call: again } = await asking;
    expect(answers.where).toEqual({ result: listed });
    again.result();
    await call.result();
  }
});

describe("a change of roots", () => {
  cells("roots.changed", async (cell) => {
    const { client, servers } = await open(cell, { alpha, beta: alpha }, { client: able });
    const method = "notifications/roots/list_changed";
    client.send(`{"jsonrpc":"2.0","method":"${method}"}`);
    await client.ping();
    const call = client.ask("tools/call", '{"name":"alpha__do"}');
    (await servers.alpha.call()).result();
    await call;
    const told = serverEra(cell) === "legacy" ? 1 : 0;
    expect([servers.alpha.count(method), servers.beta.count(method)]).toEqual([told, told]);
  });

  describe("with servers of both eras", () => {
    someCells("roots.changed", ["LL"], async (cell) => {
      const { client, servers } = await open(cell, { old: alpha, new: { ...alpha, era: "modern" } }, { client: able });
      const method = "notifications/roots/list_changed";
      client.send(`{"jsonrpc":"2.0","method":"${method}"}`);
      await servers.old.line(method);
      await client.ping();
      expect([servers.old.count(method), servers.new.count(method)]).toEqual([1, 0]);
    });
  });
});
