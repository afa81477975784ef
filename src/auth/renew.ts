import { AuthError } from "./auth-error.ts";
import type { AuthServer } from "./auth-server.ts";
import { type Grant, isNewer } from "./grant.ts";
import { guardedFetch } from "./guarded-fetch.ts";
import type { Store } from "./store.ts";
import type { AuthSurroundings } from "./surroundings.ts";
import { renewed } from "./tokens.ts";

/** What is there after a renewal; `isKept`: whether it could be written. */
export type Renewed = { readonly grant: Grant | undefined; readonly isKept: boolean };

/**
 * Renews the tokens of `held`, with one request of all processes of the user: whoever comes later takes what the first one
 * got. A refusal counts only where nobody else has got others meanwhile; then they are marked as spent, and kept. Rejects
 * with an AuthError where it may succeed at another time.
 */
export async function renew(
  server: AuthServer,
  surroundings: AuthSurroundings,
  store: Store,
  held: Grant,
): Promise<Renewed> {
  const lock = await store.lock("refresh");
  if (lock === undefined) throw new AuthError("abandoned", "another tutti is still renewing its tokens");
  const guarded = guardedFetch(server, surroundings);
  try {
    const stored = store.current();
    // Somebody has signed out.
    if (stored === undefined) return { grant: undefined, isKept: true };
    // What could not be written is newer than what is there.
    const current = isNewer(held, stored) ? held : stored;
    const { tokens, isSpent } = current;
    if (isOther(current, held) || tokens === undefined || isSpent) return { grant: current, isKept: true };
    const outcome = await renewed(current, tokens, guarded, surroundings.date());
    if (typeof outcome === "object") {
      const grant = { ...current, tokens: outcome, isSpent: false };
      return { grant, isKept: await store.keep(grant) };
    }
    const after = store.current() ?? held;
    if (isNewer(after, held)) return { grant: after, isKept: true };
    // Who is not known there any more registers anew.
    const spent = { ...current, isSpent: true, ...(outcome === "unknown_client" && { redirectUri: undefined }) };
    return { grant: spent, isKept: await store.keep(spent) };
  } finally {
    guarded.close();
    await lock.release();
  }
}

function isOther(one: Grant, other: Grant): boolean {
  return (
    one.tokens?.accessToken !== other.tokens?.accessToken || one.tokens?.refreshToken !== other.tokens?.refreshToken
  );
}
