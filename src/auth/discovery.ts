import { type AuthorizationServer, processDiscoveryResponse } from "oauth4webapi";
import { AuthError } from "./auth-error.ts";
import { type AuthServer, resourceOf } from "./auth-server.ts";
import { type Challenge, readChallenge } from "./challenge.ts";
import type { GuardedFetch } from "./guarded-fetch.ts";
import { quoted } from "./surroundings.ts";

/** Who gives tokens for a server, and what to ask there. */
export type Discovered = {
  readonly metadata: AuthorizationServer;
  /** What the server is called there. */
  readonly resource: string;
  /** What the server wants to be asked for; empty: it does not say. */
  readonly scopes: readonly string[];
};

type ResourceMetadata = {
  readonly resource: string;
  readonly issuers: readonly string[];
  readonly scopes: readonly string[];
};

const json = { accept: "application/json" };

/** What an unsigned request, or one with a token, is answered. */
export type Probe = { readonly status: number; readonly challenge: Challenge | undefined };

/** Asks the server itself for as little as there is, to see whether it takes us. Rejects with an AuthError. */
export async function probe(server: AuthServer, guarded: GuardedFetch, token?: string): Promise<Probe> {
  const authorization: Readonly<Record<string, string>> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const asked =
    server.kind === "sse"
      ? ({ method: "GET", headers: { ...server.headers, accept: "text/event-stream", ...authorization } } as const)
      : ({
          method: "POST",
          headers: {
            ...server.headers,
            "content-type": "application/json",
            accept: "application/json, text/event-stream",
            ...authorization,
          },
          body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
        } as const);
  const response = await guarded.fetch(server.url, { ...asked, isHeadEnough: true });
  return { status: response.status, challenge: readChallenge(response.headers.get("www-authenticate") ?? undefined) };
}

/**
 * Finds out who gives tokens for a server: where its refusal says so, then at the well-known addresses of the resource, and
 * of the authorization server in the order of the specification. Rejects with an AuthError.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
 */
export async function discover(
  server: AuthServer,
  guarded: GuardedFetch,
  challenge: Challenge | undefined,
): Promise<Discovered> {
  const resource = await resourceMetadata(server, guarded, challenge);
  // Servers of earlier revisions are their own authorization servers, and say nothing of themselves.
  const issuer = resource?.issuers[0] ?? server.url.origin;
  const metadata = await authorizationServer(issuer, guarded, resource !== undefined);
  const wanted = challenge?.scopes ?? [];
  return {
    metadata,
    resource: resource?.resource ?? resourceOf(server.url),
    scopes: wanted.length > 0 ? wanted : (resource?.scopes ?? []),
  };
}

async function resourceMetadata(
  server: AuthServer,
  guarded: GuardedFetch,
  challenge: Challenge | undefined,
): Promise<ResourceMetadata | undefined> {
  const { url, oauth } = server;
  const said = challenge?.resourceMetadata;
  if (said !== undefined) {
    const target = URL.canParse(said) ? new URL(said) : undefined;
    if (target === undefined)
      throw new AuthError("bad_metadata", `its resource_metadata is no address: ${quoted(said)}`);
    if (target.origin !== url.origin && !oauth.origins?.includes(target.origin)) {
      const cure = `if that is right, put "${target.origin}" into oauth.origins`;
      throw new AuthError("unsafe_address", `its resource_metadata is at another server, ${target.origin}; ${cure}`);
    }
    const found = await documentAt(guarded, target);
    if (found === undefined)
      throw new AuthError("bad_metadata", `there is nothing at its resource_metadata, ${target}`);
    return readResource(found, server);
  }
  const wellKnown = "/.well-known/oauth-protected-resource";
  for (const path of new Set([`${wellKnown}${withoutSlash(url.pathname)}`, wellKnown])) {
    const found = await documentAt(guarded, new URL(path, url));
    if (found !== undefined) return readResource(found, server);
  }
  return undefined;
}

/** https://www.rfc-editor.org/rfc/rfc9728#section-3.3: what is said of another resource is not for this one. */
function readResource(found: Readonly<Record<string, unknown>>, { url }: AuthServer): ResourceMetadata {
  const { resource, authorization_servers: issuers, scopes_supported: scopes } = found;
  if (typeof resource !== "string" || !covers(resource, url)) {
    const what = typeof resource === "string" ? quoted(resource) : "no resource";
    throw new AuthError("bad_metadata", `its metadata is for ${what}, and not for ${resourceOf(url)}`);
  }
  return { resource, issuers: stringsIn(issuers), scopes: stringsIn(scopes) };
}

/** Whether a resource is this server, or all of a place that it is in. */
function covers(resource: string, server: URL): boolean {
  if (!URL.canParse(resource)) return false;
  const { origin, pathname, hash } = new URL(resource);
  const path = withoutSlash(pathname);
  return origin === server.origin && hash === "" && `${withoutSlash(server.pathname)}/`.startsWith(`${path}/`);
}

/** `isNamed`: the server says that this is its authorization server. */
async function authorizationServer(
  issuer: string,
  guarded: GuardedFetch,
  isNamed: boolean,
): Promise<AuthorizationServer> {
  if (!URL.canParse(issuer))
    throw new AuthError("bad_metadata", `its authorization server is no address: ${quoted(issuer)}`);
  const url = new URL(issuer);
  const path = withoutSlash(url.pathname);
  const addresses = new Set([
    `/.well-known/oauth-authorization-server${path}`,
    `/.well-known/openid-configuration${path}`,
    `${path}/.well-known/openid-configuration`,
  ]);
  let other: unknown;
  for (const address of addresses) {
    try {
      const response = await guarded.fetch(new URL(address, url), { method: "GET", headers: json });
      if (response.status === 200) return await processDiscoveryResponse(url, response);
    } catch (cause) {
      if (cause instanceof AuthError && cause.code === "unreachable") throw cause;
      // What calls itself otherwise than it was asked for is not used, nor what leads elsewhere.
      other ??= cause;
    }
  }
  if (other instanceof AuthError) throw other;
  if (other !== undefined) {
    const text = `what ${url.host} says of itself is not for the issuer ${quoted(issuer)}, or cannot be read`;
    throw new AuthError("bad_metadata", text, other);
  }
  if (isNamed) throw new AuthError("bad_metadata", `its authorization server ${quoted(issuer)} says nothing of itself`);
  throw new AuthError("not_offered", "it says nothing of how to sign in; if it wants a token, put one into headers");
}

async function documentAt(guarded: GuardedFetch, url: URL): Promise<Readonly<Record<string, unknown>> | undefined> {
  const response = await guarded.fetch(url, { method: "GET", headers: json });
  if (response.status !== 200) return undefined;
  try {
    const found: unknown = await response.json();
    if (typeof found === "object" && found !== null && !Array.isArray(found)) return { ...found };
  } catch {
    // Whatever answers every address with a page of its own says nothing.
  }
  return undefined;
}

function stringsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, "");
}
