import { auth, type OAuthClientProvider } from "@modelcontextprotocol/sdk/client/auth.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { OAuthClientInformationMixed, OAuthTokens } from "@modelcontextprotocol/sdk/shared/auth.js";
import { expect, test } from "vitest";
import { legacyClientOn } from "../e2e/support/era-client.ts";
import { authorizationServer } from "../support/auth/authorization-server.ts";
import { sentOnFrom } from "../support/auth/browser.ts";
import { protectedServer } from "../support/auth/protected-server.ts";

type Kept = {
  readonly address?: URL;
  readonly verifier?: string;
  readonly client?: OAuthClientInformationMixed;
  readonly tokens?: OAuthTokens;
};

/** What the official client keeps, and where it sends its user. */
function provider() {
  const redirectUrl = "http://127.0.0.1:7999/callback";
  const kept: Kept = {};
  const keep = (more: Kept): void => void Object.assign(kept, more);
  const one: OAuthClientProvider = {
    redirectUrl,
    clientMetadata: { client_name: "official", redirect_uris: [redirectUrl], token_endpoint_auth_method: "none" },
    clientInformation: () => kept.client,
    saveClientInformation: (client) => keep({ client }),
    tokens: () => kept.tokens,
    saveTokens: (tokens) => keep({ tokens }),
    redirectToAuthorization: (address) => keep({ address }),
    saveCodeVerifier: (verifier) => keep({ verifier }),
    codeVerifier: () => kept.verifier ?? "",
  };
  return { one, kept };
}

test("the official client signs in to the server of these tests, calls with its token and renews it", async () => {
  const authorization = await authorizationServer();
  const server = await protectedServer(authorization, { era: "legacy" });
  const { one, kept } = provider();
  expect(await auth(one, { serverUrl: server.url })).toBe("REDIRECT");
  const answer = new URL(await sentOnFrom(kept.address?.href ?? ""));
  const code = answer.searchParams.get("code") ?? "";
  expect(await auth(one, { serverUrl: server.url, authorizationCode: code })).toBe("AUTHORIZED");
  const transport = new StreamableHTTPClientTransport(new URL(server.url), { authProvider: one });
  const client = await legacyClientOn(transport, {});
  expect(await client.result("echo", { text: "in" })).toMatchObject({ content: [{ text: "in" }] });
  authorization.grants.expireAccess();
  expect(await client.result("echo", { text: "again" })).toMatchObject({ content: [{ text: "again" }] });
  await client.close();
  expect(authorization.counts).toEqual({ prompts: 1, registrations: 1, codes: 1, refreshes: 1, revocations: 0 });
});

test("a code or a refresh token that comes twice is refused, and a refresh token ends its family", async () => {
  const { grants } = await authorizationServer();
  const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
  const granted = { clientId: "c", resource: "r", scopes: [], redirectUri: "http://127.0.0.1/", challenge };
  const code = grants.code(granted);
  const asked = new URLSearchParams({
    code,
    code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    redirect_uri: granted.redirectUri,
    resource: "r",
  });
  const first = grants.redeem(asked);
  expect(grants.redeem(asked)).toBe("there is no such code");
  if (typeof first === "string") throw new Error(first);
  const second = grants.refresh(first.refresh, "r");
  if (typeof second === "string") throw new Error(second);
  expect(grants.alive).toEqual([second.access, second.refresh]);
  expect(grants.refresh(first.refresh, "r")).toMatch(/used before/);
  expect([grants.alive, grants.reused]).toEqual([[], 1]);
});
