import { expect, test } from "vitest";
import { type Kept, seal, unseal } from "../../src/ports/kept.ts";

const kept: Kept = {
  head: { at: 7, names: ["é\n"] },
  lines: [Buffer.from('{"a":1}'), Buffer.alloc(0), Buffer.from("ü")],
};

test("what was sealed is unsealed as it was", () => {
  expect(unseal(seal(kept))).toEqual(kept);
  expect(unseal(seal({ head: {}, lines: [] }))).toEqual({ head: {}, lines: [] });
});

test("what is not as it was sealed is nothing, wherever a byte is another, missing or added", () => {
  const whole = seal(kept);
  for (let at = 0; at < whole.length; at++) {
    const other = Buffer.from(whole);
    other[at] = (whole[at] as number) ^ 1;
    expect([at, unseal(other)]).toEqual([at, undefined]);
    expect([at, unseal(whole.subarray(0, at))]).toEqual([at, undefined]);
  }
  expect(unseal(Buffer.concat([whole, Buffer.from("\n")]))).toBeUndefined();
  expect(unseal(undefined)).toBeUndefined();
});
