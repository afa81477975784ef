import { expect, test } from "vitest";
import { Brake } from "../../src/downstream/brake.ts";
import { fakeClock } from "../support/clock.ts";

/** `others`: whether another server answers something all the time. */
function braked(others = { answer: true }) {
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
  let replies = 0;
  const traffic = {
    get replies() {
      return others.answer ? ++replies : replies;
    },
    set replies(count: number) {
      replies = count;
    },
  };
  const brake = new Brake(clock, () => link, traffic);
  return { clock, brake, isPaused: () => isPaused };
}

/** Chunks of `bytes` as fast as they are read, for `ms`; gives how many bytes were. */
async function pour(
  { clock, brake, isPaused }: ReturnType<typeof braked>,
  ms: number,
  chunk: { readonly bytes: number; readonly wasted?: number; readonly messages?: number; readonly isUseful?: boolean },
): Promise<number> {
  let brought = 0;
  for (const endAt = clock.now() + ms; clock.now() < endAt; await clock.advance(1)) {
    for (let n = 0; n < 10 && !isPaused(); n++) {
      const messages = chunk.messages ?? 0;
      for (let at = 0; at < messages; at++) {
        if (chunk.isUseful === true) brake.useful(chunk.bytes / messages);
        else brake.useless(chunk.bytes / messages);
      }
      brake.read(chunk.bytes, chunk.wasted ?? 0);
      brought += chunk.bytes;
    }
  }
  return brought;
}

test("a server that brings what it was asked for is never held up, however much it is", async () => {
  const given = braked();
  for (const messages of [1, 1000]) {
    expect(await pour(given, 1000, { bytes: 64 * 1024, messages, isUseful: true })).toBe(1000 * 10 * 64 * 1024);
  }
});

test("a server that gives 900 notices a second is never held up, nor one that gives 3,000 at once", async () => {
  const { clock, brake, isPaused } = braked();
  for (let ms = 0; ms < 20_000; ms += 10) {
    const count = ms === 10_000 ? 3000 : 9;
    for (let n = 0; n < count; n++) brake.useless(120);
    brake.read(count * 120, 0);
    expect(isPaused()).toBe(false);
    await clock.advance(10);
  }
});

test.each([
  ["notices", { bytes: 64 * 1024, messages: 500 }],
  ["long replies that nobody waits for", { bytes: 64 * 1024, messages: 1 }],
  ["a line without end", { bytes: 64 * 1024, wasted: 64 * 1024 }],
])("a flood of %s is read a little at a time, and all of what comes some seconds later", async (_, chunk) => {
  const given = braked();
  await pour(given, 1000, chunk);
  expect(await pour(given, 10_000, chunk)).toBeLessThan(10 * 15 * 1024 * 1024);
  await given.clock.advance(7000);
  expect(await pour(given, 1000, { bytes: 64 * 1024, messages: 1, isUseful: true })).toBe(1000 * 10 * 64 * 1024);
});

test("a flood is read at once where no other server answers anything, and little by little once one does", async () => {
  const others = { answer: false };
  const given = braked(others);
  const flood = { bytes: 64 * 1024, messages: 1 };
  const atOnce = 10 * 64 * 1024;
  expect(await pour(given, 1000, flood)).toBe(1000 * atOnce);
  others.answer = true;
  expect(await pour(given, 1000, flood)).toBeLessThan(5 * atOnce);
  others.answer = false;
  await given.clock.advance(1000);
  expect(await pour(given, 1000, flood)).toBe(1000 * atOnce);
});

test("a server that somebody else holds up stays so when its flood is over, and the other way round", async () => {
  const { clock, brake, isPaused } = braked();
  const flood = (): void => {
    for (let n = 0; n < 20_000; n++) brake.useless(120);
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

test("what a server owes goes on to the process after it, which is free of it in a few seconds", async () => {
  const given = braked();
  const { clock, brake, isPaused } = given;
  const flood = { bytes: 64 * 1024, messages: 500 };
  await pour(given, 2000, flood);
  brake.renew();
  // A crash is no way out for one that floods again.
  expect(await pour(given, 1000, flood)).toBeLessThan(16 * 1024 * 1024);
  brake.renew();
  await clock.advance(6000);
  for (let n = 0; n < 3000; n++) brake.useless(120);
  brake.read(3000 * 120, 0);
  expect(isPaused()).toBe(false);
});
