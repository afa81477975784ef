import { type AuthorizationServer, calculatePKCECodeChallenge } from "oauth4webapi";
import { AuthError } from "./auth-error.ts";
import type { AuthServer } from "./auth-server.ts";
import { answerTo, authorizationUrl, checkedAnswer } from "./authorization.ts";
import { listenForAnswer, portOfRedirect } from "./callback.ts";
import { type Discovered, discover, probe } from "./discovery.ts";
import type { Grant, Registered, Tokens } from "./grant.ts";
import { type GuardedFetch, guardedFetch } from "./guarded-fetch.ts";
import { knownClient, register } from "./registration.ts";
import { Store } from "./store.ts";
import { type AuthSurroundings, quoted } from "./surroundings.ts";
import { tokensFor } from "./tokens.ts";

/** Who signs in. */
export type Person = {
  /** Shows, and opens where that can be done, an address: http or https, as `URL.href` writes it. At most twice. */
  readonly show: (url: string) => void;
  /**
   * Has them give the address that their browser ended at, where it cannot bring it to this machine: each text goes to `take`,
   * which says whether it is that. What is given ends it. Called with each `show`.
   */
  readonly paste?: (take: (text: string) => boolean) => () => void;
  /** Another process is asking them, or somebody else, already; it is waited for that. */
  readonly waiting?: () => void;
};

export type SignInOptions = {
  /** How long the person has, and an answer is taken. Default: ten minutes. */
  readonly limitMs?: number;
  readonly signal?: AbortSignal | undefined;
};

export type SignedIn = Pick<Grant, "issuer" | "resource" | "clientId"> & {
  readonly scopes: readonly string[];
  /** In ms since 1970; undefined: nobody knows. */
  readonly expiresAt: number | undefined;
  readonly canRefresh: boolean;
  /** False: it could not be written, which the notice has said. */
  readonly isKept: boolean;
  /** Another process signed in meanwhile: here nobody was asked. */
  readonly byOther: boolean;
};

/** What one sign-in works with. */
type Flow = {
  readonly server: AuthServer;
  readonly person: Person;
  readonly surroundings: AuthSurroundings;
  readonly store: Store;
  readonly guarded: GuardedFetch;
  /** Rejects when the time is over or it is given up. */
  readonly over: Promise<never>;
};

const usualLimitMs = 600_000;
/** The first time, and once more where the server wants further scopes. */
const mostRounds = 2;

/**
 * Signs in to a server: finds out who gives tokens for it, has the person asked there, and keeps what they are given.
 * Of several processes that do so at once one asks, and the others take what comes of it. Rejects with an AuthError.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
 */
export async function signIn(
  server: AuthServer,
  person: Person,
  surroundings: AuthSurroundings,
  { limitMs = usualLimitMs, signal }: SignInOptions = {},
): Promise<SignedIn> {
  const store = new Store(server, surroundings);
  await store.prepare();
  const before = store.current()?.tokens?.accessToken;
  const lock = await store.lock("login", { limitMs, signal, waiting: person.waiting });
  if (lock === undefined) throw new AuthError("abandoned", "another tutti is still signing in to it");
  const guarded = guardedFetch(server, surroundings);
  const limit = limitOf(surroundings, limitMs, signal);
  try {
    const current = lock.hasWaited ? store.current() : undefined;
    if (current?.tokens !== undefined && current.tokens.accessToken !== before && !current.isSpent) {
      return summary(current, current.tokens, true, true);
    }
    return await run({ server, person, surroundings, store, guarded, over: limit.over });
  } finally {
    limit.end();
    guarded.close();
    await lock.release();
  }
}

async function run(flow: Flow): Promise<SignedIn> {
  const { server, store, guarded } = flow;
  const { challenge } = await probe(server, guarded);
  const discovered = await discover(server, guarded, challenge);
  checkPkce(discovered.metadata, server);
  const usual = union(server.oauth.scopes ?? discovered.scopes, challenge?.scopes ?? []);
  let extra = formerWishes(discovered, store.all());
  for (let round = 1; ; round++) {
    const scopes = withRenewal(union(usual, extra), discovered.metadata);
    const grant = { ...(await askPerson(flow, discovered, scopes)), wantedScopes: [...extra] };
    const { tokens } = grant;
    const isKept = await store.keepAlone(grant);
    const { status, challenge: second } = await probe(server, guarded, tokens.accessToken);
    if (status === 401) throw new AuthError("refused", "it does not accept the token that it was signed in for");
    const isShort = status === 403 && second?.error === "insufficient_scope";
    if (!isShort) return summary(grant, tokens, isKept, false);
    const isNews = second.scopes.some((scope) => !scopes.includes(scope));
    if (round === mostRounds || !isNews) {
      throw new AuthError("refused", `it wants ever more scopes: ${quoted(second.scopes.join(" "))}`);
    }
    extra = union(extra, second.scopes);
  }
}

/** https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization: PKCE is not given up silently. */
function checkPkce(
  { code_challenge_methods_supported: methods, issuer }: AuthorizationServer,
  { oauth }: AuthServer,
): void {
  if ((Array.isArray(methods) && methods.includes("S256")) || oauth.pkce === "unchecked") return;
  const cure = 'if you know that it does, set "pkce": "unchecked" in oauth';
  throw new AuthError(
    "no_pkce",
    `its authorization server ${quoted(issuer)} does not say that it knows PKCE (S256); ${cure}`,
  );
}

/** What the server has wanted before, beside what it says at first. */
function formerWishes({ metadata, resource }: Discovered, grants: readonly Grant[]): readonly string[] {
  return grants.find((one) => one.issuer === metadata.issuer && one.resource === resource)?.wantedScopes ?? [];
}

/** With the scope that gets tokens which can be renewed, where there is one. */
function withRenewal(scopes: readonly string[], { scopes_supported: offered }: AuthorizationServer): readonly string[] {
  const isOffered = Array.isArray(offered) && offered.includes("offline_access");
  return scopes.length > 0 && isOffered ? union(scopes, ["offline_access"]) : scopes;
}

async function askPerson(
  flow: Flow,
  discovered: Discovered,
  scopes: readonly string[],
): Promise<Grant & { readonly tokens: Tokens }> {
  const { server, person, surroundings, store, guarded, over } = flow;
  const { metadata, resource } = discovered;
  const known = knownClient(server, metadata);
  checkIssuer(server, metadata, store.all());
  const registered = store.all().filter((one) => one.issuer === metadata.issuer && one.how === "registered");
  const registeredPorts = registered.map((one) => portOfRedirect(one.redirectUri ?? ""));
  const ports = [server.oauth.callbackPort, ...registeredPorts].filter((port) => port !== undefined);
  const state = surroundings.random(32).toString("base64url");
  const { answer, take } = answerTo(state);
  const callback = await listenForAnswer(ports, take);
  const endPasting = person.paste?.((text) => URL.canParse(text) && take(new URL(text).searchParams));
  try {
    const { redirectUri } = callback;
    const former = known ?? registered.find((one) => one.redirectUri === redirectUri);
    const client = former ?? (await register(metadata, redirectUri, scopes, guarded));
    const grant = grantOf(client, metadata, resource);
    // Before the browser opens, so that a process that dies meanwhile is not registered once more.
    if (former === undefined) await store.keepAlone(grant);
    const verifier = surroundings.random(32).toString("base64url");
    surroundings.learn([verifier]);
    const challenge = await calculatePKCECodeChallenge(verifier);
    person.show(
      authorizationUrl(guarded, metadata, {
        response_type: "code",
        client_id: client.clientId,
        redirect_uri: redirectUri,
        state,
        code_challenge: challenge,
        code_challenge_method: "S256",
        resource,
        ...(scopes.length > 0 && { scope: scopes.join(" ") }),
      }),
    );
    const parameters = checkedAnswer(await Promise.race([answer, over]), metadata, client, state);
    surroundings.learn([parameters.get("code") ?? ""].filter((code) => code !== ""));
    const asked = { metadata, client, parameters, redirectUri, verifier, resource, scopes };
    const tokens = await Promise.race([tokensFor(asked, guarded, surroundings.date()), over]);
    return { ...grant, tokens };
  } finally {
    endPasting?.();
    await callback.stop();
  }
}

/** An id that was configured is for the issuer that it was first used with: another one is not told of it. */
function checkIssuer({ oauth }: AuthServer, { issuer }: AuthorizationServer, grants: readonly Grant[]): void {
  if (oauth.clientId === undefined) return;
  const other = grants.find(({ how, clientId }) => how === "configured" && clientId === oauth.clientId);
  if (other === undefined || other.issuer === issuer) return;
  const cure = "if that is right, sign out of it first";
  throw new AuthError(
    "bad_metadata",
    `its authorization server was ${quoted(other.issuer)}, and is now ${quoted(issuer)}; ${cure}`,
  );
}

function grantOf(client: Registered, metadata: AuthorizationServer, resource: string): Grant {
  const { token_endpoint: tokenEndpoint, revocation_endpoint: revocationEndpoint } = metadata;
  if (tokenEndpoint === undefined || !URL.canParse(tokenEndpoint)) {
    throw new AuthError("bad_metadata", `its authorization server ${quoted(metadata.issuer)} names no token_endpoint`);
  }
  const { how, issuer, clientId, clientSecret, authMethod, redirectUri } = client;
  return {
    ...{ how, issuer, clientId, clientSecret, authMethod, redirectUri, resource, tokenEndpoint },
    ...{ wantedScopes: [], isSpent: false },
    ...(typeof revocationEndpoint === "string" && { revocationEndpoint }),
  };
}

function limitOf({ clock }: AuthSurroundings, limitMs: number, signal: AbortSignal | undefined) {
  let [end, give] = [(): void => {}, (_: string): void => {}];
  const over = new Promise<never>((_, reject) => {
    give = (why) => reject(new AuthError("abandoned", why));
    const timer = clock.after(limitMs, () => give(`nobody has signed in within ${limitMs / 1000} s`));
    const aborted = (): void => give("it was given up");
    signal?.addEventListener("abort", aborted, { once: true });
    if (signal?.aborted === true) aborted();
    end = () => {
      timer.cancel();
      signal?.removeEventListener("abort", aborted);
    };
  });
  over.catch(() => {}); // It may be over when nobody waits for it.
  return { over, end };
}

function summary(grant: Grant, tokens: Tokens, isKept: boolean, byOther: boolean): SignedIn {
  const { issuer, resource, clientId } = grant;
  const { scopes, expiresAt, refreshToken } = tokens;
  return { issuer, resource, clientId, scopes, expiresAt, canRefresh: refreshToken !== undefined, isKept, byOther };
}

function union(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...new Set([...one, ...other])];
}
