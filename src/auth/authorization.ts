import { AuthorizationResponseError, type AuthorizationServer, validateAuthResponse } from "oauth4webapi";
import { AuthError } from "./auth-error.ts";
import type { Registered } from "./grant.ts";
import type { GuardedFetch } from "./guarded-fetch.ts";
import { quoted } from "./surroundings.ts";

/**
 * Where the person is asked; whatever stands in the metadata, it is a web address, none that a program would run, and none
 * to which the server may not send us either: nobody else has the browser ask something here. Throws an AuthError.
 */
export function authorizationUrl(
  { check }: Pick<GuardedFetch, "check">,
  { authorization_endpoint: endpoint, issuer }: AuthorizationServer,
  asked: Readonly<Record<string, string>>,
): string {
  const url = endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  try {
    if (url !== undefined) check(url);
  } catch (cause) {
    const text = `what its authorization server ${quoted(issuer)} names to sign in at is not opened: ${(cause as Error).message}`;
    throw new AuthError("bad_metadata", text, cause);
  }
  if (url === undefined) {
    throw new AuthError("bad_metadata", `its authorization server ${quoted(issuer)} names no address to sign in at`);
  }
  url.hash = "";
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  return url.href;
}

/** What a question with this `state` is answered: `take` is true for the first answer that has it, and for no other. */
export function answerTo(state: string) {
  let bring: ((answer: URLSearchParams) => void) | undefined;
  const answer = new Promise<URLSearchParams>((resolve) => {
    bring = resolve;
  });
  const take = (parameters: URLSearchParams): boolean => {
    const states = parameters.getAll("state");
    if (bring === undefined || states.length !== 1 || states[0] !== state) return false;
    bring(parameters);
    bring = undefined;
    return true;
  };
  return { answer, take };
}

/**
 * Whose the answer is, is known before what it says is believed, or shown. Throws an AuthError.
 * https://www.rfc-editor.org/rfc/rfc9207#section-2.4
 */
export function checkedAnswer(
  answer: URLSearchParams,
  metadata: AuthorizationServer,
  { clientId }: Registered,
  state: string,
): URLSearchParams {
  try {
    // The library takes an empty one for none.
    if (answer.has("iss") && answer.get("iss") !== metadata.issuer) throw new Error("it is another issuer's");
    return validateAuthResponse(metadata, { client_id: clientId }, answer, state);
  } catch (cause) {
    if (!(cause instanceof AuthorizationResponseError)) {
      const text = "the answer that came is not for this sign-in, or not from its authorization server";
      throw new AuthError("bad_answer", text, cause);
    }
    const { error, error_description: description } = cause;
    const said = description === undefined ? error : `${error}: ${description}`;
    throw new AuthError("denied", `its authorization server says ${quoted(said)}`);
  }
}
