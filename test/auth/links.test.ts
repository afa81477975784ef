import { expect, test } from "vitest";
import { signIn } from "../../src/auth/sign-in.ts";
import { until } from "../e2e/support/until.ts";
import { authorizationServer } from "../support/auth/authorization-server.ts";
import { protectedServer } from "../support/auth/protected-server.ts";
import { here, serverAt, signedInHere, somebody } from "./here.ts";
import { served } from "./served.ts";

const needed = 'needs you to sign in: run "tutti login docs"';

for (const era of ["modern", "legacy"] as const) {
  test(`a server of the ${era} era that wants a sign-in is left alone until there is one, and then joins`, async () => {
    const authorization = await authorizationServer();
    const remote = await protectedServer(authorization, { era });
    const { home, surroundings } = here();
    const { downstream, said, call } = await served(home, { url: remote.url });
    expect(downstream.state).toMatchObject({ kind: "down", reason: needed, needsLogin: true, nextTryAt: undefined });
    expect(said).toEqual([`needs sign-in: ${needed}`]);
    const asked = remote.requests.length;
    expect(await call("echo")).toEqual({ code: "login_required", text: `docs: ${needed}. The call did not run.` });
    expect(remote.requests.length).toBe(asked);
    expect(authorization.requests).toEqual([]);
    await signIn(serverAt(remote.url), somebody(), surroundings);
    await until("the server to join", () => downstream.state.kind === "ready");
    expect(await call("echo", "in")).toEqual({ text: "in", code: undefined });
    expect(authorization.counts.prompts).toBe(1);
  });
}

test("eight calls at once with a token that was taken back: one renewal, and all of them answered", async () => {
  const { authorization, remote, home } = await signedInHere();
  const { call } = await served(home, { url: remote.url });
  authorization.grants.expireAccess();
  const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => call("echo", `${index}`)));
  expect(answers.map(({ text }) => text)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
  expect(authorization.counts).toMatchObject({ refreshes: 1, prompts: 1 });
  expect(authorization.grants.reused).toBe(0);
  // Tokens go in the header alone.
  expect(remote.requests.some(({ target }) => /access-|refresh-/.test(target))).toBe(false);
});

test("a call that needs more rights says so, the others go on, and the next sign-in asks for all of them", async () => {
  const { remote, home, server, surroundings } = await signedInHere();
  const { call } = await served(home, { url: remote.url });
  expect(await call("admin")).toEqual({
    code: "login_required",
    text: 'docs: needs you to sign in for more rights (write): run "tutti login docs". The call did not run.',
  });
  expect(await call("echo", "still")).toMatchObject({ text: "still" });
  const person = somebody();
  await signIn(server, person, surroundings);
  expect(person.shown.map((url) => new URL(url).searchParams.get("scope"))).toEqual(["read write offline_access"]);
  expect(await call("admin", "now")).toEqual({ text: "now", code: undefined });
});

for (const status of [401, 403] as const) {
  test(`a server that refuses every token with ${status} is asked twice for a call at most, and no prompt comes of it`, async () => {
    const { authorization, remote, home } = await signedInHere();
    const { call } = await served(home, { url: remote.url });
    remote.faults.refusesAll = status;
    const before = remote.requests.length;
    expect(await call("echo")).toMatchObject({ code: "login_required" });
    expect(remote.requests.length - before).toBeLessThanOrEqual(2);
    for (let calls = 0; calls < 5; calls++) expect(await call("echo")).toMatchObject({ code: "login_required" });
    expect(authorization.counts).toMatchObject({ prompts: 1 });
    expect(authorization.counts.refreshes).toBeLessThanOrEqual(1);
  });
}

test("a refresh token that is worth nothing is kept, and the user asked to sign in", async () => {
  const { authorization, remote, home, server, surroundings } = await signedInHere();
  const { call } = await served(home, { url: remote.url });
  authorization.grants.end(1);
  expect(await call("echo")).toMatchObject({ code: "login_required", text: `docs: ${needed}. The call did not run.` });
  expect(await call("echo")).toMatchObject({ code: "login_required" });
  expect(authorization.counts.refreshes).toBe(1);
  await signIn(server, somebody(), surroundings);
  expect(await call("echo", "again")).toEqual({ text: "again", code: undefined });
});

for (const [era, asks] of [
  ["modern", (rpc: string | undefined) => rpc === "subscriptions/listen"],
  ["legacy", (_: string | undefined, method: string) => method === "GET /mcp"],
] as const) {
  test(`the stream on which a server of the ${era} era tells of changes is asked for again once somebody has signed in`, async () => {
    const { authorization, remote, home, server, surroundings } = await signedInHere({}, { era });
    remote.capabilities = { tools: { listChanged: true } };
    let refusals = 0;
    const isTold = (): number =>
      remote.requests.filter(
        (one) =>
          asks(one.rpc, `${one.method} ${one.target}`) && authorization.grants.grantOf(one.authorization?.slice(7)),
      ).length;
    remote.faults.intercept = (request, response) => {
      const isStream = asks(remote.requests.at(-1)?.rpc, `${request.method} ${request.url}`);
      if (!isStream || authorization.counts.prompts > 1) return false;
      refusals++;
      response.writeHead(401).end();
      return true;
    };
    const { downstream, call } = await served(home, { url: remote.url });
    expect(downstream.state.kind).toBe("ready");
    // With what it had, and with what it got for that.
    await until("both refusals", () => refusals === 2);
    expect(await call("echo", "fine")).toMatchObject({ text: "fine" });
    await signIn(server, somebody(), surroundings);
    await until("the stream to be asked for with another token", () => isTold() > 0);
    expect(refusals).toBe(2);
  });
}

test("an authorization server that is not there now asks nobody to sign in, and the next time it may be", async () => {
  const { authorization, remote, home } = await signedInHere();
  const { call } = await served(home, { url: remote.url });
  authorization.faults.tokenRefusal = () => [503, {}];
  authorization.grants.expireAccess();
  const { code, text } = await call("echo");
  expect({ code, text }).toMatchObject({
    code: "unavailable",
    text: expect.stringContaining("its tokens could not be renewed"),
  });
});

for (const [what, status, reason] of [
  [
    "a token in servers.json",
    401,
    "it answered with HTTP 401; it does not accept the Authorization in headers of servers.json",
  ],
  [
    "whoever it is",
    403,
    'it answered with HTTP 403; sign in: run "tutti login docs"; or give it an Authorization in headers',
  ],
] as const) {
  test(`a server that refuses ${what} at its start is left alone`, async () => {
    const authorization = await authorizationServer();
    const remote = await protectedServer(authorization);
    remote.faults.intercept = (request, response) => {
      if (request.method !== "POST") return false;
      response.writeHead(status).end();
      return true;
    };
    const { home } = here();
    const headers = status === 401 ? { headers: { Authorization: "Bearer of-old" } } : {};
    const { downstream } = await served(home, { url: remote.url, ...headers });
    expect(downstream.state).toMatchObject({ kind: "down", needsLogin: true, nextTryAt: undefined, reason });
  });
}
