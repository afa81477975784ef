/**
 * Why signing in, or out, came to nothing. The list is closed.
 *
 * - `not_offered`: the server names nobody with whom one could sign in.
 * - `bad_metadata`: what it, or its authorization server, says of itself cannot be used.
 * - `unsafe_address`: it leads to where tutti does not go.
 * - `no_pkce`: its authorization server does not say that it knows PKCE with S256.
 * - `no_client`: its authorization server registers nobody, and no `oauth.clientId` is configured.
 * - `denied`: the authorization server, or the person before it, says no.
 * - `bad_answer`: an answer came that belongs to no question of ours, or cannot be read.
 * - `abandoned`: it took too long, or was given up.
 * - `refused`: the server does not take the token that it was signed in for.
 * - `unreachable`: there was no answer.
 * - `store`: the file of tokens is not one that tutti reads or writes.
 */
export type AuthErrorCode =
  | "not_offered"
  | "bad_metadata"
  | "unsafe_address"
  | "no_pkce"
  | "no_client"
  | "denied"
  | "bad_answer"
  | "abandoned"
  | "refused"
  | "unreachable"
  | "store";

/** Signing in or out has failed. The message is one line that begins in lower case, without the server's name. */
export class AuthError extends Error {
  override readonly name = "AuthError";
  readonly code: AuthErrorCode;

  constructor(code: AuthErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
