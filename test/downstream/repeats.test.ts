import { expect, test } from "vitest";
import { Repeats } from "../../src/downstream/repeats.ts";

test("about one in ten calls may be sent again, the first one too", () => {
  const repeats = new Repeats();
  let again = 0;
  for (let call = 0; call < 1000; call++) {
    repeats.sent();
    if (repeats.take()) again++;
  }
  expect(again).toBeGreaterThan(95);
  expect(again).toBeLessThan(105);
});

test("not more than ten may be sent again at once, however many calls there were before", () => {
  const repeats = new Repeats();
  for (let call = 0; call < 10_000; call++) repeats.sent();
  let again = 0;
  while (repeats.take()) again++;
  expect(again).toBe(10);
});
