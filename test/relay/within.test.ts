import { expect, test } from "vitest";
import type { Cell } from "../requirements/requirement.ts";
import { clientsOverLines } from "../support/carriers.ts";
import { open } from "../support/cells.ts";
import { serverOverHttp } from "../support/http-carriers.ts";
import { stage } from "../support/stage.ts";
import { quiet } from "../support/turns.ts";
import { watchTransit } from "../support/ways.ts";
import { able, accepted, form } from "./contract/questions.ts";

watchTransit();

const carriers = { clients: clientsOverLines, servers: () => serverOverHttp };
const alpha = { tools: ["do"], capabilities: { logging: {} } };

/** Two clients, and a server over HTTP, which says in which request it says something. */
async function meeting(cell: Cell) {
  const on = await open(cell, { alpha }, { client: able, connect: (options) => stage({ ...options, carriers }) });
  return { ...on, other: await on.join() };
}

test("a question within a call goes to that one's client, though another call is newer", async () => {
  const { begin, other, servers } = await meeting("LL");
  const older = begin("alpha__do", { n: 1 });
  const running = await servers.alpha.call();
  begin("alpha__do", { n: 2 }, "", other);
  await servers.alpha.call();
  const first = running.ask({ who: form("One?") });
  const [question] = await older.questions();
  expect(question?.params["message"]).toBe("alpha: One?");
  older.answer(accepted);
  expect((await first).answers.who.result).toEqual(accepted);
  expect(other.count("elicitation/create")).toBe(0);
});

test("a question within a call whose client cannot be asked is refused, though another one could be", async () => {
  const { begin, join, other, servers } = await meeting("LL");
  const unable = await join({ capabilities: {} });
  begin("alpha__do", { n: 1 }, "", unable);
  const running = await servers.alpha.call();
  begin("alpha__do", { n: 2 }, "", other);
  await servers.alpha.call();
  const { answers } = await running.ask({ who: form("Who?") });
  expect(answers.who.error?.code).toBe(-32601);
  expect(other.count("elicitation/create")).toBe(0);
});

test("what is asked within calls of clients that are asked in replies waits for the one that is away", async () => {
  const { begin, other, servers } = await meeting("ML");
  const calls = [begin("alpha__do", { n: 1 }), begin("alpha__do", { n: 2 }, "", other)];
  const [first, second] = [await servers.alpha.call(), await servers.alpha.call()];
  const asked = [first.ask({ who: form("One?") }), second.ask({ who: form("Two?") })];
  for (const [n, call] of calls.entries()) {
    const [question] = await call.questions();
    expect(question?.params["message"]).toBe(`alpha: ${n === 0 ? "One?" : "Two?"}`);
  }
  const more = first.ask({ who: form("Three?") });
  await quiet();
  calls[1]?.answer(accepted);
  await asked[1];
  second.result();
  await calls[1]?.result();
  calls[0]?.answer(accepted);
  await asked[0];
  const [question] = (await calls[0]?.questions()) ?? [];
  expect(question?.params["message"]).toBe("alpha: Three?");
  calls[0]?.answer(accepted);
  await more;
  first.result();
  await calls[0]?.result();
});
