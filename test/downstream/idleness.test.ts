import { expect, test } from "vitest";
import { Idleness } from "../../src/downstream/idleness.ts";
import { fakeClock } from "../support/clock.ts";

function idleAfter(ms: number, isBusy = (): boolean => false) {
  const clock = fakeClock();
  const reached: number[] = [];
  const idleness = new Idleness(clock, ms, isBusy, () => void reached.push(clock.now()));
  return { idleness, clock, reached };
}

test("what is never used is idle after the time, once", async () => {
  const { idleness, clock, reached } = idleAfter(1000);
  idleness.begin();
  await clock.advance(10_000);
  expect(reached).toEqual([1000]);
  expect(clock.timers()).toBe(0);
});

test("the time begins anew with each use", async () => {
  const { idleness, clock, reached } = idleAfter(1000);
  idleness.begin();
  for (let n = 0; n < 5; n++) {
    await clock.advance(700);
    idleness.used(clock.now());
  }
  await clock.advance(5000);
  expect(reached).toEqual([4500]);
});

test("what is busy is not idle", async () => {
  let isBusy = true;
  const { idleness, clock, reached } = idleAfter(1000, () => isBusy);
  idleness.begin();
  await clock.advance(60_000);
  expect(reached).toEqual([]);
  isBusy = false;
  await clock.advance(1000);
  expect(reached.length).toBe(1);
});

test("what has ended is not idle, and 0 is never", async () => {
  const ended = idleAfter(1000);
  ended.idleness.begin();
  ended.idleness.end();
  await ended.clock.advance(10_000);
  const never = idleAfter(0);
  never.idleness.begin();
  await never.clock.advance(10_000_000);
  expect([ended.reached, never.reached]).toEqual([[], []]);
});
