import { expect, test } from "vitest";
import { Backoff } from "../../src/downstream/backoff.ts";

const longest = (): number => 1 - Number.EPSILON;

test("pauses double up to the bound, each between half of it and the whole", () => {
  const bounds = { minMs: 500, maxMs: 30_000 };
  const [shortest, longer] = [new Backoff(bounds, () => 0), new Backoff(bounds, longest)];
  const whole = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
  expect(whole.map(() => shortest.next())).toEqual(whole.map((ms) => ms / 2));
  for (const ms of whole) expect(longer.next()).toBeCloseTo(ms, 5);
});

test("the pause after all was well is a first one again", () => {
  const backoff = new Backoff({ minMs: 10, maxMs: 1000 }, () => 0);
  for (let tries = 0; tries < 5; tries++) backoff.next();
  backoff.reset();
  expect(backoff.next()).toBe(5);
});

test("pauses stay at the bound after any number of tries", () => {
  const backoff = new Backoff({ minMs: 1, maxMs: 1000 }, () => 0);
  for (let tries = 0; tries < 5000; tries++) backoff.next();
  expect(backoff.next()).toBe(500);
  expect(backoff.longest()).toBe(500);
});

test("a bound below the first pause holds", () => {
  expect(new Backoff({ minMs: 500, maxMs: 20 }, () => 0).next()).toBe(10);
});
