import { describe, expect, test } from "vitest";
import { way } from "../../requirements/ways.ts";
import { cells, requirement, someCells } from "../../requirements.ts";
import { open, serverEra } from "../../support/cells.ts";
import type { FakeClient } from "../../support/fake-client.ts";
import { quiet } from "../../support/turns.ts";
import { able, accepted, address, form, roots, sampled, sampling } from "./questions.ts";

const alpha = { tools: ["do"] };
const done = '{"content":[{"type":"text","text":"done"}]}';

describe("what the client cannot do", () => {
  const asked = [
    ["an elicitation of one that has none", {}, form("?"), -32601],
    ["a URL of one that knows forms only", { elicitation: {} }, address("?"), -32602],
    ["a form of one that knows URLs only", { elicitation: { url: {} } }, form("?"), -32602],
    ["sampling of one that has none", { elicitation: {} }, sampling("?"), -32601],
    ["sampling with tools of one without", { sampling: {} }, sampling("?", { tools: [] }), -32602],
    ["roots of one that has none", { sampling: {} }, roots, -32601],
  ] as const;

  for (const [what, capabilities, question, code] of asked) {
    describe(what, () => {
      someCells("ask.refused", ["LL", "ML"], async (cell) => {
        const { begin, client, servers } = await open(cell, { alpha }, { client: { capabilities } });
        const call = begin("alpha__do");
        const running = await servers.alpha.call();
        const { answers, call: again } = await running.ask({ it: question });
        const how = code === -32602 ? " in this way" : "";
        const message = `tutti: this client cannot be asked ${question.method}${how}`;
        expect(answers.it.error).toMatchObject({ code, message });
        again.result(done);
        expect((await call.result()).content[0].text).toBe("done");
        expect(client.count(question.method)).toBe(0);
      });

      someCells("ask.refused", ["LM"], async (cell) => {
        const { begin, client, servers } = await open(cell, { alpha, beta: alpha }, { client: { capabilities } });
        const [call, other] = [begin("alpha__do"), begin("beta__do")];
        // That it never should: it knows from the request what the client can do.
        (await servers.alpha.call()).result(
          `{"resultType":"input_required","inputRequests":{"it":${JSON.stringify(question)}},"requestState":"s"}`,
        );
        const { isError, content, _meta } = await call.result();
        expect(isError).toBe(true);
        expect(content[0].text).toContain(question.method);
        expect(_meta["tutti/error"]).toMatchObject({ origin: "tutti", server: "alpha", code: "cannot_ask" });
        (await servers.beta.call()).result(done);
        expect((await other.result()).content[0].text).toBe("done");
        expect(client.count(question.method)).toBe(0);
      });
    });
  }

  describe("something that no client knows", () => {
    someCells("ask.refused", ["ML"], async (cell) => {
      const { begin, servers } = await open(cell, { alpha }, { client: able });
      const call = begin("alpha__do");
      const running = await servers.alpha.call();
      const { answers } = await running.ask({ it: { method: "x/unknown", params: {} } });
      expect(answers.it.error).toMatchObject({ code: -32601 });
      running.result(done);
      await call.result();
    });
  });

  cells("ask.missing-capability", async (cell) => {
    const { begin, servers } = await open(cell, { alpha });
    const call = begin("alpha__do");
    const error =
      '{"code":-32021,"message":"needs it","data":{"requiredCapabilities":{"sampling":{"tools":{}}},"x":1.0}}';
    (await servers.alpha.call()).error(error);
    expect((await call.reply()).text).toContain(`"error":${error}`);
  });
});

describe("who is asked", () => {
  cells("ask.right-client", async (cell) => {
    const { begin, client, join, servers } = await open(cell, { alpha }, { client: able });
    const second = await join();
    const older = begin("alpha__do", { n: 1 });
    const first = await servers.alpha.call();
    const calls = [older, begin("alpha__do", { n: 2 }, "", second)];
    const running = [first, await servers.alpha.call()];
    // Without a stream for each call a server of the older era cannot say which one it means: it is the newest.
    const index = serverEra(cell) === "legacy" && way.servers !== "http" ? 1 : 0;
    const [asker, asked] = [running[index], calls[index]];
    const asking = asker?.ask({ who: form("You?") });
    await asked?.questions();
    expect((index === 0 ? second : client).count("elicitation/create")).toBe(0);
    expect((index === 0 ? second : client).peer.left).toEqual([]);
    asked?.answer(accepted);
    const answered = await asking;
    expect(answered?.answers.who.result).toEqual(accepted);
    answered?.call.result(done);
    await asked?.result();
    running[1 - index]?.result(done);
    await calls[1 - index]?.result();
  });

  cells("ask.said-call", async (cell) => {
    const { begin, client, join, servers } = await open(cell, { alpha }, { client: able });
    const [unable, other] = [await join({ capabilities: {} }), await join()];
    const begun = async (n: number, from: FakeClient) =>
      [begin("alpha__do", { n }, "", from), await servers.alpha.call()] as const;
    const [[older, first], [refused, second], [newer, third]] = [
      await begun(1, client),
      await begun(2, unable),
      await begun(3, other),
    ];
    const asking = first.ask({ who: form("You?") });
    await older.questions();
    expect((await second.ask({ who: form("You?") })).answers.who.error).toMatchObject({ code: -32601 });
    older.answer(accepted);
    expect((await asking).answers.who.result).toEqual(accepted);
    for (const running of [first, second, third]) running.result(done);
    for (const call of [older, refused, newer]) expect((await call.result()).content[0].text).toBe("done");
    expect([unable, other].map((one) => one.count("elicitation/create"))).toEqual([0, 0]);
  });

  describe("where the newest cannot answer", () => {
    someCells("ask.newest-call", ["LL", "ML"], async (cell) => {
      const { begin, join, servers } = await open(cell, { alpha }, { client: able });
      const unable = await join({ capabilities: {} });
      const call = begin("alpha__do", { n: 1 });
      const running = await servers.alpha.call();
      const other = begin("alpha__do", { n: 2 }, "", unable);
      const beside = await servers.alpha.call();
      const asking = servers.alpha.question(form("You?"));
      await call.questions();
      expect(unable.peer.left).toEqual([]);
      call.answer(accepted);
      expect((await asking).json.result).toEqual(accepted);
      running.result(done);
      beside.result(done);
      await call.result();
      await other.result();
    });
  });

  cells("ask.newest-call", async (cell) => {
    const { begin, client, servers, clock } = await open(cell, { alpha }, { client: able });
    const [older, newer] = [begin("alpha__do", { n: 1 }), begin("alpha__do", { n: 2 })];
    const [first, second] = [await servers.alpha.call(), await servers.alpha.call()];
    const ask = (message: string) => servers.alpha.question(form(message));
    const one = ask("One?");
    await newer.questions();
    const two = ask("Two?");
    await older.questions();
    newer.answer(accepted);
    expect((await one).json.result).toEqual(accepted);
    older.answer({ action: "decline" });
    expect((await two).json.result).toEqual({ action: "decline" });
    if (cell === "ML") {
      // While both are away with questions nobody waits to be asked; then somebody does.
      const [three, four] = [ask("Three?"), ask("Four?")];
      await newer.questions(2);
      const five = ask("Five?");
      await older.questions();
      const six = ask("Six?");
      await clock.advance(1000);
      expect(client.peer.left).toEqual([]);
      newer.answer(accepted, accepted);
      await newer.questions();
      newer.answer({ action: "cancel" });
      expect((await six).json.result).toEqual({ action: "cancel" });
      older.answer(accepted);
      for (const answered of [await three, await four, await five]) expect(answered.json.result).toEqual(accepted);
    }
    first.result(done);
    second.result(done);
    await older.result();
    await newer.result();
  });

  describe("while no call waits", () => {
    test(requirement("ask.nobody-waits", "ML"), async () => {
      const { begin, client, servers } = await open("ML", { alpha, beta: alpha }, { client: able });
      const call = begin("beta__do");
      for (const question of [form("Anybody?"), roots]) {
        const { error } = (await servers.alpha.question(question)).json;
        const message = `tutti: ${question.method} can be asked of this client only while one of its requests is under way`;
        expect(error).toMatchObject({ code: -32601, message });
      }
      (await servers.beta.call()).result(done);
      await call.result();
      expect(client.count("elicitation/create")).toBe(0);
    });

    test(requirement("ask.nobody-waits", "LL"), async () => {
      const { begin, servers } = await open("LL", { alpha, beta: alpha }, { client: { capabilities: { roots: {} } } });
      const call = begin("beta__do");
      const { error } = (await servers.alpha.question(form("Anybody?"))).json;
      expect(error).toMatchObject({ code: -32601, message: "tutti: this client cannot be asked elicitation/create" });
      (await servers.beta.call()).result(done);
      await call.result();
    });

    test("a client with a session that can answer is asked, as a server may ask it at any time", async () => {
      const { client, servers } = await open("LL", { alpha }, { client: able });
      const answer = servers.alpha.question(roots);
      (await client.asked("roots/list")).answer({ result: { roots: [] } });
      expect((await answer).json.result).toEqual({ roots: [] });
    });
  });
});

cells("ask.several", async (cell) => {
  const { begin, servers } = await open(cell, { alpha }, { client: able });
  const call = begin("alpha__do");
  const asking = (await servers.alpha.call()).ask({ a: form("A?"), b: sampling("B?"), c: roots, d: form("D?") }, "s");
  const shown = await call.questions(4);
  const answers = shown.map(({ method, params }) => {
    if (method === "roots/list") return { roots: [] };
    if (method === "sampling/createMessage") return sampled;
    return { action: "accept", content: { name: params["message"] } };
  });
  call.answer(...answers);
  const answered = await asking;
  expect(answered.answers).toEqual({
    a: { result: { action: "accept", content: { name: "alpha: A?" } } },
    b: { result: sampled },
    c: { result: { roots: [] } },
    d: { result: { action: "accept", content: { name: "alpha: D?" } } },
  });
  answered.call.result(done);
  await call.result();
});

cells("ask.two-servers", async (cell) => {
  const { begin, servers } = await open(cell, { alpha, beta: alpha }, { client: able });
  const calls = { alpha: begin("alpha__do"), beta: begin("beta__do") };
  const running = { alpha: await servers.alpha.call(), beta: await servers.beta.call() };
  const asking = {
    alpha: running.alpha.ask({ who: form("First?") }, "same"),
    beta: running.beta.ask({ who: form("Second?") }, "same"),
  };
  await quiet();
  if (cell[0] === "L") {
    // Both come as requests on the one connection, and say whose they are.
    const shown = await calls.alpha.questions(2);
    calls.alpha.answer(...shown.map(({ params }) => ({ action: "accept", content: params })));
  } else {
    for (const name of ["beta", "alpha"] as const) {
      const [shown] = await calls[name].questions();
      calls[name].answer({ action: "accept", content: shown?.params });
    }
  }
  for (const [name, message] of [
    ["alpha", "alpha: First?"],
    ["beta", "beta: Second?"],
  ] as const) {
    const { answers, call } = await asking[name];
    expect(answers.who).toMatchObject({ result: { content: { message } } });
    call.result(`{"content":[{"type":"text","text":"${name}"}]}`);
    expect((await calls[name].result()).content[0].text).toBe(name);
  }
});

cells("ask.rounds", async (cell) => {
  const { begin, servers } = await open(cell, { alpha }, { client: able });
  const call = begin("alpha__do", { n: 1 });
  let running = await servers.alpha.call();
  for (let round = 0; round < 5; round++) {
    const asking = running.ask({ [`k${round}`]: form(`Round ${round}?`) }, round === 2 ? undefined : `state ${round}`);
    const [shown] = await call.questions();
    expect(shown?.params["message"]).toBe(`alpha: Round ${round}?`);
    call.answer({ action: "accept", content: { round } });
    const { answers, call: again } = await asking;
    expect(answers).toEqual({ [`k${round}`]: { result: { action: "accept", content: { round } } } });
    expect(again.params.arguments).toEqual({ n: 1 });
    running = again;
  }
  running.result(done);
  expect((await call.result()).content[0].text).toBe("done");
});
