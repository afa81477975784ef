import { expect, test } from "vitest";
import { guardedClock } from "../../src/ports/clock.ts";
import { fakeClock } from "../support/clock.ts";

test("a task that throws is a defect, and costs no other task anything", async () => {
  const clock = fakeClock();
  const defects: unknown[] = [];
  const guarded = guardedClock(clock, (cause) => void defects.push(cause));
  const ran: string[] = [];
  const bad = (name: string) => (): void => {
    ran.push(name);
    throw new Error(name);
  };
  guarded.after(10, bad("late"));
  guarded.after(10, () => void ran.push("late too"));
  guarded.after(10, () => void ran.push("never")).cancel();
  guarded.soon(bad("soon"));
  guarded.soon(() => void ran.push("soon too"));
  await clock.advance(20);
  expect(ran).toEqual(["soon", "soon too", "late", "late too"]);
  expect(defects).toEqual([new Error("soon"), new Error("late")]);
  expect(guarded.now()).toBe(20);
});
