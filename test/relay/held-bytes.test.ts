import { expect, test } from "vitest";
import { HeldBytes } from "../../src/relay/held-bytes.ts";
import { fakeClock } from "../support/clock.ts";

test("one may have eight times what is left for all, as it was summed up at most 20 ms ago", async () => {
  const clock = fakeClock();
  const held = new HeldBytes(100, clock);
  let own = 0;
  held.watch(() => own);
  const forget = held.watch(() => 30);
  expect([held.hasRoomFor(560), held.hasRoomFor(561)]).toEqual([true, false]);
  own = 20;
  await clock.advance(19);
  expect(held.hasRoomFor(560)).toBe(true);
  await clock.advance(1);
  expect([held.hasRoomFor(400), held.hasRoomFor(401)]).toEqual([true, false]);
  forget();
  await clock.advance(20);
  expect([held.hasRoomFor(640), held.hasRoomFor(641)]).toEqual([true, false]);
});
