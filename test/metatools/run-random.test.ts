import { expect, test } from "vitest";
import type { Outcome } from "../../src/metatools/meta-tool.ts";
import { type Fate, givenBy, listFrom, type Random, type RandomCall, randomFrom, randomPlan } from "./random-plans.ts";
import { asksOf, catalogOf, errorOf, type Result, resultOf, type Scripted, type Sent, stage } from "./scripted.ts";

const plans = 200;
const catalog = catalogOf("one", "two", "three");
const yes = { action: "accept" };

/** tutti's own codes as they are called in results. */
const shownAs: Readonly<Record<string, string>> = {
  timed_out: "timeout",
  connection_lost: "unavailable",
  queue_full: "busy",
  bad_reply: "protocol_error",
  cannot_ask: "input_required",
};

/** By the id of its call and the element, where there is one. */
function partOf(calls: readonly RandomCall[], { args }: Sent) {
  const { of, item } = args as { of: string; item?: { index: number } };
  const call = calls.find(({ id }) => id === of) as RandomCall;
  return { call, key: `${of}.${item?.index ?? 0}`, fate: call.fates[item?.index ?? 0] as Fate };
}

function outcomeOf({ does, code, how }: Fate, value: object): Outcome {
  if (does === "give") return resultOf(value);
  if (how === "rpc") return { kind: "error", code: -32_000, message: "rpc", data: undefined };
  if (how === "server mark") return errorOf("marked", { origin: "server", server: "s", code: -32_000, message: "m" });
  const mark = { origin: "tutti", server: "s", code, mayHaveRun: true };
  return how === "own mark" ? errorOf("own", mark) : errorOf("tool");
}

/** Nobody shares a server with a call that is marked as writing. */
function checkBarriers(scripted: Scripted, at: string): void {
  const running = scripted.running();
  for (const { tool } of running.filter((one) => /write|destroy/.test(one.tool))) {
    const [server] = tool.split("__");
    expect(running.filter((one) => one.tool.startsWith(`${server}__`)).length, `${at}: ${server}`).toBe(1);
  }
}

/** A call that has all it needs waits for nothing but one of its own server that runs, or has asked something. */
function checkProgress(calls: readonly RandomCall[], scripted: Scripted, ended: ReadonlySet<string>, at: string): void {
  const sent = new Set(scripted.sent.map((one) => partOf(calls, one).call.id));
  const asking = scripted.sent.filter((one) => {
    const { key, fate } = partOf(calls, one);
    return fate.does === "ask" && scripted.sent.filter((other) => partOf(calls, other).key === key).length === 1;
  });
  const busy = new Set([...scripted.running(), ...asking].map(({ tool }) => tool.split("__")[0]));
  for (const call of calls) {
    const isReady = [...call.uses, ...call.after].every((id) => ended.has(id));
    const isToBeSent = call.fates.some(({ does, how }) => does !== "fail" || how !== undefined);
    if (!isReady || !isToBeSent || sent.has(call.id)) continue;
    expect(busy.has(call.server), `${at}: ${call.id} waits for nothing`).toBe(true);
  }
}

/** What each call must have come to, from what was to become of it and of those that it needs. */
function expected(calls: readonly RandomCall[]): ReadonlyMap<string, readonly string[]> {
  const codes = new Map<string, readonly string[]>();
  const codesOf = (id: string): readonly string[] => {
    const call = calls.find((one) => one.id === id) as RandomCall;
    const needs = [...call.uses, ...call.after];
    const own = call.fates.map(({ does, code }) => (does === "fail" ? (shownAs[code] ?? code) : ""));
    // A tool that is not there is noticed first, an element that is not there last.
    const isUnknown = (call.written as { name: string }).name === "one__nothing";
    const isSkipped = needs.some((need) => hasFailed(codes.get(need) ?? codesOf(need)));
    const all = isUnknown ? ["unknown_tool"] : isSkipped ? ["skipped"] : own;
    codes.set(id, all);
    return all;
  };
  for (const { id } of calls) codesOf(id);
  return codes;
}

function hasFailed(codes: readonly string[]): boolean {
  return codes.length > 0 && codes.every((code) => code !== "");
}

/** Ends the calls that run, in any order, until there is a reply. */
function play(calls: readonly RandomCall[], scripted: Scripted, random: Random, at: string): void {
  const asked = new Set<string>();
  const open = new Map(calls.map(({ id, fates }) => [id, fates.length]));
  const ended = new Set<string>();
  const codes = expected(calls);
  while (scripted.replies.length === 0) {
    checkBarriers(scripted, at);
    checkProgress(calls, scripted, ended, at);
    const running = scripted.running().filter((one) => partOf(calls, one).fate.does !== "hang");
    const questions = scripted.asked();
    if (questions !== undefined) {
      expect(scripted.running().length, at).toBe(0);
      const answered = Object.keys(questions).filter(() => random.chance(70));
      scripted.comeBack(Object.fromEntries(answered.map((key) => [key, yes])));
      continue;
    }
    if (running.length === 0) return;
    const one = running[random.below(running.length)] as Sent;
    const { call, key, fate } = partOf(calls, one);
    if (fate.does === "ask" && !asked.has(key)) {
      asked.add(key);
      one.end(asksOf({ "q/1": {}, q2: {} }, key));
      continue;
    }
    if (fate.does === "ask") expect(one.answers?.requestState?.toString(), at).toBe(JSON.stringify(key));
    const left = (open.get(call.id) as number) - 1;
    open.set(call.id, left);
    if (left === 0 && !hasFailed(codes.get(call.id) as readonly string[])) ended.add(call.id);
    one.end(outcomeOf(fate.does === "ask" ? { ...fate, does: "give" } : fate, givenBy(call.id)));
  }
}

/** What was sent is what its call says, with what the others really gave, and nothing that they only look like. */
function checkSent(calls: readonly RandomCall[], scripted: Scripted, at: string): void {
  const seen = new Map<string, number>();
  for (const one of scripted.sent) {
    const { call, key, fate } = partOf(calls, one);
    seen.set(key, (seen.get(key) ?? 0) + 1);
    expect(seen.get(key), `${at}: ${key} is called`).toBeLessThanOrEqual(fate.does === "ask" ? 2 : 1);
    const { use0 } = one.args as { use0?: unknown };
    const first = calls.find(({ id }) => id === call.uses[0]);
    if (first !== undefined && !first.isEach) expect(use0, `${at}: ${key}`).toEqual(givenBy(first.id));
  }
}

function checkResults(calls: readonly RandomCall[], results: readonly Result[], at: string): void {
  const all = expected(calls);
  expect(
    results.map(({ id }) => id),
    at,
  ).toEqual(calls.map(({ id }) => id));
  for (const [index, { id, ok, result, results: elements, error }] of results.entries()) {
    const codes = all.get(id as string) as readonly string[];
    const call = calls[index] as RandomCall;
    expect(ok, `${at}: ${id} ${error?.code}`).toBe(!hasFailed(codes));
    if (!call.isEach || elements === undefined) {
      if (hasFailed(codes)) expect(error?.code, `${at}: ${id}`).toBe(codes[0]);
      else expect(result, `${at}: ${id}`).toEqual(givenBy(id as string));
      continue;
    }
    expect(
      elements.map((one) => one.error?.code ?? ""),
      `${at}: ${id}`,
    ).toEqual(codes);
    expect(elements.length, `${at}: ${id}`).toBe(listFrom(call.uses[0] as string).length);
  }
}

function checkTold({ progress, reply }: Scripted, results: readonly Result[], at: string): void {
  expect(
    progress.map(([count]) => count),
    at,
  ).toEqual(results.map((_, index) => index + 1));
  const failed = results.filter(({ ok }) => !ok);
  const skipped = failed.filter(({ error }) => error?.code === "skipped").length;
  expect(reply()._meta?.["tutti/usage"], at).toMatchObject({
    calls: results.length,
    ok: results.length - failed.length,
    failed: failed.length - skipped,
    skipped,
  });
}

test(`of ${plans} random plans each call comes to its own end, whatever becomes of the others (seeds 1 to ${plans})`, () => {
  for (let seed = 1; seed <= plans; seed++) {
    const at = `seed ${seed}`;
    const random = randomFrom(seed);
    const calls = randomPlan(random, false);
    const { run, clock } = stage({ catalog, maxTokens: 0 });
    const scripted = run(calls.map(({ written }) => written));
    play(calls, scripted, random, at);
    checkSent(calls, scripted, at);
    const results = scripted.results();
    checkResults(calls, results, at);
    checkTold(scripted, results, at);
    expect([scripted.running().length, clock.timers()], at).toEqual([0, 0]);
  }
});

test(`of ${plans} random plans in which calls hang all is told when the deadline comes (seeds from 1001)`, async () => {
  for (let seed = 1001; seed <= 1000 + plans; seed++) {
    const at = `seed ${seed}`;
    const random = randomFrom(seed);
    const calls = randomPlan(random, true).map((call) => ({ ...call, fates: call.fates.map(withoutQuestions) }));
    const { run, clock } = stage({ catalog, maxTokens: 0 });
    const scripted = run(calls.map(({ written }) => written));
    play(calls, scripted, random, at);
    const hung = scripted.running();
    await clock.advance(50_000);
    expect(
      hung.every(({ cancelled }) => cancelled !== undefined),
      at,
    ).toBe(true);
    const results = scripted.results();
    expect(
      results.map(({ id }) => id),
      at,
    ).toEqual(calls.map(({ id }) => id));
    const timedOut = results
      .flatMap((one) => [one, ...(one.results ?? [])])
      .filter(({ error }) => error?.code === "timeout");
    expect(timedOut.length >= hung.length || hung.length === 0, at).toBe(true);
    expect([scripted.running().length, clock.timers()], at).toEqual([0, 0]);
  }
});

/** What is asked while others hang stops the clock: that is another test's. */
function withoutQuestions(fate: RandomCall["fates"][number]): RandomCall["fates"][number] {
  return fate.does === "ask" ? { ...fate, does: "give" } : fate;
}
