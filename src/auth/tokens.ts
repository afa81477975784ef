import {
  type AuthorizationServer,
  authorizationCodeGrantRequest,
  processGenericTokenEndpointResponse,
  ResponseBodyError,
  refreshTokenGrantRequest,
} from "oauth4webapi";
import { AuthError } from "./auth-error.ts";
import { scopesIn } from "./challenge.ts";
import type { Grant, Registered, Tokens } from "./grant.ts";
import type { GuardedFetch } from "./guarded-fetch.ts";
import { clientAuth, sending } from "./registration.ts";
import { quoted } from "./surroundings.ts";

/** A token is taken to be good for at least so long, and at most: what is said beyond that cannot be meant. */
const leastLifeMs = 60_000;
const longestLifeMs = 365 * 24 * 3_600_000;

/** What comes back of a request for tokens, or that the refresh token is worth nothing any more. */
export type Renewal = Tokens | "invalid_grant" | "unknown_client";

/** The answer that a browser has brought, checked: `parameters` as the library has validated them. */
export type CodeAnswer = {
  readonly metadata: AuthorizationServer;
  readonly client: Registered;
  readonly parameters: URLSearchParams;
  readonly redirectUri: string;
  readonly verifier: string;
  readonly resource: string;
  /** What was asked for: granted, where the answer does not say what was. */
  readonly scopes: readonly string[];
};

/** Changes a code for tokens. Rejects with an AuthError. */
export async function tokensFor(answer: CodeAnswer, guarded: GuardedFetch, now: number): Promise<Tokens> {
  const { metadata, client, parameters, redirectUri, verifier, resource, scopes } = answer;
  const library = { client_id: client.clientId };
  try {
    const more = { ...sending(guarded), additionalParameters: { resource } };
    const auth = clientAuth(client);
    const response = await authorizationCodeGrantRequest(
      metadata,
      library,
      auth,
      parameters,
      redirectUri,
      verifier,
      more,
    );
    return await readTokens(metadata, library, response, { scopes, now });
  } catch (cause) {
    throw failure(cause, "its authorization server gave no token for the code");
  }
}

/** Has the tokens of a grant renewed. Rejects with an AuthError where that may succeed at another time. */
export async function renewed(grant: Grant, held: Tokens, guarded: GuardedFetch, now: number): Promise<Renewal> {
  const metadata = { issuer: grant.issuer, token_endpoint: grant.tokenEndpoint };
  const library = { client_id: grant.clientId };
  const { refreshToken = "", scopes } = held;
  try {
    const more = { ...sending(guarded), additionalParameters: { resource: grant.resource } };
    const response = await refreshTokenGrantRequest(metadata, library, clientAuth(grant), refreshToken, more);
    // One that gives no other leaves the one there is.
    return { refreshToken, ...(await readTokens(metadata, library, response, { scopes, now })) };
  } catch (cause) {
    if (cause instanceof ResponseBodyError && cause.status < 500) {
      if (cause.error === "invalid_grant") return "invalid_grant";
      if (cause.error === "invalid_client" || cause.error === "unauthorized_client") return "unknown_client";
    }
    throw failure(cause, "its authorization server gave no new token");
  }
}

async function readTokens(
  metadata: AuthorizationServer,
  client: { readonly client_id: string },
  response: Response,
  { scopes, now }: { readonly scopes: readonly string[]; readonly now: number },
): Promise<Tokens> {
  const tolerable = await withoutOddities(response);
  const read = await processGenericTokenEndpointResponse(metadata, client, tolerable.response);
  if (read.token_type !== "bearer")
    throw new AuthError("bad_answer", "its authorization server gives no bearer tokens");
  if (!/^[\x21-\x7e]+$/.test(read.access_token)) throw new AuthError("bad_answer", "its token fits into no header");
  const { expiresInS } = tolerable;
  const lifeMs =
    expiresInS === undefined ? undefined : Math.min(Math.max(expiresInS * 1000, leastLifeMs), longestLifeMs);
  return {
    accessToken: read.access_token,
    ...(read.refresh_token !== undefined && { refreshToken: read.refresh_token }),
    scopes: read.scope === undefined ? [...scopes] : [...scopesIn(read.scope)],
    obtainedAt: now,
    ...(lifeMs !== undefined && { expiresAt: now + lifeMs }),
  };
}

/** What the library would refuse the whole answer for, and tutti does without: times that are none, and who the user is. */
async function withoutOddities(response: Response): Promise<{ response: Response; expiresInS: number | undefined }> {
  const { status, headers } = response;
  const text = await response.text();
  const body: unknown = status === 200 && headers.get("content-type")?.includes("json") ? parsed(text) : undefined;
  if (typeof body !== "object" || body === null) {
    return { response: new Response(text, { status, headers }), expiresInS: undefined };
  }
  const { expires_in: expiresIn, id_token: _, ...rest } = body as Readonly<Record<string, unknown>>;
  const seconds = typeof expiresIn === "string" || typeof expiresIn === "number" ? Number(expiresIn) : Number.NaN;
  const expiresInS = Number.isNaN(seconds) ? undefined : Math.max(seconds, 0);
  return { response: new Response(JSON.stringify(rest), { status, headers }), expiresInS };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The library says what is wrong with it.
  }
}

function failure(cause: unknown, what: string): AuthError {
  if (cause instanceof AuthError) return cause;
  if (!(cause instanceof ResponseBodyError)) return new AuthError("bad_answer", `${what}: it cannot be read`, cause);
  const { error, error_description: description } = cause;
  return new AuthError(
    "denied",
    `${what}: ${quoted(description === undefined ? error : `${error}: ${description}`)}`,
    cause,
  );
}
