import { describe, expect, test } from "vitest";
import { authServerOf, resourceOf } from "../../src/auth/auth-server.ts";
import { loadText } from "../config/load-text.ts";
import { type AuthFaults, authorizationServer, type Json } from "../support/auth/authorization-server.ts";
import { person } from "../support/auth/person.ts";
import { protectedServer } from "../support/auth/protected-server.ts";

// What the specification (2026-07-28, basic/authorization) demands of who a client says that it is, and what it asks for.

async function world(faults: AuthFaults = {}) {
  const authorization = await authorizationServer(faults);
  const server = await protectedServer(authorization);
  const asked = () => authorization.requests.filter(({ path }) => path === "/authorize").map(({ query }) => query);
  return { authorization, server, asked };
}

const withDocuments: AuthFaults["metadata"] = (usual) => ({ ...usual, client_id_metadata_document_supported: true });
/** Where answers go, at whatever port (RFC 8252, 7.3). */
const redirect = "http://127.0.0.1/callback";
const documentUrl = "https://tutti.example/oauth/client.json";

describe("MUST: the resource parameter", () => {
  test("stands in the authorization request and in the token request, as the server's address", async () => {
    const { server, authorization, asked } = await world();
    await person().signIn(`${server.url}#part`);
    expect(asked().map((query) => query.getAll("resource"))).toEqual([[server.url]]);
    const tokenRequests = authorization.requests.filter(({ path }) => path === "/token");
    expect(tokenRequests.map(({ form }) => form.getAll("resource"))).toEqual([[server.url]]);
  });

  test.each([
    ["HTTPS://MCP.Example/", "https://mcp.example"],
    ["https://mcp.example:443/a/b?key=secret#part", "https://mcp.example/a/b"],
    ["https://mcp.example:8443/mcp/", "https://mcp.example:8443/mcp/"],
  ])("of %s is %s, where its document does not say it better", (url, resource) => {
    expect(resourceOf(new URL(url))).toBe(resource);
  });
});

describe("MUST: the order in which a client becomes known", () => {
  test("first what is configured", async () => {
    const { server, authorization, asked } = await world({ metadata: withDocuments });
    authorization.know("by-hand", [redirect]);
    await person().signIn(server.url, { clientId: "by-hand", clientMetadataUrl: documentUrl });
    expect(asked().map((query) => query.get("client_id"))).toEqual(["by-hand"]);
    expect(authorization.counts.registrations).toBe(0);
  });

  test("then the document at an address of its own, where the authorization server takes that", async () => {
    const { server, authorization, asked } = await world({ metadata: withDocuments });
    authorization.know(documentUrl, [redirect]);
    await person().signIn(server.url, { clientMetadataUrl: documentUrl });
    expect(asked().map((query) => query.get("client_id"))).toEqual([documentUrl]);
    expect(authorization.counts.registrations).toBe(0);
  });

  test("then registration, as a native client, also where a document would not be taken", async () => {
    const { server, authorization } = await world();
    await person().signIn(server.url, { clientMetadataUrl: documentUrl });
    const [registered] = authorization.requests.filter(({ path }) => path === "/register");
    expect(JSON.parse(registered?.body ?? "")).toMatchObject({
      application_type: "native",
      redirect_uris: [expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//)],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    });
  });

  test("and where there is none of it the person is told what to configure", async () => {
    const { server } = await world({ metadata: ({ registration_endpoint: _none, ...others }) => others });
    const one = person();
    const { code, message } = await one.failure(server.url);
    expect([code, message]).toEqual(["no_client", expect.stringContaining("oauth.clientId")]);
    expect(one.shown).toEqual([]);
  });

  test("a refused registration is told with the reason, and nobody is asked", async () => {
    const refusal: readonly [number, Json] = [
      400,
      { error: "invalid_redirect_uri", error_description: "http://127.0.0.1 is not allowed for web clients" },
    ];
    const { server } = await world({ register: () => refusal });
    const one = person();
    const { code, message } = await one.failure(server.url);
    expect([code, message]).toEqual(["no_client", expect.stringContaining("not allowed for web clients")]);
    expect(one.shown).toEqual([]);
  });

  test.each(["http://tutti.example/client.json", "https://tutti.example", "https://tutti.example/", "tutti"])(
    "a document's address is https with a path: %s is refused in the configuration",
    async (clientMetadataUrl) => {
      await expect(
        loadText({ mcpServers: { it: { url: "https://a.example/mcp", oauth: { clientMetadataUrl } } } }),
      ).rejects.toThrow(/clientMetadataUrl/);
    },
  );
});

describe("MUST: a client is known to one authorization server", () => {
  test("after a change of it tutti registers anew, and nothing of the old one is sent to the new one", async () => {
    const { server, authorization: old } = await world();
    const one = person();
    const first = await one.signIn(server.url);
    const next = await authorizationServer();
    server.authorization = next;
    const second = await one.signIn(server.url);
    expect([first.issuer, second.issuer]).toEqual([old.issuer, next.issuer]);
    expect(next.counts).toMatchObject({ registrations: 1, codes: 1, refreshes: 0 });
    const sent = next.requests.map((request) => JSON.stringify([request.body, [...request.query], request.headers]));
    for (const secret of [first.clientId, ...old.grants.alive]) expect(sent.join("\n")).not.toContain(secret);
  });

  test("what was registered with an authorization server is used again with it, at the same port", async () => {
    const { server, authorization, asked } = await world();
    const one = person();
    await one.signIn(server.url);
    await one.signIn(server.url);
    expect(new Set(asked().map((query) => query.get("redirect_uri"))).size).toBe(1);
    expect(authorization.counts).toMatchObject({ registrations: 1, prompts: 2, codes: 2 });
  });

  test("an id of the configuration goes to no other authorization server than it was used with first", async () => {
    const { server, authorization: old } = await world();
    old.know("by-hand", [redirect], "hand-made-secret");
    const one = person();
    const oauth = { clientId: "by-hand", clientSecret: "hand-made-secret" };
    await one.signIn(server.url, oauth);
    const next = await authorizationServer();
    next.know("by-hand", [redirect], "hand-made-secret");
    server.authorization = next;
    const { code, message } = await one.failure(server.url, oauth);
    expect([code, message]).toEqual([expect.any(String), expect.stringContaining(next.issuer)]);
    expect(JSON.stringify(next.requests)).not.toMatch(/by-hand|hand-made-secret/);
  });
});

describe("MUST: scopes", () => {
  test("of the challenge are what is asked for, whatever the document says", async () => {
    const { server, asked } = await world();
    server.faults.challenge = (usual) => usual.replace('scope="read"', 'scope="special:one two"');
    await person().signIn(server.url);
    expect(scopesOf(asked()[0])).toEqual(["special:one", "two", "offline_access"]);
  });

  test("are those of the document where the challenge names none, and left out where neither does", async () => {
    const { server, asked } = await world();
    server.faults.challenge = (usual) => usual.replace(', scope="read"', "");
    server.faults.document = (usual) => ({ ...usual, scopes_supported: ["of-the-document"] });
    await person().signIn(server.url);
    server.faults.document = ({ scopes_supported: _none, ...others }) => others;
    await person().signIn(server.url);
    expect(scopesOf(asked()[0])).toEqual(["of-the-document", "offline_access"]);
    expect(asked()[1]?.has("scope")).toBe(false);
  });

  test("have offline_access beside them where the authorization server knows it, for tokens that can be renewed", async () => {
    const { server, asked } = await world({
      metadata: (usual) => ({ ...usual, scopes_supported: ["offline_access"] }),
    });
    await person().signIn(server.url);
    expect(scopesOf(asked()[0])).toEqual(["read", "offline_access"]);
  });
});

describe("SHOULD NOT: a program on this machine", () => {
  test("is never signed in to, whatever its entry says", async () => {
    const { servers } = await loadText({ mcpServers: { it: { command: "server", args: [] } } });
    expect(servers.map(authServerOf)).toEqual([undefined]);
  });
});

function scopesOf(query: URLSearchParams | undefined): readonly string[] {
  return (query?.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
}
