import { expect, test } from "vitest";
import { Brake } from "../../src/downstream/brake.ts";
import { fakeClock } from "../support/clock.ts";

function braked() {
  const clock = fakeClock();
  let isPaused = false;
  const link = {
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
    },
  };
  const brake = new Brake(clock, () => link);
  return { clock, brake, isPaused: () => isPaused };
}

test("a server that brings 40,000 notices a second is never held up", async () => {
  const { clock, brake, isPaused } = braked();
  for (let ms = 0; ms < 5000; ms += 10) {
    for (let n = 0; n < 400; n++) brake.count();
    expect(isPaused()).toBe(false);
    await clock.advance(10);
  }
});

test("a server that floods is read a little at a time, and is read again when it is quiet", async () => {
  const { clock, brake, isPaused } = braked();
  let brought = 0;
  for (let ms = 0; ms < 10_000; ms += 1) {
    for (let n = 0; n < 500 && !isPaused(); n++) {
      brake.count();
      brought++;
    }
    await clock.advance(1);
  }
  expect(brought).toBeLessThan(11 * 50_000);
  await clock.advance(1000);
  expect(isPaused()).toBe(false);
});

test("a server that somebody else holds up stays so when its flood is over, and the other way round", async () => {
  const { clock, brake, isPaused } = braked();
  const flood = (): void => {
    for (let n = 0; n < 20_000; n++) brake.count();
  };
  flood();
  brake.pause();
  await clock.advance(1000);
  expect(isPaused()).toBe(true);
  brake.resume();
  expect(isPaused()).toBe(false);
  brake.pause();
  flood();
  brake.resume();
  expect(isPaused()).toBe(true);
  await clock.advance(1000);
  expect(isPaused()).toBe(false);
});
