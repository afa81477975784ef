import { describe, expect, test } from "vitest";
import type { Leave } from "../../src/downstream/gate.ts";
import { quiet } from "../support/turns.ts";
import { gateWith } from "./gates.ts";

/** Lets in one after the other for `ms` each. */
async function serve({ clock, enter }: ReturnType<typeof gateWith>, times: number, ms: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    const leave = enter({}) as Leave;
    await quiet();
    await clock.advance(ms);
    leave();
    await quiet();
  }
}

describe("who comes to a gate", () => {
  test("is refused when more bytes than may wait there already, but for one that waits alone", async () => {
    const { enter } = gateWith({ maxQueuedBytes: 1000 });
    const first = enter({}) as Leave;
    await quiet();
    const second = enter({ bytes: 5000 }) as Leave;
    expect(enter({ bytes: 1 })).toEqual({ refused: "calls of 0.0 MB already wait (maxQueuedBytes)" });
    second();
    const third = enter({ bytes: 600 });
    expect(typeof third).toBe("function");
    expect(enter({ bytes: 401 })).toEqual({ refused: "calls of 0.0 MB already wait (maxQueuedBytes)" });
    expect(typeof enter({ bytes: 400 })).toBe("function");
    first();
    await quiet();
    expect(typeof enter({ bytes: 600 })).toBe("function");
  });

  test("is refused for no bytes and no deadline when there is a place, also in the turn in which others took theirs", () => {
    const { enter } = gateWith({ maxConcurrentCalls: 3, maxQueuedBytes: 1000 });
    for (let n = 0; n < 3; n++) expect(typeof enter({ bytes: 600, deadlineAt: -1 })).toBe("function");
    expect(enter({ bytes: 600 })).toEqual({ refused: "calls of 0.0 MB already wait (maxQueuedBytes)" });
  });

  test("is refused when it would wait beyond its deadline, by how long others took", async () => {
    const at = gateWith({ maxConcurrentCalls: 2 });
    const { enter, clock } = at;
    await serve(at, 5, 980);
    const now = clock.now();
    for (let n = 0; n < 2; n++) enter({});
    await quiet();
    // Two run, and each place is free again within 0.98 s: the n-th of those who wait begins after n times 0.49 s.
    for (let n = 1; n <= 4; n++) expect(typeof enter({ deadlineAt: now + 2000 })).toBe("function");
    expect(enter({ deadlineAt: now + 2000 })).toEqual({
      refused: "it would wait about 2.5 s for a place, and has 2.0 s (callTimeoutMs, maxConcurrentCalls 2)",
    });
    expect(typeof enter({ deadlineAt: now + 2500 })).toBe("function");
    // A client of which nobody waits yet has its turn soon.
    expect(typeof enter({ lane: {}, deadlineAt: now + 1000 })).toBe("function");
  });

  test("is told by the mean of how long the first five took, and a fifth of each later one", async () => {
    const at = gateWith({});
    const admits = async (ms: number): Promise<boolean> => {
      const running = at.enter({}) as Leave;
      await quiet();
      const waiting = at.enter({ deadlineAt: at.clock.now() + ms });
      if (typeof waiting === "function") waiting();
      await at.clock.advance(300);
      running();
      await quiet();
      return typeof waiting === "function";
    };
    for (const ms of [100, 200, 300, 400]) await serve(at, 1, ms);
    expect(await admits(0)).toBe(true);
    await serve(at, 1, 550);
    // 260 ms, then 318, then 314.
    expect([await admits(317), await admits(315)]).toEqual([false, true]);
  });

  test("is refused for no deadline when there is a place, or nothing is known of how long others take", async () => {
    const at = gateWith({});
    for (let n = 0; n < 50; n++) expect(typeof at.enter({ deadlineAt: at.clock.now() })).toBe("function");
    const other = gateWith({});
    await serve(other, 5, 60_000);
    expect(typeof other.enter({ deadlineAt: other.clock.now() + 1 })).toBe("function");
  });

  test("is let wait again when others have become quick", async () => {
    const at = gateWith({});
    await serve(at, 5, 60_000);
    const tries = async (): Promise<boolean> => {
      const running = at.enter({}) as Leave;
      await quiet();
      const waiting = at.enter({ deadlineAt: at.clock.now() + 1000 });
      if (typeof waiting === "function") waiting();
      running();
      await quiet();
      return typeof waiting === "function";
    };
    expect(await tries()).toBe(false);
    await serve(at, 20, 1);
    expect(await tries()).toBe(true);
  });
});
