import { describe, expect, test } from "vitest";
import { connectHttp, listening } from "../e2e/support/http-program.ts";
import { configFile, run, start } from "../e2e/support/program.ts";
import { markOf, textOf } from "../e2e/support/raw-client.ts";
import type { AuthFaults } from "../support/auth/authorization-server.ts";
import { protectedServer, type ResourceRequest } from "../support/auth/protected-server.ts";
import { scene, untilLetIn } from "../support/auth/signing-in.ts";

// What the specification (2026-07-28, basic/authorization) demands of a client that has tokens; by the built program.

const bearer = /^Bearer access-[\w-]+$/;

describe("MUST: the access token", () => {
  test.each(["modern", "legacy"] as const)(
    "is in the header of every request to a %s server, and never in an address",
    async (era) => {
      const { tutti, serve, server, authorization } = await scene({ era });
      expect((await tutti("login", "it")).code).toBe(0);
      server.requests.length = 0;
      const client = await serve();
      expect(textOf(await client.call("it__echo", { text: "x" }))).toBe("x");
      authorization.grants.expireAccess();
      expect(textOf(await client.call("it__echo", { text: "y" }))).toBe("y");
      client.child.stdin.end();
      await client.exit();
      const { requests } = server;
      expect(requests.length).toBeGreaterThan(era === "legacy" ? 5 : 3);
      expect(requests.filter(({ authorization: given }) => !bearer.test(given ?? ""))).toEqual([]);
      expect(new Set(requests.map(({ target }) => target))).toEqual(new Set(["/mcp"]));
      // Those that belong to no message too.
      if (era === "legacy") expect(new Set(requests.map(({ method }) => method))).toContain("DELETE");
    },
  );

  test("goes to the server that it is for and to no other, also of the same authorization server", async () => {
    const { tutti, authorization, server, at } = await scene();
    expect((await tutti("login", "it")).code).toBe(0);
    const other = await protectedServer(authorization);
    const config = configFile({ it: { url: server.url }, other: { url: other.url, breakerFailures: 0 } });
    const client = start(["serve", "--config", config], at);
    await client.handshake();
    expect(textOf(await client.call("it__echo", { text: "x" }))).toBe("x");
    expect(markOf(await client.call("other__echo", { text: "x" }))).toMatchObject({ code: "login_required" });
    expect(other.requests.length).toBeGreaterThan(0);
    expect(given(other.requests)).toEqual([]);
  });

  test("of a client of tutti's is passed on to no server", async () => {
    const { tutti, config, at, server } = await scene();
    expect((await tutti("login", "it")).code).toBe(0);
    const served = await listening(start(["serve", "--http", "0", "--config", config], at));
    const headers = { authorization: "Bearer of-the-client" };
    const client = await connectHttp(served, "SDK v1", { headers });
    expect(await client.result("it__echo", { text: "x" })).toMatchObject({ content: [{ text: "x" }] });
    expect(given(server.requests).filter((one) => !bearer.test(one))).toEqual([]);
  });

  test("does not go with a redirect to another origin", async () => {
    const { tutti, serve, server, authorization } = await scene();
    expect((await tutti("login", "it")).code).toBe(0);
    const client = await serve();
    const other = await protectedServer(authorization);
    server.faults.intercept = (_, response) => {
      response.writeHead(307, { location: other.url }).end();
      return true;
    };
    expect(markOf(await client.call("it__echo", { text: "x" }))).toMatchObject({ origin: "tutti" });
    expect(other.requests).toEqual([]);
  });

  test("of the configuration goes before those of a sign-in, and nothing is signed in to then", async () => {
    const { server, authorization, at } = await scene();
    const headers = { Authorization: "Bearer of-the-configuration" };
    const config = configFile({ it: { url: server.url, headers } });
    const call = await run(["call", "it__echo", "{}", "--config", config], at);
    expect([call.code, call.stderr]).toEqual([6, expect.stringContaining("Authorization")]);
    const login = await run(["login", "it", "--config", config], at);
    expect([login.code, login.stderr]).toEqual([1, expect.stringContaining("Authorization")]);
    expect(new Set(given(server.requests))).toEqual(new Set(["Bearer of-the-configuration"]));
    expect(authorization.requests).toEqual([]);
  });
});

describe("MUST: renewal", () => {
  test("has the resource in it, and keeps a refresh token where no other comes", async () => {
    const { tutti, serve, authorization, server } = await scene();
    expect((await tutti("login", "it")).code).toBe(0);
    const client = await serve();
    authorization.grants.keepsRefreshTokens = true;
    authorization.faults.tokenReply = ({ refresh_token: _none, ...reply }) => reply;
    for (let round = 0; round < 2; round++) {
      authorization.grants.expireAccess();
      expect(textOf(await client.call("it__echo", { text: "x" }))).toBe("x");
    }
    const renewals = authorization.requests.filter(({ form }) => form.get("grant_type") === "refresh_token");
    expect(renewals.map(({ form }) => form.getAll("resource"))).toEqual([[server.url], [server.url]]);
    expect(new Set(renewals.map(({ form }) => form.get("refresh_token"))).size).toBe(1);
  });

  test("is not counted on: without a refresh token the person is asked when the token ends", async () => {
    const faults: AuthFaults = { tokenReply: ({ refresh_token: _none, ...reply }) => reply };
    const { tutti, serve, authorization } = await scene({ faults });
    const login = await tutti("login", "it", "--json");
    expect(JSON.parse(login.stdout.trimEnd().split("\n")[1] ?? "")).toMatchObject({ canRefresh: false });
    const client = await serve();
    expect(textOf(await client.call("it__echo", { text: "x" }))).toBe("x");
    authorization.grants.expireAccess();
    expect(markOf(await client.call("it__echo", { text: "y" }))).toMatchObject({ code: "login_required" });
    expect(authorization.counts.refreshes).toBe(0);
    expect((await tutti("login", "it")).code).toBe(0);
    await untilLetIn(client);
  });
});

function given(requests: readonly ResourceRequest[]): readonly string[] {
  return requests.flatMap(({ authorization }) => authorization ?? []);
}
