import { expect, test } from "vitest";
import { open } from "../support/cells.ts";
import { able, form } from "./contract/questions.ts";

const completing = '{"ref":{"type":"ref/prompt","name":"alpha__say"},"argument":{"name":"a","value":"b"}}';

test("a question is never put into the reply to a request that may not be answered by one, though it is the newest", async () => {
  const capabilities = { completions: {} };
  const on = await open("ML", { alpha: { tools: ["do"], prompts: ["say"], capabilities } }, { client: able });
  on.client.call(1, "alpha__do");
  await on.servers.alpha.call();
  await on.clock.advance(1);
  on.client.request(2, "completion/complete", completing);
  const completion = await on.servers.alpha.request("completion/complete");
  const { method, params } = form("Who?");
  on.servers.alpha.ask(method, JSON.stringify(params));
  await on.clock.advance(10);
  const { json } = await on.client.reply(1);
  expect(json.result.resultType).toBe("input_required");
  completion.result('{"completion":{"values":["bc"]}}');
  expect((await on.client.reply(2)).json.result.completion).toEqual({ values: ["bc"] });
});

test("a question is refused while the only request under way may not be answered by one", async () => {
  const capabilities = { completions: {} };
  const on = await open("ML", { alpha: { prompts: ["say"], capabilities } }, { client: able });
  on.client.request(2, "completion/complete", completing);
  const completion = await on.servers.alpha.request("completion/complete");
  const { json } = await on.servers.alpha.question(form("Who?"));
  expect(json.error.message).toContain("can be asked of this client only while one of its requests is under way");
  completion.result('{"completion":{"values":["bc"]}}');
  expect((await on.client.reply(2)).json.result.completion).toEqual({ values: ["bc"] });
});
