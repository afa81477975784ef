import { describe, expect, test } from "vitest";
import { way } from "../../requirements/ways.ts";
import { someCells } from "../../requirements.ts";
import { open, serverEra } from "../../support/cells.ts";
import { quiet } from "../../support/turns.ts";
import { odd } from "./odd.ts";
import { able, accepted, address, form, roots } from "./questions.ts";

const alpha = { tools: ["do"], prompts: ["do"], capabilities: { completions: {} } };
const done = '{"content":[{"type":"text","text":"done"}]}';
const cancelled = "notifications/cancelled";

describe("byte for byte", () => {
  const params = `{"x":1.0,"message":"\\u0041 é","requestedSchema":{"type":"object","properties":{},"y":-0},"_meta":{${odd}},${odd}}`;
  const answer = `{"action":"accept","content":{"n":1.0,"s":"\\u0041é","big":12345678901234567890},${odd}}`;

  someCells("elicitation.form", ["LL", "LM", "ML", "MM"], async (cell) => {
    const { client, begin, send, servers, clock } = await open(cell, { alpha }, { client: able });
    const call = begin("alpha__do", { n: 1 });
    const running = await servers.alpha.call();
    const key = '"k\\u0065y \\"é"';
    const state = '"s\\u0041"';
    if (serverEra(cell) === "modern") {
      const questions = `{${key}:{"method":"elicitation/create","params":${params}}}`;
      running.result(`{"resultType":"input_required","inputRequests":${questions},"requestState":${state}}`);
    } else servers.alpha.ask("elicitation/create", params);
    await clock.advance(10);
    const shown = params.replace('"message":"', '"message":"alpha: ');
    if (cell[0] === "L") {
      const { id, line } = await client.asked();
      expect(line.text).toContain(`"params":${shown}`);
      client.send(`{"jsonrpc":"2.0","id":${id},"result":${answer}}`);
    } else {
      const { text, json } = await call.reply();
      expect(text).toContain(`"params":${shown}`);
      const own = cell === "MM" ? key : JSON.stringify(Object.keys(json.result.inputRequests)[0]);
      const back = cell === "MM" ? state : JSON.stringify(json.result.requestState);
      send(
        "tools/call",
        `{"name":"alpha__do","arguments":{"n":1},"inputResponses":{${own}:${answer}},"requestState":${back}}`,
      );
    }
    if (serverEra(cell) === "modern") {
      const again = await servers.alpha.call();
      expect(again.line.text).toContain(`"inputResponses":{${key}:${answer}}`);
      expect(again.line.text).toContain(`"requestState":${state}`);
      again.result(done);
    } else {
      expect((await servers.alpha.answerTo('"ask 1"')).text).toContain(`"result":${answer}`);
      running.result(done);
    }
    await quiet();
    expect(client.peer.lines.at(-1)?.json.result.content[0].text).toBe("done");
  });

  describe("where an id is taken away", () => {
    someCells("elicitation.id", ["ML"], async (cell) => {
      const { begin, servers } = await open(cell, { alpha }, { client: able });
      const call = begin("alpha__do");
      const running = await servers.alpha.call();
      const letter = `"mode":"url","url":"https://example.org/\\u0041","message":"go",${odd}`;
      const id = servers.alpha.ask("elicitation/create", `{${letter},"elicitationId":"e-1"}`);
      await call.questions();
      expect(call.shown?.text).toContain(letter.replace('"go"', '"alpha: go"'));
      expect(call.shown?.text).not.toContain("elicitationId");
      call.answer({ action: "accept" });
      await servers.alpha.answerTo(id);
      running.result(done);
      await call.result();
    });
  });
});

describe("questions that cannot be read", () => {
  for (const members of [
    '"inputRequests":[]',
    '"inputRequests":null',
    '"inputRequests":{"a":null}',
    '"inputRequests":{"a":{}}',
    '"inputRequests":{"a":{"method":7}}',
    '"inputRequests":{"a":{"method":"tools/call","params":{"name":"do"}}}',
    '"inputRequests":{"a":{"method":"initialize","params":{}}}',
    '"inputRequests":{}',
    '"x":1',
  ]) {
    test(`fail the call and nothing else: ${members}`, async () => {
      const { begin, client, servers } = await open("LM", { alpha, beta: alpha }, { client: able });
      const [call, other] = [begin("alpha__do"), begin("beta__do")];
      (await servers.alpha.call()).result(`{"resultType":"input_required",${members}}`);
      expect((await call.result()).isError).toBe(true);
      (await servers.beta.call()).result(done);
      expect((await other.result()).content[0].text).toBe("done");
      expect(servers.alpha.count("tools/call")).toBe(1);
      expect(client.peer.left).toEqual([]);
    });
  }

  test("fail also in the answer to a request that may not ask", async () => {
    const { send, client, servers } = await open("LM", { alpha }, { client: able });
    const ref = '{"ref":{"type":"ref/prompt","name":"alpha__do"},"argument":{"name":"a","value":""}}';
    const completing = send("completion/complete", ref);
    const questions = JSON.stringify({ a: form("You?") });
    (await servers.alpha.request("completion/complete")).result(
      `{"resultType":"input_required","inputRequests":${questions}}`,
    );
    await quiet();
    expect(client.count("elicitation/create")).toBe(0);
    expect((await completing.reply()).json.error).toBeDefined();
  });
});

test("a server that only wants to be called again with its state is, without a question", async () => {
  const { begin, client, servers } = await open("LM", { alpha }, { client: able });
  const call = begin("alpha__do", { n: 1 });
  for (let round = 0; round < 3; round++) {
    const running = await servers.alpha.call();
    expect(running.params.requestState).toBe(round === 0 ? undefined : `s${round - 1}`);
    expect(running.params.inputResponses).toBeUndefined();
    running.result(`{"resultType":"input_required","requestState":"s${round}"}`);
  }
  (await servers.alpha.call()).result(done);
  expect((await call.result()).content[0].text).toBe("done");
  expect(client.peer.left).toEqual([]);
});

describe("questions and the moment in which they are gathered", () => {
  test("a call that ends in it ends, and its question is refused", async () => {
    const { begin, client, servers, clock, relay } = await open("ML", { alpha }, { client: able });
    const call = begin("alpha__do");
    const running = await servers.alpha.call();
    const asking = servers.alpha.question(roots);
    await quiet();
    running.result(done);
    expect((await call.result()).content[0].text).toBe("done");
    await clock.advance(100);
    expect((await asking).json.error).toBeDefined();
    expect(client.peer.left).toEqual([]);
    expect(relay.held).toBe(0);
  });

  test("a call that its client cancels in it is cancelled, and its question is refused", async () => {
    const { begin, client, servers, clock, relay } = await open("ML", { alpha }, { client: able });
    const call = begin("alpha__do");
    const running = await servers.alpha.call();
    const asking = servers.alpha.question(roots);
    await quiet();
    client.cancel(call.id);
    expect((await servers.alpha.line(cancelled)).json.params.requestId).toBe(Number(running.id));
    await clock.advance(100);
    expect((await asking).json.error).toBeDefined();
    expect(client.peer.left).toEqual([]);
    expect(relay.held).toBe(0);
  });

  test("one that comes a moment later is put in the same reply; much later, in the next", async () => {
    const { begin, servers, clock } = await open("ML", { alpha }, { client: able });
    const call = begin("alpha__do");
    const running = await servers.alpha.call();
    const first = servers.alpha.question(form("One?"));
    await clock.advance(2);
    const second = servers.alpha.question(form("Two?"));
    await call.questions(2);
    const third = servers.alpha.question(form("Three?"));
    await clock.advance(100);
    call.answer(accepted, accepted);
    for (const answer of [await first, await second]) expect(answer.json.result).toEqual(accepted);
    expect((await call.questions()).map(({ params }) => params["message"])).toEqual(["alpha: Three?"]);
    call.answer({ action: "decline" });
    expect((await third).json.result).toEqual({ action: "decline" });
    running.result(done);
    await call.result();
  });
});

describe("a server that asks without measure", () => {
  someCells("ask.several", ["LL", "ML"], async (cell) => {
    const { client, begin, servers, clock, relay } = await open(cell, { alpha, beta: alpha }, { client: able });
    const [call, other] = [begin("alpha__do"), begin("beta__do")];
    const [running, beside] = [await servers.alpha.call(), await servers.beta.call()];
    const asking = Array.from({ length: 500 }, () => servers.alpha.question(roots));
    await clock.advance(10);
    const refused = servers.alpha.heard.filter((text) => text.includes('"id":"ask ') && text.includes('"error"'));
    expect(refused.length).toBeGreaterThan(300);
    const asked = beside.ask({ where: address("Go") });
    client.answering = { "elicitation/create": () => ({ result: { action: "accept" } }) };
    if (cell === "ML") {
      await other.questions();
      other.answer({ action: "accept" });
    }
    expect((await asked).answers.where.result).toEqual({ action: "accept" });
    beside.result(done);
    await other.result();
    servers.alpha.crash();
    // Over HTTP nothing tells that it is gone.
    await clock.advance(way.servers === "http" ? 300_000 : 100);
    void Promise.allSettled(asking);
    void running;
    if (cell === "LL") await call.result();
    expect(relay.held).toBe(cell === "LL" || way.servers === "http" ? 0 : 1);
  });
});

describe("a server's cancellation", () => {
  for (const cell of ["LL", "LM", "ML", "MM"] as const) {
    test(`of what it did not ask changes nothing, ${cell}`, async () => {
      const { client, begin, servers } = await open(cell, { alpha }, { client: able });
      const call = begin("alpha__do");
      const running = await servers.alpha.call();
      for (const id of [running.id, String(call.id), '"ask 1"', "null", "{}", "1"]) {
        servers.alpha.send(`{"jsonrpc":"2.0","method":"${cancelled}","params":{"requestId":${id}}}`);
      }
      await quiet();
      running.result(done);
      expect((await call.result()).content[0].text).toBe("done");
      expect(client.count(cancelled)).toBe(0);
    });
  }
});
