import { describe, expect } from "vitest";
import { cells, someCells } from "../../requirements.ts";
import { clientEra, open, serverEra } from "../../support/cells.ts";
import { quiet } from "../../support/turns.ts";
import { able, accepted, address, form } from "./questions.ts";

const alpha = { tools: ["do"], prompts: ["do"], resources: ["file:///a"] };

cells("elicitation.form", async (cell) => {
  const { begin, servers } = await open(cell, { alpha, beta: alpha }, { client: able });
  const call = begin("alpha__do", { a: 1 });
  const running = await servers.alpha.call();
  const asking = running.ask({ who: form("Your name?") }, "sïgned");
  const [question] = await call.questions();
  expect(question?.method).toBe("elicitation/create");
  expect(question?.params).toMatchObject({ requestedSchema: form("").params["requestedSchema"] });
  call.answer(accepted);
  const { answers, call: again } = await asking;
  expect(answers).toEqual({ who: { result: accepted } });
  again.result('{"content":[{"type":"text","text":"Hello Ada"}]}');
  expect((await call.result()).content).toEqual([{ type: "text", text: "Hello Ada" }]);
  expect(servers.beta.count("tools/call")).toBe(0);
});

describe("during a request for a prompt, and for a resource,", () => {
  someCells("elicitation.form", ["LL", "LM", "ML", "MM"], async (cell) => {
    const { send, servers } = await open(cell, { alpha }, { client: able });
    for (const [method, params] of [
      ["prompts/get", '{"name":"alpha__do","arguments":{"a":"b"}}'],
      ["resources/read", '{"uri":"file:///a"}'],
    ] as const) {
      const request = send(method, params);
      const asking = (await servers.alpha.request(method)).ask({ who: form("Your name?") });
      await request.questions();
      request.answer(accepted);
      const { answers, call } = await asking;
      expect(answers.who.result).toEqual(accepted);
      call.result();
      await request.result();
    }
  });
});

cells("elicitation.actions", async (cell) => {
  const { begin, servers } = await open(cell, { alpha }, { client: able });
  for (const action of ["accept", "decline", "cancel"]) {
    const result = action === "accept" ? accepted : { action };
    const call = begin("alpha__do", { action });
    const asking = (await servers.alpha.call()).ask({ who: form("Your name?") });
    await call.questions();
    call.answer(result);
    const { answers, call: again } = await asking;
    expect(answers.who).toEqual({ result });
    again.result();
    await call.result();
  }
});

const fields: Readonly<Record<string, object>> = {
  password: { type: "string" },
  githubToken: { type: "string", title: "Yours" },
  CLIENT_SECRET: { type: "string" },
  apiKey2: {},
  a: { type: "string", title: "Your password (required):" },
  b: { type: "string", format: "password" },
};

cells("elicitation.secrets", async (cell) => {
  const { begin, servers } = await open(cell, { alpha }, { client: able });
  for (const [name, schema] of Object.entries(fields)) {
    const call = begin("alpha__do", { name });
    const running = await servers.alpha.call();
    const properties = { name: { type: "string" }, [name]: schema };
    const params = { message: "Who?", requestedSchema: { type: "object", properties } };
    const asking = running.ask({ who: { method: "elicitation/create", params } });
    const reason = `a form must not ask for a secret, as its field ${JSON.stringify(name)} does`;
    if (serverEra(cell) === "legacy") {
      const { answers, call: again } = await asking;
      expect(answers.who).toMatchObject({ error: { code: -32_602, message: expect.stringContaining(reason) } });
      again.result();
      await call.result();
    } else {
      asking.catch(() => {}); // It is never called again.
      const failed = await call.result();
      expect(failed).toMatchObject({
        isError: true,
        _meta: { "tutti/error": { code: "cannot_ask", server: "alpha" } },
      });
      expect(JSON.stringify(failed.content)).toContain("a form must not ask for a secret");
    }
  }
  // What only speaks of such things is put to the client.
  const plain = { maxTokens: { type: "number" }, secretName: { type: "string" }, showPassword: { type: "boolean" } };
  const call = begin("alpha__do", { last: true });
  const params = { message: "Which?", requestedSchema: { type: "object", properties: plain } };
  const asking = (await servers.alpha.call()).ask({ who: { method: "elicitation/create", params } });
  expect(await call.questions()).toHaveLength(1);
  call.answer(accepted);
  (await asking).call.result();
  await call.result();
});

cells("elicitation.url", async (cell) => {
  const { begin, servers } = await open(cell, { alpha }, { client: able });
  const call = begin("alpha__do");
  const question = address("Log in, please", serverEra(cell) === "legacy" ? "e-1" : undefined);
  const asking = (await servers.alpha.call()).ask({ login: question });
  const [shown] = await call.questions();
  expect(shown?.params).toMatchObject({ mode: "url", url: "https://example.org/a?b=c#d" });
  call.answer({ action: "accept" });
  const { answers, call: again } = await asking;
  expect(answers.login).toEqual({ result: { action: "accept" } });
  again.result();
  await call.result();
});

cells("elicitation.id", async (cell) => {
  const { begin, servers } = await open(cell, { alpha }, { client: able });
  const seen = new Set<unknown>();
  for (const round of [1, 2]) {
    const call = begin("alpha__do", { round });
    const asking = (await servers.alpha.call()).ask({
      login: address("Log in", serverEra(cell) === "legacy" ? "e-1" : undefined),
    });
    const [shown] = await call.questions();
    const elicitationId = shown?.params["elicitationId"];
    if (clientEra(cell) === "modern") expect(elicitationId).toBeUndefined();
    else {
      expect(elicitationId).toEqual(expect.stringMatching(/./));
      seen.add(elicitationId);
    }
    call.answer({ action: "accept" });
    (await asking).call.result();
    await call.result();
  }
  if (clientEra(cell) === "legacy") expect(seen.size).toBe(2);
});

cells("elicitation.complete", async (cell) => {
  const { client, begin, join, servers } = await open(cell, { alpha }, { client: able });
  const other = await join();
  const call = begin("alpha__do");
  const asking = (await servers.alpha.call()).ask({ login: address("Log in", "e-1") });
  const [shown] = await call.questions();
  call.answer({ action: "accept" });
  const { call: again } = await asking;
  const method = "notifications/elicitation/complete";
  servers.alpha.tell(method, '{"elicitationId":"e-1","x":1.0}');
  again.result();
  await call.result();
  if (cell === "LL") {
    const { text, json } = await client.notification(method);
    expect(json.params.elicitationId).toBe(shown?.params["elicitationId"]);
    expect(text).toContain('"x":1.0');
  }
  await quiet();
  expect(client.count(method)).toBe(cell === "LL" ? 1 : 0);
  expect(other.count(method)).toBe(0);
});

cells("elicitation.required", async (cell) => {
  const { begin, servers, clock } = await open(cell, { alpha }, { client: able });
  const call = begin("alpha__do", { n: 1 });
  const wanted = [address("Log in", "e-1").params, address("Pay", "e-2").params];
  const error = `{"code":-32042,"message":"needs you","data":{"elicitations":${JSON.stringify(wanted)},"x":1.0}}`;
  (await servers.alpha.call()).error(error);
  if (cell === "LL") {
    expect((await call.reply()).text).toContain(`"error":${error}`);
    return;
  }
  const shown = await call.questions(2);
  expect(shown.map(({ method }) => method)).toEqual(["elicitation/create", "elicitation/create"]);
  expect(shown.map(({ params }) => params["url"])).toEqual(wanted.map((params) => params["url"]));
  call.answer({ action: "accept" }, { action: "accept" });
  const again = await servers.alpha.call();
  expect(again.params.arguments).toEqual({ n: 1 });
  again.result('{"content":[{"type":"text","text":"paid"}]}');
  expect((await call.result()).content[0].text).toBe("paid");
  expect(servers.alpha.count("tools/call")).toBe(2);
  // Nobody is held to a question that is answered.
  await clock.advance(3_600_000);
  expect(servers.alpha.count("notifications/cancelled")).toBe(0);
});

describe("which the client refuses", () => {
  someCells("elicitation.required", ["ML"], async (cell) => {
    const { begin, servers } = await open(cell, { alpha }, { client: { capabilities: { elicitation: {} } } });
    const call = begin("alpha__do");
    const data = { elicitations: [address("Log in", "e-1").params] };
    (await servers.alpha.call()).error(JSON.stringify({ code: -32042, message: "needs you", data }));
    const { error } = (await call.reply()).json;
    expect(error.code).toBe(-32021);
    expect(error.data.requiredCapabilities).toEqual({ elicitation: { url: {} } });
  });
});

cells("elicitation.server-name", async (cell) => {
  const { begin, servers } = await open(cell, { "my server": alpha, beta: alpha }, { client: able });
  for (const [tool, server, name] of [
    ["my_server__do", servers["my server"], "my server"],
    ["beta__do", servers.beta, "beta"],
  ] as const) {
    const call = begin(tool);
    const running = await server.call();
    const asking = running.ask({ a: form('What "name"?\n\\é'), b: address("Log in") });
    const shown = await call.questions(2);
    const messages = shown.map(({ params }) => params["message"]);
    expect(messages.toSorted()).toEqual([`${name}: Log in`, `${name}: What "name"?\n\\é`]);
    call.answer({ action: "cancel" }, { action: "cancel" });
    (await asking).call.result();
    await call.result();
  }
});
