import { expect, test } from "vitest";
import { Deadline } from "../../src/metatools/deadline.ts";
import { fakeClock } from "../support/clock.ts";

test("a deadline stands still while anybody holds it, and has what was left of it then", async () => {
  const clock = fakeClock();
  let expired = 0;
  const deadline = new Deadline(clock, 1000, () => void expired++);
  await clock.advance(400);
  const [first, second] = [deadline.hold(), deadline.hold()];
  await clock.advance(5000);
  first();
  first();
  await clock.advance(5000);
  expect(expired).toBe(0);
  second();
  await clock.advance(599);
  expect(expired).toBe(0);
  await clock.advance(1);
  expect(expired).toBe(1);
});

test("a deadline that is over, or that is 0, leaves no timer, whoever holds it", async () => {
  const clock = fakeClock();
  const deadline = new Deadline(clock, 1000, () => {});
  const release = deadline.hold();
  deadline.end();
  release();
  deadline.hold()();
  new Deadline(clock, 0, () => {}).hold()();
  expect(clock.timers()).toBe(0);
});
