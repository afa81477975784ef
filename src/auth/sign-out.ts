import { processRevocationResponse, revocationRequest } from "oauth4webapi";
import type { AuthServer } from "./auth-server.ts";
import type { Grant } from "./grant.ts";
import { type GuardedFetch, guardedFetch } from "./guarded-fetch.ts";
import { clientAuth, sending } from "./registration.ts";
import { Store } from "./store.ts";
import type { AuthSurroundings } from "./surroundings.ts";

/** `had`: there were tokens. `isRevoked`: all of them are worth nothing any more; else they live until they run out. */
export type SignedOut = { readonly had: boolean; readonly isRevoked: boolean };

/**
 * Forgets all that is kept for a server, and has its tokens revoked where their authorization server does that
 * (https://www.rfc-editor.org/rfc/rfc7009). Rejects with an AuthError (`store`) where the file is not one to be read or cannot
 * be written.
 */
export async function signOut(server: AuthServer, surroundings: AuthSurroundings): Promise<SignedOut> {
  const store = new Store(server, surroundings);
  await store.prepare();
  const held = await store.clear();
  const guarded = guardedFetch(server, surroundings);
  try {
    const ends = await Promise.all(held.map((grant) => revoke(grant, guarded)));
    return { had: held.length > 0, isRevoked: held.length > 0 && ends.every((isEnd) => isEnd) };
  } finally {
    guarded.close();
  }
}

async function revoke(grant: Grant, guarded: GuardedFetch): Promise<boolean> {
  const { issuer, clientId, revocationEndpoint, tokens } = grant;
  if (revocationEndpoint === undefined || tokens === undefined) return false;
  const metadata = { issuer, revocation_endpoint: revocationEndpoint };
  const auth = clientAuth(grant);
  try {
    // With the refresh token all that came of it should end; not all servers do so.
    for (const token of [tokens.refreshToken, tokens.accessToken].filter((one) => one !== undefined)) {
      await processRevocationResponse(
        await revocationRequest(metadata, { client_id: clientId }, auth, token, sending(guarded)),
      );
    }
    return true;
  } catch {
    return false; // It is told that they live on.
  }
}
