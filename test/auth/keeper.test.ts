import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Keeper } from "../../src/auth/keeper.ts";
import { signIn } from "../../src/auth/sign-in.ts";
import { Store, signedIn } from "../../src/auth/store.ts";
import type { AuthSurroundings } from "../../src/auth/surroundings.ts";
import { type KeptFiles, systemKeptFiles } from "../../src/ports/files.ts";
import { until } from "../e2e/support/until.ts";
import { authorizationServer } from "../support/auth/authorization-server.ts";
import { protectedServer } from "../support/auth/protected-server.ts";
import { here, serverAt, signedInHere, somebody } from "./here.ts";

/** A machine that has signed in and whose date, and clock, the test moves. */
async function dated(change: Partial<AuthSurroundings> = {}) {
  let skewMs = 0;
  const date = (): number => Date.now() + skewMs;
  const clock: AuthSurroundings["clock"] = {
    now: () => performance.now() + skewMs,
    after: (ms, task) => {
      const timer = setTimeout(task, ms);
      return { cancel: () => clearTimeout(timer) };
    },
    soon: (task) => void setImmediate(task),
  };
  const all = await signedInHere({ date, clock, ...change });
  return {
    ...all,
    pass: (ms: number) => {
      skewMs += ms;
    },
  };
}

const refused = (sent: string | undefined) => ({ status: 401, challenge: "Bearer", sent, isRepeated: false }) as const;

test("a token is used until most of its life is over, renewed beside the requests then, and before them at its end", async () => {
  const { authorization, server, surroundings, pass } = await dated();
  const keeper = new Keeper(server, surroundings);
  const first = keeper.authorization();
  pass(3600_000 * 0.69);
  expect(keeper.authorization()).toBe(first);
  expect(authorization.counts.refreshes).toBe(0);
  pass(3600_000 * 0.12);
  expect(keeper.authorization()).toBe(first);
  await until("another token", () => keeper.authorization() !== first);
  const second = keeper.authorization();
  pass(3600_000 * 2);
  const third = keeper.authorization();
  expect(third).toBeInstanceOf(Promise);
  expect(await third).not.toBe(second);
  expect(authorization.counts).toMatchObject({ refreshes: 2, prompts: 1 });
  expect(authorization.requests.at(-1)?.form.get("resource")).toBe(server.url.href);
});

test("whatever is said of a token's life, it is taken for one that can be, and nothing is renewed without end", async () => {
  const authorization = await authorizationServer();
  const remote = await protectedServer(authorization);
  const lives = fc.constantFrom(0, -1, 1e12, "3600", "soon", null, 1e308, [], 3600.5);
  await fc.assert(
    fc.asyncProperty(lives, async (expiresIn) => {
      authorization.faults.tokenReply = (reply) => ({ ...reply, expires_in: expiresIn });
      const { surroundings } = here();
      const server = serverAt(remote.url);
      const { expiresAt = Date.now() + 60_000 } = await signIn(server, somebody(), surroundings);
      expect(expiresAt - Date.now()).toBeGreaterThan(30_000);
      expect(expiresAt - Date.now()).toBeLessThan(366 * 24 * 3_600_000);
      const before = authorization.counts.refreshes;
      const keeper = new Keeper(server, surroundings);
      for (let requests = 0; requests < 50; requests++) await keeper.authorization();
      for (let refusals = 0; refusals < 5; refusals++) await keeper.again(refused(await keeper.authorization()));
      expect(authorization.counts.refreshes - before).toBeLessThanOrEqual(1);
    }),
    { numRuns: 9 },
  );
});

test("five processes with eight requests each at the end of a token: one renewal, and all have the new one", async () => {
  const { authorization, server, surroundings } = await signedInHere();
  const keepers = Array.from({ length: 5 }, () => new Keeper(server, surroundings));
  const sent = keepers.map((keeper) => keeper.authorization() as string);
  authorization.grants.expireAccess();
  const outcomes = await Promise.all(
    keepers.flatMap((keeper, index) => Array.from({ length: 8 }, () => keeper.again(refused(sent[index])))),
  );
  expect(new Set(outcomes)).toEqual(new Set(["again"]));
  expect(new Set(keepers.map((keeper) => keeper.authorization())).size).toBe(1);
  expect(authorization.counts.refreshes).toBe(1);
  expect(authorization.grants.reused).toBe(0);
});

test("a token that the server has taken is renewed as soon as it is refused, one that it never took is not", async () => {
  const { authorization, server, surroundings } = await signedInHere();
  const keeper = new Keeper(server, surroundings);
  for (let round = 1; round <= 3; round++) {
    const sent = keeper.authorization() as string;
    keeper.accepted(sent);
    expect(await keeper.again(refused(sent))).toBe("again");
    expect(authorization.counts.refreshes).toBe(round);
  }
  const fresh = keeper.authorization() as string;
  keeper.accepted("Bearer of-before");
  for (let call = 0; call < 3; call++)
    expect(await keeper.again(refused(fresh))).toMatchObject({ code: "login_required" });
  expect(authorization.counts.refreshes).toBe(3);
});

test("a renewal that failed is not made again with each request, though the server takes the token still", async () => {
  const { authorization, server, surroundings, pass } = await dated();
  const keeper = new Keeper(server, surroundings);
  const sent = keeper.authorization() as string;
  authorization.faults.tokenRefusal = () => [503, { error: "temporarily_unavailable" }];
  pass(3600_000 * 0.9);
  for (let request = 0; request < 10; request++) {
    expect(keeper.authorization()).toBe(sent);
    await until("the attempt", () => authorization.counts.refreshes > 0);
    keeper.accepted(sent);
  }
  expect(authorization.counts.refreshes).toBe(1);
});

test("a refusal of the refresh token counts only where nobody has got another one meanwhile", async () => {
  const { authorization, server, surroundings } = await signedInHere();
  const keeper = new Keeper(server, surroundings);
  const sent = keeper.authorization() as string;
  // Another process signs in while we are told that ours is worth nothing.
  authorization.faults.tokenRefusal = (form) => {
    if (form.get("grant_type") !== "refresh_token") return undefined;
    const store = new Store(server, surroundings);
    const grant = store.current();
    if (grant?.tokens === undefined) throw new Error("nothing is stored");
    const tokens = { ...grant.tokens, accessToken: "of-another", obtainedAt: grant.tokens.obtainedAt + 1 };
    const kept = { format: 1, server: server.url.href, grants: [{ ...grant, tokens }] };
    writeFileSync(store.path, JSON.stringify(kept), { mode: 0o600 });
    return [400, { error: "invalid_grant" }];
  };
  expect(await keeper.again(refused(sent))).toBe("again");
  expect(keeper.authorization()).toBe("Bearer of-another");
  expect(signedIn(server, surroundings)?.needsSignIn).toBe(false);
});

test("a refresh token stays where the answer names no other", async () => {
  const { authorization, server, surroundings } = await signedInHere();
  const before = new Store(server, surroundings).current()?.tokens;
  authorization.faults.tokenReply = ({ refresh_token: _, ...rest }) => rest;
  const keeper = new Keeper(server, surroundings);
  expect(await keeper.again(refused(keeper.authorization() as string))).toBe("again");
  const after = new Store(server, surroundings).current()?.tokens;
  expect(after?.refreshToken).toBe(before?.refreshToken);
  expect(after?.accessToken).not.toBe(before?.accessToken);
});

test("tokens that cannot be written are held, renewed from, and written when that goes again", async () => {
  let isFull = false;
  const replace: KeptFiles["replace"] = async (path, bytes) => {
    if (isFull) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    await systemKeptFiles.replace(path, bytes);
  };
  const machine = await dated({ keptFiles: { ...systemKeptFiles, replace } });
  const { authorization, server, surroundings, notices, pass } = machine;
  const keeper = new Keeper(server, surroundings);
  const first = keeper.authorization();
  isFull = true;
  pass(3600_000 * 2);
  const second = await keeper.authorization();
  expect(second).not.toBe(first);
  expect(notices).toEqual([expect.stringMatching(/^docs: its tokens cannot be kept, and are lost .* ENOSPC/)]);
  // A look into the file does not bring back what is worth nothing by now.
  expect(await keeper.again(refused(first as string))).toBe("again");
  expect(keeper.authorization()).toBe(second);
  pass(3600_000 * 2);
  const third = await keeper.authorization();
  expect([second, first]).not.toContain(third);
  expect(authorization.grants.reused).toBe(0);
  isFull = false;
  pass(60_000);
  await keeper.authorization();
  await until("the file", () => `Bearer ${new Store(server, surroundings).current()?.tokens?.accessToken}` === third);
});

test("a client that its authorization server has forgotten is registered anew by the next sign-in", async () => {
  const { authorization, server, surroundings } = await signedInHere();
  authorization.faults.tokenRefusal = (form) =>
    form.get("grant_type") === "refresh_token" ? [401, { error: "invalid_client" }] : undefined;
  const keeper = new Keeper(server, surroundings);
  expect(await keeper.again(refused(keeper.authorization() as string))).toMatchObject({ code: "login_required" });
  await signIn(server, somebody(), surroundings);
  expect(authorization.counts.registrations).toBe(2);
  expect(signedIn(server, surroundings)?.needsSignIn).toBe(false);
});

test("a refresh token that is refused while another process waits to send it is not sent again", async () => {
  const { authorization, server, surroundings } = await dated();
  const keepers = [new Keeper(server, surroundings), new Keeper(server, surroundings)];
  const sent = keepers.map((keeper) => keeper.authorization() as string);
  authorization.faults.tokenRefusal = () => [400, { error: "invalid_grant" }];
  authorization.grants.expireAccess();
  const outcomes = await Promise.all(keepers.map((keeper, at) => keeper.again(refused(sent[at]))));
  expect(outcomes).toMatchObject([{ code: "login_required" }, { code: "login_required" }]);
  expect(authorization.counts.refreshes).toBe(1);
});
