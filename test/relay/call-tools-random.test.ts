import { expect, test } from "vitest";
import { type Random, randomFrom } from "../metatools/random-plans.ts";
import { eventually } from "../support/cells.ts";
import type { FakeCall } from "../support/fake-call.ts";
import type { FakeServer } from "../support/fake-server.ts";
import {
  callTimeoutMs,
  codeOf,
  expectedCodes,
  givenBy,
  hasFailed,
  limits,
  type RandomCall,
  randomPlan,
  servers,
  shuffled,
  unsent,
} from "./call-tools-plans.ts";
import { cells, entriesIn, openPlans, type Planning, type Result, structured } from "./call-tools-stage.ts";
import { form } from "./contract/questions.ts";

const plans = 200;
const perTest = 25;
/** How often calls have come to each end. */
const ends = new Map<string, number>();

type Servers = keyof typeof servers;
type On = Planning<Servers>;

/** Lets every server answer in any order until there is a result. */
async function play(on: On, calls: readonly RandomCall[], random: Random, at: string) {
  const plan = on.plan(
    calls.map(({ written }) => written),
    '"progressToken":"p"',
  );
  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  let result: any;
  void plan.result().then((came) => {
    result = came;
  });
  const seen = new Map<FakeCall, "waits" | "over">();
  const crash = calls.some(({ fates }) => fates.includes("crashes"));
  let hasCrashed = false;
  for (let turn = 0; result === undefined; turn++) {
    if (turn > 2000) throw new Error(`${at}: it never ends`);
    await on.clock.advance(0);
    for (const call of Object.values<FakeServer>(on.servers).flatMap((one) => one.calls)) {
      if (!seen.has(call)) seen.set(call, "waits");
    }
    if (crash && !hasCrashed && on.servers.doomed.calls.length > 0) {
      hasCrashed = true;
      on.servers.doomed.crash();
      continue;
    }
    const waiting = shuffled(
      [...seen].filter(([, state]) => state === "waits").map(([call]) => call),
      random,
    );
    const next = waiting.find((call) => answer(on, call, calls));
    if (next !== undefined) seen.set(next, "over");
    else await on.clock.advance(callTimeoutMs + 1);
  }
  return { result, sent: [...seen.keys()] };
}

/** Answers a call as it is to be; false where it is not to be answered. */
function answer(on: On, call: FakeCall, calls: readonly RandomCall[]): boolean {
  const { of, item } = call.params.arguments;
  const fate = calls.find(({ id }) => id === of)?.fates[item?.index ?? 0];
  if (fate === "gives") call.result(structured(JSON.stringify(givenBy(of))));
  else if (fate === "tool error") call.result(`{"content":[{"type":"text","text":"no, ${of}"}],"isError":true}`);
  else if (fate === "rpc error") call.error(`{"code":-32000,"message":"no, ${of}"}`);
  else if (fate === "too long") call.result(structured(`"${"x".repeat(limits.maxMessageBytes)}"`));
  else if (fate === "no object") on.servers[serverOf(on, call)].send(`{"jsonrpc":"2.0","id":${call.id},"result":5}`);
  else if (fate === "asks") void call.ask({ k: form("Who?") }, "s");
  else return false;
  return true;
}

function serverOf(on: On, call: FakeCall): Servers {
  return (Object.keys(on.servers) as Servers[]).find((name) => on.servers[name].calls.includes(call)) as Servers;
}

function checkResults(calls: readonly RandomCall[], results: readonly Result[], at: string): number {
  const all = expectedCodes(calls);
  expect(
    results.map(({ id }) => id),
    at,
  ).toEqual(calls.map(({ id }) => id));
  let failed = 0;
  for (const [index, { id, ok, result, results: elements, error }] of results.entries()) {
    const codes = all.get(id as string) as readonly string[];
    const { isEach } = calls[index] as RandomCall;
    for (const code of codes) ends.set(code, (ends.get(code) ?? 0) + 1);
    expect(ok, `${at}: ${id} ${JSON.stringify(error)}`).toBe(!hasFailed(codes));
    if (hasFailed(codes)) failed++;
    if (hasFailed(codes)) expect(error?.code, `${at}: ${id} ${error?.message}`).toBe(codes[0]);
    else if (!isEach) expect(result, `${at}: ${id}`).toEqual(givenBy(id as string));
    if (isEach && elements !== undefined)
      expect(
        elements.map((one) => one.error?.code ?? ""),
        `${at}: ${id}`,
      ).toEqual(codes);
    if (codes[0] === "tool_error" && !isEach) expect(error?.message, at).toBe(`no, ${id}`);
  }
  return failed;
}

/** Each call was sent once or not at all, and what it uses came byte for byte. */
function checkSent(calls: readonly RandomCall[], sent: readonly FakeCall[], at: string): void {
  const codes = expectedCodes(calls);
  for (const { id, fates, isEach, uses } of calls) {
    const own = sent.filter(({ params }) => params.arguments.of === id);
    const isNever = codes.get(id)?.[0] === "skipped" || fates.every((fate) => unsent.has(fate));
    const times = fates.includes("crashes") ? own.length : isNever ? 0 : fates.length;
    expect(own.length, `${at}: ${id} at its server`).toBe(times);
    const [first] = uses;
    for (const { line } of own) {
      if (first === undefined || calls.find((one) => one.id === first)?.isEach === true) continue;
      expect(line.text, `${at}: ${id}`).toContain(`"use0":${JSON.stringify(givenBy(first))}`);
    }
    if (!isEach) continue;
    expect(own.map(({ params }) => params.arguments.item.index).toSorted(), at).toEqual([...own.keys()]);
  }
}

async function runOne(seed: number): Promise<void> {
  const random = randomFrom(seed);
  const cell = cells[seed % cells.length] as (typeof cells)[number];
  const at = `seed ${seed}, ${cell}`;
  const canAsk = cell[0] === "L";
  const calls = randomPlan(random, canAsk);
  const staged = { ...servers, asker: { ...servers.asker, era: "modern" as const } };
  const on = await openPlans(cell, staged, { limits, together: { scope: "non-destructive", maxTokens: 0 } });
  const { result, sent } = await play(on as On, calls, random, at);
  const failed = checkResults(calls, entriesIn(result), at);
  checkSent(calls, sent, at);
  const { "tutti/usage": usage } = result._meta;
  expect(usage, at).toMatchObject({ calls: calls.length, ok: calls.length - failed });
  expect(usage.failed + usage.skipped, at).toBe(failed);
  const told = on.client.peer.lines
    .filter(({ text }) => text.includes("notifications/progress"))
    .map(({ json }) => json);
  expect(
    told.map(({ params }) => params.progress),
    at,
  ).toEqual(calls.map((_, index) => index + 1));
  await eventually(on, () => on.relay.held === 0, `${at}: that nothing is held`);
}

for (let first = 1; first <= plans; first += perTest) {
  const last = first + perTest - 1;
  test(`each of n calls comes to its own end through the whole relay, whatever becomes of the others (seeds ${first} to ${last})`, async () => {
    for (let seed = first; seed <= last; seed++) await runOne(seed);
  });
}

test("in these plans calls have failed in every way there is, and others have not", () => {
  const missing = [...Object.values(codeOf), "skipped"].filter((code) => (ends.get(code) ?? 0) < 10);
  expect(missing, JSON.stringify([...ends])).toEqual([]);
});
