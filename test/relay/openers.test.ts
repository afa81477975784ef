import { expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import type { Downstream } from "../../src/downstream/downstream.ts";
import { Openers } from "../../src/relay/openers.ts";

const [one, other] = [{} as Client, {} as Client];
const [alpha, beta] = [{ name: "alpha" } as Downstream, { name: "beta" } as Downstream];

test("an address is opened by whom its server asked, whatever ids other servers give, until that one leaves", () => {
  const openers = new Openers();
  openers.note(alpha, "e", one);
  openers.note(beta, "e", other);
  expect([openers.of(alpha, "e"), openers.of(beta, "e")]).toEqual([one, other]);
  expect(openers.of(alpha, undefined)).toBeUndefined();
  openers.forget(one);
  expect(openers.of(alpha, "e")).toBeUndefined();
  expect(openers.of(beta, "e")).toBe(other);
});

test("of more than 1,024 addresses the oldest are forgotten, and of an id that is longer than that nothing is kept", () => {
  const openers = new Openers();
  for (let n = 0; n < 1024; n++) openers.note(alpha, `${n}`, one);
  expect(openers.of(alpha, "0")).toBe(one);
  openers.note(alpha, "x".repeat(1025), one);
  expect([openers.of(alpha, "x".repeat(1025)), openers.of(alpha, "0")]).toEqual([undefined, one]);
  openers.note(alpha, "x".repeat(1024), one);
  expect([openers.of(alpha, "x".repeat(1024)), openers.of(alpha, "0"), openers.of(alpha, "1")]).toEqual([
    one,
    undefined,
    one,
  ]);
});
