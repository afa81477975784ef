import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { signIn } from "../../src/auth/sign-in.ts";
import { Store, signedIn } from "../../src/auth/store.ts";
import { until } from "../e2e/support/until.ts";
import { authorizationServer } from "../support/auth/authorization-server.ts";
import { sentOnFrom } from "../support/auth/browser.ts";
import { protectedServer } from "../support/auth/protected-server.ts";
import { here, serverAt, signedInHere, somebody } from "./here.ts";

test("a person is asked once, with PKCE, state and resource, and what they are given is kept for them alone", async () => {
  const { authorization, remote, server, person, result, surroundings, secrets } = await signedInHere();
  const asked = new URL(person.shown[0] ?? "").searchParams;
  expect(Object.fromEntries(asked)).toMatchObject({
    response_type: "code",
    code_challenge_method: "S256",
    resource: remote.url,
    scope: "read offline_access",
    redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
  });
  expect(Buffer.from(asked.get("state") ?? "", "base64url")).toHaveLength(32);
  expect(result).toMatchObject({ issuer: authorization.issuer, resource: remote.url, isKept: true, byOther: false });
  expect(authorization.counts).toEqual({ prompts: 1, registrations: 1, codes: 1, refreshes: 0, revocations: 0 });
  const registered = JSON.parse(authorization.requests.find(({ path }) => path === "/register")?.body ?? "");
  expect(registered).toMatchObject({ application_type: "native", token_endpoint_auth_method: "none" });
  const { path } = new Store(server, surroundings);
  expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
  expect((statSync(surroundings.folder).mode & 0o777).toString(8)).toBe("700");
  const text = readFileSync(path, "utf8");
  for (const token of authorization.grants.alive) {
    expect(text).toContain(token);
    expect(secrets).toContain(token);
  }
  expect(signedIn(server, surroundings)).toMatchObject({
    needsSignIn: false,
    canRefresh: true,
    scopes: ["read", "offline_access"],
  });
  // Tokens are in headers, and nowhere else.
  expect(remote.requests.map(({ target }) => target).join(" ")).not.toMatch(/access-/);
});

test("who signs in again is the same client at the same port, and another one where that is taken", async () => {
  const { authorization, server, surroundings } = await signedInHere();
  await signIn(server, somebody(), surroundings);
  expect(authorization.counts).toMatchObject({ registrations: 1, prompts: 2 });
  const { redirectUri = "" } = new Store(server, surroundings).current() ?? {};
  const taken = createServer().listen(Number(new URL(redirectUri).port), "127.0.0.1");
  onTestFinished(() => void taken.close());
  await new Promise((resolve) => taken.once("listening", resolve));
  await signIn(server, somebody(), surroundings);
  expect(authorization.counts).toMatchObject({ registrations: 2, prompts: 3 });
});

test("a server that wants further scopes for the fresh token is asked for them once, and then no more", async () => {
  const authorization = await authorizationServer();
  const remote = await protectedServer(authorization);
  remote.faults.intercept = (request, response) => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const grant = authorization.grants.grantOf(token);
    if (grant === undefined || grant.scopes.includes("write")) return false;
    response.writeHead(403, { "www-authenticate": 'Bearer error="insufficient_scope", scope="write"' }).end();
    return true;
  };
  const { surroundings } = here();
  const person = somebody();
  const result = await signIn(serverAt(remote.url), person, surroundings);
  expect(person.shown.map((url) => new URL(url).searchParams.get("scope"))).toEqual([
    "read offline_access",
    "read write offline_access",
  ]);
  expect(result.scopes).toContain("write");
  let wishes = 0;
  remote.faults.intercept = (request, response) => {
    if (request.headers.authorization === undefined) return false;
    response.writeHead(403, { "www-authenticate": `Bearer error="insufficient_scope", scope="more${++wishes}"` }).end();
    return true;
  };
  const other = somebody();
  await expect(signIn(serverAt(remote.url), other, here().surroundings)).rejects.toMatchObject({ code: "refused" });
  expect(other.shown).toHaveLength(2);
});

test("a server that refuses the fresh token is not asked again", async () => {
  const authorization = await authorizationServer();
  const remote = await protectedServer(authorization);
  remote.faults.refusesAll = 401;
  const person = somebody();
  await expect(signIn(serverAt(remote.url), person, here().surroundings)).rejects.toMatchObject({ code: "refused" });
  expect(person.shown).toHaveLength(1);
});

test("who is registered is kept before the browser opens, and what is to be kept for us is no secret of the address", async () => {
  const authorization = await authorizationServer();
  const remote = await protectedServer(authorization);
  const { surroundings, secrets } = here();
  const server = serverAt(remote.url);
  const kept: (string | undefined)[] = [];
  const person = somebody();
  const show = (url: string): void => {
    kept.push(new Store(server, surroundings).current()?.clientId);
    for (const secret of secrets) expect(url).not.toContain(secret);
    person.show(url);
  };
  const { clientId } = await signIn(server, { show }, surroundings);
  expect(kept).toEqual([clientId]);
});

test("an answer that was pasted counts as one that the browser brought", async () => {
  const authorization = await authorizationServer();
  const remote = await protectedServer(authorization);
  const { surroundings } = here();
  const taken: boolean[] = [];
  let give = (_: string): void => {};
  const paste = (take: (text: string) => boolean) => {
    give = (text) => void taken.push(take(text));
    return () => {};
  };
  const show = (url: string): void =>
    void sentOnFrom(url).then((back) => {
      for (const text of ["no address", back.replace("state=", "state=x"), ` ${back}\n`, back]) give(text);
    });
  expect(await signIn(serverAt(remote.url), { show, paste }, surroundings)).toMatchObject({ isKept: true });
  expect(taken).toEqual([false, false, true, false]);
});

test("of two that sign in at once one person is asked, and both are signed in", async () => {
  const authorization = await authorizationServer();
  const remote = await protectedServer(authorization);
  const { surroundings } = here();
  const [one, other] = [somebody(), somebody()];
  const server = serverAt(remote.url);
  const results = await Promise.all([signIn(server, one, surroundings), signIn(server, other, surroundings)]);
  expect(authorization.counts).toMatchObject({ prompts: 1, codes: 1 });
  expect(results.map(({ byOther }) => byOther).sort()).toEqual([false, true]);
});

test("nobody who comes is waited for longer than was said, and nothing listens after that", async () => {
  const authorization = await authorizationServer();
  const remote = await protectedServer(authorization);
  const shown: string[] = [];
  const given = signIn(serverAt(remote.url), { show: (url) => shown.push(url) }, here().surroundings, { limitMs: 300 });
  await expect(given).rejects.toMatchObject({ code: "abandoned" });
  const back = new URL(shown[0] ?? "").searchParams.get("redirect_uri") ?? "";
  await expect(fetch(back)).rejects.toThrow();
});

test.each([
  "javascript:alert(1)",
  "file:///etc/passwd",
  "-psn_0_1",
  "http://10.0.0.1/authorize",
  "http://example.com/authorize",
  "https://169.254.169.254/authorize",
  "https://user:password@example.com/",
  undefined,
])("nobody is sent to sign in at %j", async (endpoint) => {
  const authorization = await authorizationServer({
    metadata: ({ authorization_endpoint: _, ...usual }) => ({
      ...usual,
      ...(endpoint !== undefined && { authorization_endpoint: endpoint }),
    }),
  });
  const remote = await protectedServer(authorization);
  const person = somebody();
  await expect(signIn(serverAt(remote.url), person, here().surroundings)).rejects.toMatchObject({
    code: expect.stringMatching(/^(?:bad_metadata|unsafe_address)$/),
  });
  expect(person.shown).toEqual([]);
});

test("who waits for another's sign-in that comes to nothing asks himself, whatever was there before", async () => {
  const { authorization, server, surroundings } = await signedInHere();
  const idle = signIn(server, { show: () => {} }, surroundings, { limitMs: 300 });
  const gaveUp = expect(idle).rejects.toMatchObject({ code: "abandoned" });
  await until("the first to ask", () => readdirSync(surroundings.folder).some((name) => name.endsWith("login.lock")));
  const result = await signIn(server, somebody(), surroundings);
  await gaveUp;
  expect(result.byOther).toBe(false);
  expect(authorization.counts.codes).toBe(2);
});

test("what is configured goes before what can be registered", async () => {
  const authorization = await authorizationServer();
  const remote = await protectedServer(authorization);
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  authorization.know("mine", [`http://127.0.0.1:${port}/callback`], "s3cret:%");
  const { surroundings } = here();
  const server = serverAt(remote.url, {
    clientId: "mine",
    clientSecret: "s3cret:%",
    scopes: ["write"],
    callbackPort: port,
  });
  expect(await signIn(server, somebody(), surroundings)).toMatchObject({ clientId: "mine" });
  expect(authorization.counts.registrations).toBe(0);
  // Another issuer is not told of it.
  const other = await authorizationServer();
  remote.authorization = other;
  await expect(signIn(server, somebody(), surroundings)).rejects.toMatchObject({ code: "bad_metadata" });
  expect(other.requests.filter(({ path }) => path === "/authorize" || path === "/token")).toEqual([]);
});
