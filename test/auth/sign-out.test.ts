import { expect, test } from "vitest";
import { signOut } from "../../src/auth/sign-out.ts";
import { Store, signedIn } from "../../src/auth/store.ts";
import { signedInHere } from "./here.ts";

test("who signs out has nothing left here, nor there", async () => {
  const { authorization, server, surroundings } = await signedInHere();
  expect(await signOut(server, surroundings)).toEqual({ had: true, isRevoked: true });
  expect(authorization.grants.alive).toEqual([]);
  expect(signedIn(server, surroundings)).toBeUndefined();
  expect(await signOut(server, surroundings)).toEqual({ had: false, isRevoked: false });
});

test("what cannot be revoked is forgotten here all the same, and that is told", async () => {
  const { authorization, server, surroundings } = await signedInHere();
  authorization.stop();
  expect(await signOut(server, surroundings)).toEqual({ had: true, isRevoked: false });
  expect(new Store(server, surroundings).all()).toEqual([]);
});
