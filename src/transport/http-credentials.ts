import { createHash, timingSafeEqual } from "node:crypto";

/** A token, of which only hashes are kept: neither of them tells it, nor does one tell the other. */
export type Credential = { readonly digest: Buffer; readonly principal: string };

/** What is kept of `token`. */
export function credentialOf(token: string): Credential {
  return { digest: sha256(token), principal: sha256(`principal of ${token}`).toString("hex").slice(0, 16) };
}

/**
 * Whose the token in an Authorization header is; undefined where it is none of ours. It takes the same time whichever
 * it is, and however much of it is right.
 */
export function principalOf(authorization: string | undefined, credentials: readonly Credential[]): string | undefined {
  const [, token] = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization ?? "") ?? [];
  if (token === undefined) return undefined;
  const digest = sha256(token);
  let found: string | undefined;
  for (const credential of credentials) if (timingSafeEqual(credential.digest, digest)) found = credential.principal;
  return found;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text, "latin1").digest();
}
