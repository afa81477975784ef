import { describe, expect } from "vitest";
import { cells, someCells } from "../../requirements.ts";
import { open } from "../../support/cells.ts";
import { quiet } from "../../support/turns.ts";
import { saysWhy } from "../../support/ways.ts";
import { able, accepted, form } from "./questions.ts";

const alpha = { tools: ["do", "other"], prompts: ["do"] };
const spent =
  "tutti: requestState was used before, or has expired (askTimeoutMs): the call that waited for it was ended and may have run. " +
  "Send the request without requestState to begin anew.";
const done = '{"content":[{"type":"text","text":"done"}]}';
const cancelled = "notifications/cancelled";

/** A call that is parked with one question. */
async function parked(config: object = {}) {
  const on = await open("ML", { alpha: { ...alpha, config }, beta: alpha }, { client: able });
  const call = on.begin("alpha__do", { n: 1 });
  const running = await on.servers.alpha.call();
  const asking = running.ask({ who: form("You?") });
  await call.questions();
  return { ...on, call, running, asking, state: call.state as string };
}

cells("parked.resumed", async () => {
  const { call, running, asking, servers, relay } = await parked();
  call.answer(accepted);
  expect((await asking).answers.who.result).toEqual(accepted);
  running.result(done);
  expect((await call.result()).content[0].text).toBe("done");
  expect(call.ids.length).toBe(2);
  expect(servers.alpha.count("tools/call")).toBe(1);
  expect(relay.held).toBe(0);
});

describe("that ends before the retry", () => {
  someCells("parked.resumed", ["ML"], async () => {
    const { call, running, client } = await parked();
    running.result(done);
    await quiet();
    expect(client.peer.left).toEqual([]);
    call.answer(accepted);
    expect((await call.result()).content[0].text).toBe("done");
  });
});

cells("parked.missing-answers", async (cell) => {
  const { begin, client, servers } = await open(cell, { alpha }, { client: able });
  const call = begin("alpha__do");
  const running = await servers.alpha.call();
  const asking = running.ask({ a: form("A?"), b: form("B?"), c: form("C?") });
  const shown = await call.questions(3);
  const keyOf = (message: string) => shown.find(({ params }) => params["message"] === message)?.key as string;
  call.retry({ [keyOf("alpha: B?")]: { action: "decline" }, nonsense: accepted, __proto__x: 7 });
  const rest = await call.questions(2);
  expect(rest.map(({ params }) => params["message"]).toSorted()).toEqual(["alpha: A?", "alpha: C?"]);
  call.retry({});
  const same = await call.questions(2);
  call.answer(...same.map(({ params }) => ({ action: "accept", content: params })));
  const { answers } = await asking;
  expect(answers).toMatchObject({
    a: { result: { content: { message: "alpha: A?" } } },
    b: { result: { action: "decline" } },
    c: { result: { content: { message: "alpha: C?" } } },
  });
  running.result(done);
  await call.result();
  expect(servers.alpha.count("tools/call")).toBe(1);
  expect(client.peer.left).toEqual([]);
});

cells("parked.cancelled", async () => {
  const { call, running, asking, client, servers, relay } = await parked();
  call.answer(accepted);
  await asking;
  client.cancel(call.id, ',"reason":"enough"');
  const { requestId, reason } = (await servers.alpha.line(cancelled)).json.params;
  expect(requestId).toBe(Number(running.id));
  expect(reason).toBe(saysWhy("ML") ? "enough" : "the client closed the stream");
  running.result(done);
  await client.ping();
  expect(client.peer.left).toEqual([]);
  expect(relay.held).toBe(0);
});

cells("parked.left", async () => {
  const { running, asking, client, servers, clock, relay } = await parked();
  client.leave();
  await clock.advance(100);
  expect((await servers.alpha.line(cancelled)).json.params.requestId).toBe(Number(running.id));
  expect((await asking).answers.who.error).toBeDefined();
  expect(relay.held).toBe(0);
  expect(servers.beta.count(cancelled)).toBe(0);
});

cells("parked.expired", async () => {
  const { begin, call, running, asking, client, servers, clock, relay } = await parked({ askTimeoutMs: 2000 });
  const other = begin("beta__do");
  await clock.advance(2100);
  expect((await servers.alpha.line(cancelled)).json.params.requestId).toBe(Number(running.id));
  expect((await asking).answers.who.error).toMatchObject({ message: expect.stringMatching(/./) });
  expect(relay.held).toBe(0);
  call.answer(accepted);
  expect((await call.reply()).json.error).toMatchObject({ code: -32602, message: spent });
  (await servers.beta.call()).result(done);
  await other.result();
  expect(servers.alpha.count("tools/call")).toBe(1);
  expect(client.peer.left).toEqual([]);
});

/** The genuine one still works, and the server has noticed nothing. */
async function expectUnharmed({ call, running, asking, state, servers, relay }: Awaited<ReturnType<typeof parked>>) {
  expect(servers.alpha.count("tools/call")).toBe(1);
  call.retry({ [call.keys[0] as string]: accepted }, state);
  expect((await asking).answers.who.result).toEqual(accepted);
  running.result(done);
  expect((await call.result()).content[0].text).toBe("done");
  expect(relay.held).toBe(0);
}

describe("a requestState", () => {
  cells("state.forged", async () => {
    const on = await parked();
    const { client, state } = on;
    const middle = Math.floor(state.length / 2);
    const flipped = (at: number) => `${state.slice(0, at)}${state[at] === "A" ? "B" : "A"}${state.slice(at + 1)}`;
    const forged = [
      flipped(state.length - 1),
      flipped(middle),
      `${state}A`,
      `${state}.`,
      `${state}.1`,
      state.slice(0, -1),
      state.replace(/\d+/, (digits) => `${Number(digits) + 1}`),
      state.replace(/\d+/, (digits) => `0${digits}`),
      `${state.slice(0, state.lastIndexOf("."))}.`,
      "tutti.",
      "tutti.1",
      "tutti...",
      `tutti.__proto__.${state.slice(state.lastIndexOf(".") + 1)}`,
      `tutti.${"9".repeat(100_000)}.x`,
    ];
    for (const one of forged) {
      const params = `{"name":"alpha__do","arguments":{"n":1},"requestState":${JSON.stringify(one)},"inputResponses":{}}`;
      const { error } = (await client.ask("tools/call", params)).json;
      expect(error).toMatchObject({ code: -32602, message: expect.stringContaining("requestState") });
    }
    await expectUnharmed(on);
  });

  describe("that a client makes up for a server that has none", () => {
    someCells("state.forged", ["ML"], async () => {
      const on = await parked();
      for (const one of ['"abc"', '""', "7", "null", '{"a":1}']) {
        const id = on.client.newId();
        on.client.call(id, "beta__do", "{}", `,"requestState":${one},"inputResponses":{"x":{}}`);
        const reply = on.client.reply(id);
        const refused = await Promise.race([
          reply.then(({ json }) => json.error?.code),
          running(on.servers.beta.call()),
        ]);
        // Whether it is refused or means nothing, the server does not see it; its manners are noted.
        if (refused !== undefined) expect(refused).toBe(-32602);
        await reply;
      }
      await expectUnharmed(on);
    });
  });

  cells("state.replayed", async () => {
    const on = await parked();
    const { call, asking, running: first, client, state, servers } = on;
    call.answer(accepted);
    await asking;
    const again = `{"name":"alpha__do","arguments":{"n":1},"requestState":"${state}","inputResponses":{"q1":{}}}`;
    expect((await client.ask("tools/call", again)).json.error.code).toBe(-32602);
    first.result(done);
    await call.result();
    expect((await client.ask("tools/call", again)).json.error.code).toBe(-32602);
    expect(servers.alpha.count("tools/call")).toBe(1);
  });

  cells("state.other-call", async () => {
    const on = await parked();
    const { client, join, state } = on;
    const answers = `"requestState":"${state}","inputResponses":{"q1":{"action":"accept"}}`;
    for (const [method, params] of [
      ["tools/call", `{"name":"alpha__do","arguments":{"n":2},${answers}}`],
      ["tools/call", `{"name":"alpha__do","arguments":{},${answers}}`],
      ["tools/call", `{"name":"alpha__do","arguments":{"n":1,"m":1},${answers}}`],
      ["tools/call", `{"name":"alpha__other","arguments":{"n":1},${answers}}`],
      ["tools/call", `{"name":"beta__do","arguments":{"n":1},${answers}}`],
      ["prompts/get", `{"name":"alpha__do","arguments":{"n":1},${answers}}`],
    ] as const) {
      expect((await client.ask(method, params)).json.error.code).toBe(-32602);
    }
    const thief = await join();
    const same = `{"name":"alpha__do","arguments":{"n":1},${answers}}`;
    expect((await thief.ask("tools/call", same)).json.error.code).toBe(-32602);
    expect(on.servers.beta.count("tools/call")).toBe(0);
    await expectUnharmed(on);
  });

  cells("state.passed", async (cell) => {
    const { begin, client, servers, relay } = await open(cell, { alpha }, { client: able });
    const call = begin("alpha__do", { n: 1 });
    const questions = '{"k\\u0065y":{"method":"roots/list","params":{"x":1.0}},"2":{"method":"roots/list"}}';
    const state = '"tutti.\\u0041 é"';
    const result = `{"resultType":"input_required","requestState":${state},"inputRequests":${questions},"x":-0}`;
    (await servers.alpha.call()).result(result);
    expect((await call.reply()).text).toContain(`"result":${result}`);
    expect(relay.held).toBe(0);
    const more = `,"inputResponses":{"k\\u0065y":{"roots":[],"x":1.0}},"requestState":${state}`;
    client.call(1, "alpha__do", '{"n":1}', more);
    const again = await servers.alpha.call();
    expect(again.line.text).toContain(more);
    again.result(done);
    await client.reply(1);
  });
});

async function running(call: Promise<{ readonly result: () => void }>): Promise<undefined> {
  (await call).result();
  return undefined;
}
