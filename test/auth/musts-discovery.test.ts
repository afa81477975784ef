import { describe, expect, test } from "vitest";
import { type AuthFaults, authorizationServer, metadataPaths } from "../support/auth/authorization-server.ts";
import { person } from "../support/auth/person.ts";
import { protectedServer } from "../support/auth/protected-server.ts";

// What the specification (2026-07-28, basic/authorization) demands of a client that looks for who lets it in.

const wellKnown = "/.well-known/oauth-protected-resource";

async function world(faults: AuthFaults = {}, issuerPath = "") {
  const authorization = await authorizationServer(faults, { issuerPath });
  const server = await protectedServer(authorization);
  const documents = () => server.requests.map(({ target }) => target).filter((target) => target.startsWith(wellKnown));
  const looked = () => authorization.requests.map(({ path }) => path).filter((path) => path.includes(".well-known"));
  return { authorization, server, documents, looked };
}

describe("MUST: protected resource metadata", () => {
  test("is taken from where WWW-Authenticate says, and from nowhere else", async () => {
    const { server, documents } = await world();
    server.faults.challenge = () =>
      `Basic realm="x", Bearer realm="y", resource_metadata="${server.origin}${wellKnown}/elsewhere"`;
    server.faults.document = (usual, path) =>
      path === `${wellKnown}/elsewhere` ? usual : { ...usual, resource: "https://other.example" };
    await person().signIn(server.url);
    expect(new Set(documents())).toEqual(new Set([`${wellKnown}/elsewhere`]));
  });

  test("is looked for at the well-known address with the server's path where the header does not say", async () => {
    const { server, documents } = await world();
    server.faults.challenge = () => "Bearer";
    await person().signIn(server.url);
    expect(documents()).toEqual([`${wellKnown}/mcp`]);
  });

  test("is looked for at the root after that, also where there is no such header at all", async () => {
    const { server, documents } = await world();
    server.faults.challenge = () => undefined;
    server.faults.document = (usual, path) => (path === wellKnown ? usual : undefined);
    await person().signIn(server.url);
    expect(documents()).toEqual([`${wellKnown}/mcp`, wellKnown]);
  });

  test.each([
    ["of another server", (usual: object) => ({ ...usual, resource: "https://other.example/mcp" })],
    ["of another path", (usual: object, url: string) => ({ ...usual, resource: `${url}/deeper` })],
    ["of a path that only begins alike", (usual: object, url: string) => ({ ...usual, resource: url.slice(0, -1) })],
    ["of no resource", ({ resource: _none, ...others }: { resource?: unknown }) => others],
    ["of a resource that is no text", (usual: object) => ({ ...usual, resource: 1 })],
  ])("is not used where it is %s", async (_, change) => {
    const { server, authorization } = await world();
    server.faults.document = (usual) => change(usual, server.url) as never;
    expect((await person().failure(server.url)).code).toBe("bad_metadata");
    expect(authorization.requests).toEqual([]);
  });

  test("at another origin is not fetched", async () => {
    const { server } = await world();
    const other = await protectedServer(await authorizationServer());
    server.faults.challenge = () => `Bearer resource_metadata="${other.origin}${wellKnown}/mcp"`;
    expect(await person().failure(server.url)).toMatchObject({
      code: "unsafe_address",
      message: expect.stringContaining(`"${other.origin}" into oauth.origins`),
    });
    expect(other.requests).toEqual([]);
  });
});

describe("MUST: authorization server metadata", () => {
  test.each([
    ["without a path", "", 2],
    ["with a path", "/tenant/1", 3],
  ])("of an issuer %s is looked for at OAuth's address, then at OpenID's", async (_, issuerPath, count) => {
    const paths = [...new Set(metadataPaths(issuerPath))];
    expect(paths).toHaveLength(count);
    for (const [at, only] of paths.entries()) {
      const { server, looked } = await world({ metadataAt: (path) => path === only }, issuerPath);
      await person().signIn(server.url);
      expect(looked().slice(0, at + 1)).toEqual(paths.slice(0, at + 1));
    }
  });

  test.each([
    ["another host", (issuer: string) => issuer.replace("127.0.0.1", "localhost")],
    ["another path", (issuer: string) => `${issuer}/other`],
    ["a slash more", (issuer: string) => `${issuer}/`],
    ["a case of its own", (issuer: string) => issuer.replace("tenant", "Tenant")],
    ["nothing", () => undefined],
  ])("is not used where its issuer is %s", async (_, change) => {
    const metadata: AuthFaults["metadata"] = (usual) => ({ ...usual, issuer: change(String(usual["issuer"])) });
    const { server, authorization } = await world({ metadata }, "/tenant");
    const { code, message } = await person().failure(server.url);
    expect([code, message]).toEqual(["bad_metadata", expect.stringContaining(authorization.issuer)]);
    expect(authorization.counts).toMatchObject({ prompts: 0, registrations: 0 });
  });

  test("that is a good one at the next address is used, whatever stood at the one before", async () => {
    for (const before of ["<html>", '{"issuer": "https://other.example"}', "[]"]) {
      const { server, authorization } = await world();
      const [first] = metadataPaths("");
      authorization.faults.intercept = ({ path }, response) => {
        if (path !== first) return false;
        response.writeHead(200, { "content-type": "application/json" }).end(before);
        return true;
      };
      expect(await person().signIn(server.url)).toMatchObject({ issuer: authorization.issuer });
    }
  });

  test("is looked for at the next address where the one before leads elsewhere", async () => {
    const { server, authorization } = await world();
    const [first] = metadataPaths("");
    authorization.faults.intercept = ({ path }, response) => {
      if (path !== first) return false;
      response.writeHead(302, { location: "https://login.example/" }).end();
      return true;
    };
    expect(await person().signIn(server.url)).toMatchObject({ issuer: authorization.issuer });
  });
});

describe("MUST: PKCE", () => {
  test.each([
    ["OAuth's", "/.well-known/oauth-authorization-server"],
    ["OpenID's", "/.well-known/openid-configuration"],
  ])("sign-in is refused where %s metadata does not say code_challenge_methods_supported", async (_, only) => {
    const { server, authorization } = await world({
      metadataAt: (path) => path === only,
      metadata: ({ code_challenge_methods_supported: _none, ...others }) => others,
    });
    const one = person();
    expect((await one.failure(server.url)).code).toBe("no_pkce");
    expect([one.shown, authorization.counts.prompts]).toEqual([[], 0]);
  });

  test.each([[["plain"]], [[]], ["S256"]])("sign-in is refused where it says %j", async (methods) => {
    const { server } = await world({ metadata: (usual) => ({ ...usual, code_challenge_methods_supported: methods }) });
    expect((await person().failure(server.url)).code).toBe("no_pkce");
  });

  test("S256 is what is used, with a verifier of its own for each sign-in", async () => {
    const { server, authorization } = await world();
    const one = person();
    await one.signIn(server.url);
    await one.signIn(server.url);
    const asked = authorization.requests.filter(({ path }) => path === "/authorize").map(({ query }) => query);
    expect(asked.map((query) => query.get("code_challenge_method"))).toEqual(["S256", "S256"]);
    expect(new Set(asked.map((query) => query.get("code_challenge"))).size).toBe(2);
    const verifiers = authorization.requests.flatMap(({ form }) => form.get("code_verifier") ?? []);
    expect(verifiers).toEqual([expect.stringMatching(/^[\w.~-]{43,128}$/), expect.stringMatching(/^[\w.~-]{43,128}$/)]);
  });

  test("a person may say that an authorization server knows it all the same", async () => {
    const { server } = await world({ metadata: ({ code_challenge_methods_supported: _none, ...others }) => others });
    expect(await person().signIn(server.url, { pkce: "unchecked" })).toMatchObject({ canRefresh: true });
  });
});
