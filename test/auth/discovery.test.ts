import { expect, onTestFinished, test } from "vitest";
import { readChallenge } from "../../src/auth/challenge.ts";
import { discover } from "../../src/auth/discovery.ts";
import { guardedFetch } from "../../src/auth/guarded-fetch.ts";
import { authorizationServer } from "../support/auth/authorization-server.ts";
import { protectedServer } from "../support/auth/protected-server.ts";
import { here, serverAt } from "./here.ts";

type Remote = Awaited<ReturnType<typeof protectedServer>>;

function find({ url }: Pick<Remote, "url">, challenge?: string, origins: readonly string[] = []) {
  const server = serverAt(url, { origins });
  const guarded = guardedFetch(server, here().surroundings);
  onTestFinished(() => guarded.close());
  return discover(server, guarded, readChallenge(challenge));
}

const paths = ({ requests }: Remote) => requests.map(({ target }) => target);

test("the refusal's own word goes first, then the well-known address with the path, then without", async () => {
  const remote = await protectedServer(await authorizationServer());
  const named = `${remote.origin}/.well-known/oauth-protected-resource/elsewhere`;
  remote.faults.document = (document, path) => (path.endsWith("/elsewhere") ? document : undefined);
  await find(remote, `Bearer resource_metadata="${named}"`);
  expect(paths(remote)).toEqual(["/.well-known/oauth-protected-resource/elsewhere"]);
  remote.faults.document = (document, path) => (path.endsWith("resource") ? document : undefined);
  await find(remote, "Bearer");
  expect(paths(remote).slice(1)).toEqual([
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-protected-resource",
  ]);
});

test.each([
  ["", ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]],
  [
    "/tenant",
    [
      "/.well-known/oauth-authorization-server/tenant",
      "/.well-known/openid-configuration/tenant",
      "/tenant/.well-known/openid-configuration",
    ],
  ],
])("an issuer with the path %j is looked for in the order of the specification", async (issuerPath, order) => {
  const authorization = await authorizationServer({}, { issuerPath });
  authorization.faults.metadataAt = (path) => path === order.at(-1);
  const { metadata } = await find(await protectedServer(authorization));
  expect(metadata.issuer).toBe(authorization.issuer);
  expect(authorization.requests.map(({ path }) => path)).toEqual(order);
});

test("metadata of another issuer is not used", async () => {
  const authorization = await authorizationServer({
    metadata: (usual) => ({ ...usual, issuer: "https://other.example" }),
  });
  await expect(find(await protectedServer(authorization))).rejects.toMatchObject({ code: "bad_metadata" });
});

test.each(["https://other.example/mcp", "http://127.0.0.1:1/mcp", "/mcp", "", 7, undefined])(
  "what is said of the resource %j is not taken for this one",
  async (resource) => {
    const remote = await protectedServer(await authorizationServer());
    remote.faults.document = (document) => ({ ...document, resource });
    await expect(find(remote)).rejects.toMatchObject({ code: "bad_metadata" });
  },
);

test("a resource is this server or all of a place that it is in, and asked for by its own name", async () => {
  const remote = await protectedServer(await authorizationServer());
  remote.faults.document = (document) => ({ ...document, resource: remote.origin });
  expect(await find(remote)).toMatchObject({ resource: remote.origin });
  remote.faults.document = (document) => ({ ...document, resource: `${remote.origin}/mc` });
  await expect(find(remote)).rejects.toMatchObject({ code: "bad_metadata" });
});

test("resource_metadata at another server is asked for only where that is allowed", async () => {
  const authorization = await authorizationServer();
  const remote = await protectedServer(authorization);
  const elsewhere = await protectedServer(authorization);
  elsewhere.faults.document = (document) => ({ ...document, resource: remote.url });
  const challenge = `Bearer resource_metadata="${elsewhere.origin}/.well-known/oauth-protected-resource/mcp"`;
  await expect(find(remote, challenge)).rejects.toMatchObject({ code: "unsafe_address" });
  expect(elsewhere.requests).toEqual([]);
  expect(await find(remote, challenge, [elsewhere.origin])).toMatchObject({ resource: remote.url });
});

test("scopes of the refusal go before those of the metadata", async () => {
  const remote = await protectedServer(await authorizationServer());
  expect(await find(remote, 'Bearer scope="write more"')).toMatchObject({ scopes: ["write", "more"] });
  expect(await find(remote, "Bearer")).toMatchObject({ scopes: ["read"] });
});

test("a server that says nothing of itself is its own authorization server, or there is none", async () => {
  const remote = await protectedServer(await authorizationServer());
  remote.faults.document = () => undefined;
  await expect(find(remote)).rejects.toMatchObject({ code: "not_offered" });
  const both = await authorizationServer();
  expect(await find({ url: `${both.origin}/mcp` })).toMatchObject({ resource: `${both.origin}/mcp`, scopes: [] });
});
