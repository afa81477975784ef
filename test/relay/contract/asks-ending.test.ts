import { describe, expect, test } from "vitest";
import { cells, requirement, someCells } from "../../requirements.ts";
import { open } from "../../support/cells.ts";
import { quiet } from "../../support/turns.ts";
import { able, accepted, form, roots } from "./questions.ts";

const alpha = { tools: ["do"] };
const done = '{"content":[{"type":"text","text":"done"}]}';
const cancelled = "notifications/cancelled";

cells("ask.round-limit", async (cell) => {
  const { client, begin, servers } = await open(cell, { alpha, beta: alpha }, { client: able });
  client.answering = { "elicitation/create": () => ({ result: accepted }) };
  const [call, other] = [begin("alpha__do"), begin("beta__do")];
  let requests = 0;
  const insist = async () => {
    for (;;) {
      const running = await servers.alpha.call();
      requests++;
      running.result(
        `{"resultType":"input_required","inputRequests":{"k":${JSON.stringify(form("Sure?"))}},"requestState":"${requests}"}`,
      );
    }
  };
  void insist().catch(() => {}); // It ends when nothing comes any more.
  const { isError, content } = await call.result();
  expect(isError).toBe(true);
  expect(content[0].text).toContain("10");
  expect(requests).toBe(11);
  expect(client.count("elicitation/create")).toBe(10);
  (await servers.beta.call()).result(done);
  await other.result();
});

test(requirement("ask.client-error", "LL"), async () => {
  const { client, begin, servers } = await open("LL", { alpha }, { client: able });
  const call = begin("alpha__do");
  const running = await servers.alpha.call();
  const asking = running.ask({ who: form("You?") });
  const { id } = await client.asked();
  client.send(`{"jsonrpc":"2.0","id":${id},"error":{"code":-1,"message":"r\\u0065jected","data":{"x":1.0}}}`);
  expect((await asking).answers.who.error).toEqual({ code: -1, message: "rejected", data: { x: 1 } });
  expect(servers.alpha.heard.at(-1)).toContain('"error":{"code":-1,"message":"r\\u0065jected","data":{"x":1.0}}');
  running.result(done);
  await call.result();
});

test(requirement("ask.client-error", "LM"), async () => {
  const { client, begin, servers } = await open("LM", { alpha }, { client: able });
  const call = begin("alpha__do");
  (await servers.alpha.call()).result(
    `{"resultType":"input_required","inputRequests":{"a":${JSON.stringify(form("A?"))},"b":${JSON.stringify(roots)}}}`,
  );
  const [first, second] = [await client.asked("elicitation/create"), await client.asked("roots/list")];
  first.answer({ error: { code: -1, message: "I will not" } });
  const { isError, content, _meta } = await call.result();
  expect(isError).toBe(true);
  expect(content[0].text).toContain("I will not");
  expect(_meta["tutti/error"]).toMatchObject({ code: "cannot_ask", server: "alpha" });
  // The other question has no sense any more.
  expect((await client.notification(cancelled)).json.params.requestId).toBe(second.id);
  second.answer({ result: { roots: [] } });
  await quiet();
  expect(servers.alpha.count("tools/call")).toBe(1);
});

describe("with askTimeoutMs", () => {
  const config = { askTimeoutMs: 5000 };

  cells("ask.never-answered", async (cell) => {
    const { client, begin, servers, clock, relay } = await open(
      cell,
      { alpha: { ...alpha, config }, beta: alpha },
      { client: able },
    );
    const [call, other] = [begin("alpha__do"), begin("beta__do")];
    const running = await servers.alpha.call();
    const asking = running.ask({ who: form("You?") }).catch(() => undefined);
    await call.questions();
    await clock.advance(4900);
    expect(client.count(cancelled)).toBe(0);
    await clock.advance(200);
    if (cell === "LM") {
      const { isError, _meta } = await call.result();
      expect(isError).toBe(true);
      expect(_meta["tutti/error"]).toMatchObject({ server: "alpha", mayHaveRun: true });
    } else {
      expect((await asking)?.answers.who.error).toMatchObject({ message: expect.stringMatching(/./) });
    }
    if (cell === "LL") {
      running.result(done);
      expect((await call.result()).content[0].text).toBe("done");
    }
    if (cell === "ML") {
      expect((await servers.alpha.line(cancelled)).json.params.requestId).toBe(Number(running.id));
      call.retry({});
      expect((await call.reply()).json.error).toMatchObject({
        code: -32602,
        message: expect.stringContaining("expired"),
      });
    } else expect(client.count(cancelled)).toBe(1);
    (await servers.beta.call()).result(done);
    await other.result();
    expect(relay.held).toBe(0);
  });

  cells("timeout.question", async (cell) => {
    const { client, begin, servers, clock } = await open(
      cell,
      { alpha: { ...alpha, config: { askTimeoutMs: 400_000, callTimeoutMs: 1000 } } },
      { client: able },
    );
    const call = begin("alpha__do");
    const asking = (await servers.alpha.call()).ask({ who: form("You?") });
    await call.questions();
    // The person has more time than the call would have without the question.
    await clock.advance(399_000);
    expect(client.peer.left).toEqual([]);
    call.answer(accepted);
    const { answers, call: again } = await asking;
    expect(answers.who.result).toEqual(accepted);
    again.result(done);
    await call.result();
  });

  cells("ask.late-answer", async (cell) => {
    const { client, begin, servers, clock } = await open(cell, { alpha: { ...alpha, config } }, { client: able });
    const call = begin("alpha__do");
    const running = await servers.alpha.call();
    const asking = running.ask({ who: form("You?") }).catch(() => undefined);
    const { answer } = await client.asked();
    await clock.advance(5100);
    if (cell === "LL") await asking;
    const before = servers.alpha.heard.length;
    answer({ result: accepted });
    answer({ result: accepted });
    client.send('{"jsonrpc":"2.0","id":"1","result":{}}');
    client.send('{"jsonrpc":"2.0","id":999,"result":{}}');
    await client.ping();
    await quiet();
    expect(servers.alpha.heard.length).toBe(before);
    if (cell === "LL") running.result(done);
    await call.result();
  });
});

cells("ask.server-dies", async (cell) => {
  const dying = { ...alpha, config: { restartMaxMs: 0 } };
  const { client, begin, servers, relay, clock } = await open(cell, { alpha: dying, beta: alpha }, { client: able });
  const [call, other] = [begin("alpha__do"), begin("beta__do")];
  const running = await servers.alpha.call();
  void running.ask({ who: form("You?") }, "s").catch(() => {}); // It gets no answer any more.
  await call.questions();
  servers.alpha.crash();
  await quiet();
  if (cell === "LL") expect((await client.notification(cancelled)).json.params.requestId).toEqual(expect.any(Number));
  else call.answer(accepted);
  // One that cannot be reached is tried once more, a little later.
  await quiet();
  await clock.advance(1000);
  const { isError, _meta } = await call.result();
  expect(isError).toBe(true);
  expect(_meta["tutti/error"]).toMatchObject({ server: "alpha", origin: "tutti" });
  (await servers.beta.call()).result(done);
  expect((await other.result()).content[0].text).toBe("done");
  expect(relay.held).toBe(0);
});

cells("ask.client-leaves", async (cell) => {
  const { begin, client, join, servers, clock, relay } = await open(cell, { alpha }, { client: able });
  const staying = await join();
  const other = begin("alpha__do", { n: 1 }, "", staying);
  const beside = await servers.alpha.call();
  const call = begin("alpha__do", { n: 2 });
  const running = await servers.alpha.call();
  const asking = running.ask({ who: form("You?") }).catch(() => undefined);
  await call.questions();
  client.leave();
  await clock.advance(100);
  if (cell !== "LM") {
    expect((await servers.alpha.line(cancelled)).json.params.requestId).toBe(Number(running.id));
    expect((await asking)?.answers.who.error).toMatchObject({ message: expect.stringMatching(/./) });
  }
  beside.result(done);
  expect((await staying.reply(other.id)).json.result.content[0].text).toBe("done");
  expect(servers.alpha.count(cancelled)).toBe(cell === "LM" ? 0 : 1);
  expect(relay.held).toBe(0);
});

cells("cancel.question", async (cell) => {
  const { client, begin, servers, clock } = await open(cell, { alpha, beta: alpha }, { client: able });
  const [call, other] = [begin("alpha__do"), begin("beta__do")];
  const [running, beside] = [await servers.alpha.call(), await servers.beta.call()];
  const [id, kept] = [servers.alpha.ask("roots/list", "{}"), servers.beta.ask("roots/list", "{}")];
  await quiet();
  if (cell === "LL") {
    const [first, second] = [await client.asked(), await client.asked()];
    servers.alpha.send(
      `{"jsonrpc":"2.0","method":"${cancelled}","params":{"requestId":${id},"reason":"n\\u006fw","x":1.0}}`,
    );
    const { json, text } = await client.notification(cancelled);
    expect(json.params.requestId).toBe(first.id);
    expect(text).toContain('"reason":"n\\u006fw","x":1.0');
    second.answer({ result: { roots: [] } });
  } else {
    // Before it was put to anybody: then nobody hears of it.
    servers.alpha.send(`{"jsonrpc":"2.0","method":"${cancelled}","params":{"requestId":${id}}}`);
    await other.questions();
    other.answer({ roots: [] });
  }
  expect((await servers.beta.answerTo(kept)).json.result).toEqual({ roots: [] });
  running.result(done);
  beside.result(done);
  await call.result();
  await other.result();
  await clock.advance(3_600_000);
  expect(servers.alpha.heard.filter((text) => text.includes(`"id":${id}`))).toEqual([]);
});

describe("that was already put to the person", () => {
  someCells("cancel.question", ["ML"], async (cell) => {
    const { begin, servers } = await open(cell, { alpha }, { client: able });
    const call = begin("alpha__do");
    const running = await servers.alpha.call();
    const id = servers.alpha.ask("roots/list", "{}");
    await call.questions();
    servers.alpha.send(`{"jsonrpc":"2.0","method":"${cancelled}","params":{"requestId":${id}}}`);
    await quiet();
    call.answer({ roots: [] });
    running.result(done);
    expect((await call.result()).content[0].text).toBe("done");
    expect(servers.alpha.heard.filter((text) => text.includes(`"id":${id}`))).toEqual([]);
  });
});
