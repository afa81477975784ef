import { expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import type { Downstream } from "../../src/downstream/downstream.ts";
import { Users } from "../../src/relay/users.ts";

const [one, other] = [{} as Client, {} as Client];

test("a shared server has one user until another one comes, and then none that can be told", () => {
  const users = new Users();
  const [shared, another] = [{ isShared: true } as Downstream, { isShared: true } as Downstream];
  expect(users.only(shared)).toBeUndefined();
  users.note(shared, one);
  users.note(shared, one);
  expect(users.only(shared)).toBe(one);
  users.note(shared, other);
  expect(users.only(shared)).toBeUndefined();
  users.note(shared, one);
  expect(users.only(shared)).toBeUndefined();
  users.note(another, other);
  expect(users.only(another)).toBe(other);
});

test("who uses a server that is not shared is not kept", () => {
  const users = new Users();
  const own = { isShared: false } as Downstream;
  users.note(own, one);
  expect(users.only(own)).toBeUndefined();
});
