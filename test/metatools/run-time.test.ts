import { describe, expect, test } from "vitest";
import { asksOf, errorOf, stage } from "./scripted.ts";

const from = (path: string) => ({ $from: path });

describe("the deadline", () => {
  test("gives what has ended, and says of each of the others what became of it", async () => {
    const { run, clock } = stage();
    const { call, sent, results } = run([
      { id: "a", name: "one__plain" },
      { id: "b", name: "one__read" },
      { id: "c", name: "two__write" },
      { id: "d", name: "two__write" },
      { id: "e", name: "one__plain", arguments: { x: from("b") } },
    ]);
    call("one__plain").give("A");
    await clock.advance(49_999);
    expect(sent.map(({ cancelled }) => cancelled)).toEqual([undefined, undefined, undefined]);
    await clock.advance(1);
    const reason = "the deadline of call_tools has passed";
    expect(sent.map(({ cancelled }) => cancelled)).toEqual([undefined, reason, reason]);
    const begun = "no reply within 50 s (callTools.deadlineMs). The call may have run.";
    const waiting = { code: "timeout", message: "not begun within 50 s (callTools.deadlineMs)", sent: false };
    expect(results()).toEqual([
      { id: "a", ok: true, result: "A" },
      { id: "b", ok: false, error: { code: "timeout", message: begun } },
      { id: "c", ok: false, error: { code: "timeout", message: begun, sent: "unknown" } },
      { id: "d", ok: false, error: waiting },
      { id: "e", ok: false, error: waiting },
    ]);
  });

  test("gives those elements that have ended", async () => {
    const { run, clock } = stage({ deadlineMs: 1000 });
    const { call, running, results } = run([
      { id: "a", name: "one__plain" },
      { id: "b", name: "one__write", each: "a" },
    ]);
    call("one__plain").give([1, 2, 3]);
    running()[0]?.give("x");
    await clock.advance(1000);
    expect(results()[1]).toMatchObject({
      ok: true,
      results: [{ ok: true }, { error: { code: "timeout", sent: "unknown" } }, { error: { sent: false } }],
      failed: 2,
    });
  });

  test("leaves no timer where all have ended before it, and is none where it is 0", async () => {
    const { run, clock } = stage();
    run([{ name: "one__plain" }])
      .call("one__plain")
      .give("x");
    expect(clock.timers()).toBe(0);
    const without = stage({ deadlineMs: 0 });
    const { replies } = without.run([{ name: "one__plain" }]);
    await without.clock.advance(1_000_000);
    expect(replies).toEqual([]);
  });

  test("stands still while the client is asked", async () => {
    const { run, clock } = stage({ deadlineMs: 1000 });
    const { call, comeBack, replies, results } = run([{ id: "a", name: "one__plain" }]);
    await clock.advance(600);
    call("one__plain").end(asksOf({ q: {} }));
    await clock.advance(100_000);
    expect(replies).toEqual([]);
    comeBack({ "a/q": {} });
    await clock.advance(399);
    expect(replies).toEqual([]);
    await clock.advance(1);
    expect(results()).toMatchObject([{ ok: false, error: { code: "timeout" } }]);
  });
});

describe("progress", () => {
  test("counts what has ended, one by one", async () => {
    const { run, clock } = stage();
    const { call, progress } = run([
      { id: "a", name: "one__plain" },
      { id: "b", name: "nothing" },
      { id: "c", name: "two__read", after: ["b"] },
      { id: "d", name: "two__plain" },
      { id: "e", name: "one__read", each: "d" },
    ]);
    await clock.advance(412);
    call("one__plain").end(errorOf("no"));
    call("two__plain").give([1, 2]);
    for (const one of [0, 1]) await clock.advance(one);
    expect(progress).toEqual([
      [1, 5, "1/5 nothing unknown_tool"],
      [2, 5, "2/5 two__read skipped"],
      [3, 5, "3/5 one__plain tool_error (412 ms)"],
      [4, 5, "4/5 two__plain ok (412 ms)"],
    ]);
  });

  test("says how many of the elements have failed", () => {
    const { run } = stage();
    const { call, running, progress } = run([
      { id: "a", name: "one__plain", each: "b" },
      { id: "b", name: "two__plain" },
    ]);
    call("two__plain").give([1, 2]);
    running()[0]?.give("x");
    expect(progress.length).toBe(1);
    running()[0]?.end(errorOf("no"));
    expect(progress[1]).toEqual([2, 2, "2/2 one__plain ok, but 1 of 2 failed (0 ms)"]);
  });
});

describe("a plan that is cancelled", () => {
  test("takes back what runs, begins nothing else, and replies nothing", async () => {
    const { run, clock } = stage();
    const { cancel, sent, replies } = run([
      { id: "a", name: "one__plain" },
      { id: "b", name: "two__write" },
      { id: "c", name: "two__write" },
      { id: "d", name: "one__plain", after: ["a"] },
    ]);
    cancel("the user pressed escape");
    expect(sent.map(({ tool, cancelled }) => [tool, cancelled])).toEqual([
      ["one__plain", "the user pressed escape"],
      ["two__write", "the user pressed escape"],
    ]);
    await clock.advance(100_000);
    expect([replies, clock.timers()]).toEqual([[], 0]);
  });

  test("while its client is asked begins nothing when that comes back", () => {
    const { run } = stage();
    const { call, cancel, comeBack, sent, replies } = run([{ id: "a", name: "one__plain" }]);
    call("one__plain").end(asksOf({ q: {} }));
    cancel("gone");
    comeBack({ "a/q": {} });
    expect([sent.length, replies]).toEqual([1, []]);
  });
});

test("results are kept up to 64 MiB together, and what is more costs its own call alone", () => {
  const { run } = stage();
  const { running, results } = run([
    { id: "a", name: "one__plain", pick: [] },
    { id: "b", name: "one__plain", pick: [] },
    { id: "c", name: "one__plain" },
  ]);
  const long = Buffer.from(`{"content":[],"structuredContent":"${"x".repeat(40 << 20)}"}`);
  for (const one of running().slice(0, 2)) one.end({ kind: "result", result: long });
  running()[0]?.give("small");
  expect(results()).toMatchObject([
    { id: "a", ok: true },
    { id: "b", ok: false, error: { code: "too_large", message: expect.stringContaining("The call has run") } },
    { id: "c", ok: true, result: "small" },
  ]);
});
