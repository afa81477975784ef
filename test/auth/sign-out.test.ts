import { expect, test } from "vitest";
import { Keeper } from "../../src/auth/keeper.ts";
import { signOut } from "../../src/auth/sign-out.ts";
import { Store, signedIn } from "../../src/auth/store.ts";
import { systemClock } from "../../src/ports/clock.ts";
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

test("a tutti that runs uses nothing more of it within a second, and does not bring it back by renewing it", async () => {
  let skewMs = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + skewMs };
  const { authorization, server, surroundings } = await signedInHere({ clock, date: () => Date.now() + skewMs });
  authorization.faults.metadata = ({ revocation_endpoint: _, ...usual }) => usual;
  const [idle, busy] = [new Keeper(server, surroundings), new Keeper(server, surroundings)];
  const sent = idle.authorization() as string;
  expect(busy.authorization()).toBe(sent);
  // It signs out while the other's renewal is under way.
  let signedOut: Promise<unknown> = Promise.resolve();
  authorization.faults.beforeReply = () => {
    signedOut = signOut(server, surroundings);
  };
  authorization.grants.expireAccess();
  await busy.again({ status: 401, challenge: "Bearer", sent, isRepeated: false });
  await signedOut;
  expect(new Store(server, surroundings).all()).toEqual([]);
  skewMs += 1_000;
  expect(idle.authorization()).toBeUndefined();
  expect(busy.authorization()).toBeUndefined();
  skewMs += 3600_000;
  expect(await idle.again({ status: 401, challenge: "Bearer", sent, isRepeated: false })).toMatchObject({
    code: "login_required",
  });
  expect(new Store(server, surroundings).all()).toEqual([]);
  expect(authorization.counts.refreshes).toBe(1);
});
