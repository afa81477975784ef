import { describe, expect, test } from "vitest";
import { open } from "../support/cells.ts";
import { able, address, form, roots } from "./contract/questions.ts";

const alpha = { tools: ["do"], prompts: ["do"], capabilities: { completions: {} } };
const done = '{"content":[{"type":"text","text":"done"}]}';

describe("questions of an odd form", () => {
  test("an id that is there twice is taken away twice, and JSON is left", async () => {
    const { begin, servers } = await open("ML", { alpha }, { client: able });
    for (const params of [
      '{"elicitationId":"a", "elicitationId":"b","message":"Go","mode":"url","url":"https://example.org/"}',
      '{"message":"Go" , "elicitationId":"a","mode":"url","elicitationId":"b","elicitationId":"c","url":"https://example.org/" }',
      '{"mode":"url","message":"Go","url":"https://example.org/","elicitationId":"a","elicitationId":"b"}',
    ]) {
      const call = begin("alpha__do");
      const running = await servers.alpha.call();
      const id = servers.alpha.ask("elicitation/create", params);
      const [shown] = await call.questions();
      expect(shown?.params).toEqual({ message: "alpha: Go", mode: "url", url: "https://example.org/" });
      call.answer({ action: "accept" });
      await servers.alpha.answerTo(id);
      running.result(done);
      await call.result();
    }
  });

  test("one that cannot be read does not hide whose the others are", async () => {
    const { begin, servers } = await open("MM", { alpha }, { client: able });
    const question = JSON.stringify(form("Your password?"));
    for (const requests of [
      `{"a":${question},"b":5}`,
      `{"b":{},"a":${question}}`,
      `[],"inputRequests":{"a":${question}}`,
    ]) {
      const call = begin("alpha__do");
      (await servers.alpha.call()).result(`{"resultType":"input_required","inputRequests":${requests}}`);
      expect((await call.reply()).text).toContain('"alpha: Your password?"');
    }
  });

  test("more than can be answered by a person fail the call", async () => {
    const { begin, client, servers } = await open("LM", { alpha }, { client: able });
    const asking = (count: number): string => {
      const requests = Array.from({ length: count }, (_, index) => [`k${index}`, roots]);
      return `{"resultType":"input_required","inputRequests":${JSON.stringify(Object.fromEntries(requests))}}`;
    };
    const call = begin("alpha__do");
    (await servers.alpha.call()).result(asking(65));
    const { _meta } = await call.result();
    expect(_meta["tutti/error"]).toMatchObject({ code: "bad_reply" });
    expect(client.count("roots/list")).toBe(0);
    begin("alpha__do");
    (await servers.alpha.call()).result(asking(64));
    await client.counted("roots/list", 64);
  });

  test("addresses that are none are not put to a client", async () => {
    const { begin, servers } = await open("ML", { alpha }, { client: { capabilities: { elicitation: {} } } });
    for (const elicitations of [
      "[null]",
      '["https://example.org/"]',
      '[{"url":"https://example.org/","message":"Go"}]',
      "[7]",
    ]) {
      const call = begin("alpha__do");
      (await servers.alpha.call()).error(
        `{"code":-32042,"message":{"no":"text"},"data":{"elicitations":${elicitations}}}`,
      );
      const { error } = (await call.reply()).json;
      expect(error).toMatchObject({ code: -32021, message: expect.any(String) });
    }
  });

  test("nor are they where a reply may not ask", async () => {
    const { send, servers } = await open("ML", { alpha }, { client: able });
    const ref = '{"ref":{"type":"ref/prompt","name":"alpha__do"},"argument":{"name":"a","value":""}}';
    const completing = send("completion/complete", ref);
    const data = JSON.stringify({ elicitations: [address("Log in", "e-1").params] });
    (await servers.alpha.request("completion/complete")).error(`{"code":-32042,"message":"needs you","data":${data}}`);
    expect((await completing.reply()).json.error.code).toBe(-32021);
  });
});
