import { expect, test } from "vitest";
import { type Served, serveHttpReady } from "./support/http-program.ts";
import { type RawSession, rawSession } from "./support/http-raw-client.ts";
import { fixture } from "./support/program.ts";
import { until } from "./support/until.ts";

const swarm = (era: "legacy" | "modern", ...more: string[]) => fixture("swarm-server.mjs", era, "it", ...more);
const elicitation = { elicitation: {} };

/** What a client heard that names this call, as methods. */
function heardOf({ heard }: RawSession, nonce: string): string[] {
  return heard.filter((message) => JSON.stringify(message).includes(nonce)).map(({ method }) => method);
}

/** Clients of both kinds of relays that use the shared server. */
async function three(served: Served): Promise<[RawSession, RawSession, RawSession]> {
  const [one, other, askable] = await Promise.all([
    rawSession(served),
    rawSession(served),
    rawSession(served, elicitation),
  ]);
  return [one, other, askable];
}

test("a shared server's words of no request reach who alone has used it, and nobody once another one has", async () => {
  const served = await serveHttpReady({ it: { ...swarm("legacy"), shared: true } });
  const [one, other, askable] = await three(served);
  const said = ["notifications/message", "notifications/vendor/spoke"];
  await one.call("it__work", { nonce: "alone", late: 1 });
  await until("what it says later", () => heardOf(one, "alone").length === 2);
  expect(heardOf(one, "alone")).toEqual(said);
  await one.call("it__work", { nonce: "before", late: 5, ms: 60 });
  // The server goes on about a call that was answered, about one that was taken back, and about its own.
  const taken = one.open("tools/call", { name: "it__work", arguments: { nonce: "taken", ms: 60, late: 5 } }, 9);
  await one.call("it__work", { nonce: "another" });
  await one.notify("notifications/cancelled", { requestId: 9 });
  await (await taken).text();
  for (const client of [other, askable]) await client.call("it__work", { nonce: "own", steps: 2, logs: 2, late: 2 });
  await askable.call("it__work", { nonce: "long", ms: 900 });
  for (const client of [other, askable]) {
    expect(["before", "taken", "alone"].flatMap((nonce) => heardOf(client, nonce))).toEqual([]);
    const progress = client.heard.map(({ method, params }) => [method, params.progress, params.message]);
    expect(progress).toEqual([1, 2].map((step) => ["notifications/progress", step, "own"]));
  }
  expect(heardOf(one, "own")).toEqual([]);
});

test("a task of a shared server is its client's alone, whatever set the other one has", async () => {
  const served = await serveHttpReady({ it: { ...swarm("legacy", "tasks"), shared: true }, own: swarm("legacy") });
  const [one, other, askable] = await three(served);
  const begun = await one.call("it__work", { nonce: "a" }, { task: { ttl: 60_000 } });
  const { taskId } = begun.result.task;
  expect((await one.request("tasks/get", { taskId })).result).toMatchObject({ taskId });
  await until("its status", () => heardOf(one, taskId).length > 0);
  for (const client of [other, askable]) {
    for (const method of ["tasks/get", "tasks/result", "tasks/cancel"]) {
      const { error, result } = await client.request(method, { taskId });
      expect([method, result, error?.code]).toEqual([method, undefined, -32602]);
    }
    expect((await client.request("tasks/list")).error).toMatchObject({ code: -32601 });
    expect(heardOf(client, taskId)).toEqual([]);
  }
});

test.each(["legacy", "modern"] as const)(
  "a resource of a shared %s server is told of to those who want it, as long as they do",
  async (era) => {
    const served = await serveHttpReady({ it: { ...swarm(era), shared: true }, own: swarm("legacy") });
    const [one, other, askable] = await three(served);
    const uri = "it://item/1";
    const update = async (nonce: string): Promise<void> => void (await other.call("it__work", { nonce, uri }));
    const updates = (client: RawSession): number => heardOf(client, uri).length;
    for (const client of [one, askable])
      expect(await client.request("resources/subscribe", { uri })).toHaveProperty("result");
    await update("a");
    await until("both to hear", () => updates(one) === 1 && updates(askable) === 1);
    expect(await askable.request("resources/unsubscribe", { uri })).toHaveProperty("result");
    await update("b");
    await until("one to hear", () => updates(one) === 2);
    await askable.request("resources/subscribe", { uri });
    await askable.leave();
    await update("c");
    await until("one to hear again", () => updates(one) === 3);
    expect([updates(other), updates(askable)]).toEqual([0, 1]);
  },
);
