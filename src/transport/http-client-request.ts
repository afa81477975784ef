import { type InResponse, NetworkError, type Outbound, type OutExchange, type OutRequest } from "../ports/network.ts";
import { withoutSecrets } from "./http-client-failures.ts";
import { NotSignedIn, type SignIn } from "./http-client-sign-in.ts";

/** Where a server is reached, and what every request to it says. */
export type Remote = {
  readonly url: URL;
  /** The user's own headers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly outbound: Outbound;
  /** Who says who we are, where the user's headers do not. */
  readonly signIn?: SignIn | undefined;
};

export type Asked = Omit<OutRequest, "url">;

const mostRedirects = 3;
/** What each method may be told to do once more elsewhere. */
const followed: Readonly<Record<OutRequest["method"], readonly number[]>> = {
  GET: [301, 302, 303, 307, 308],
  POST: [307, 308],
  DELETE: [307, 308],
};
const longestShown = 200;

/** What belongs to the way of a message, and is not the user's to set. */
const own =
  /^(?:accept|accept-encoding|connection|content-.*|expect|host|keep-alive|last-event-id|mcp-.*|te|trailer|transfer-encoding|upgrade)$/i;

/**
 * Sends one request, with the user's headers beside its own, and as whom we are signed in; once more where another token
 * may help. Follows redirects within the server's origin, a few of them and none that would make it another request;
 * rejects with a `NetworkError` otherwise, and with `NotSignedIn` where only the user can help.
 */
export function ask(remote: Remote, asked: Asked): OutExchange {
  const { signIn } = remote;
  const usual = { ...Object.fromEntries(usersOwn(remote.headers)), ...asked.headers };
  let isAborted = false;
  let current: OutExchange | undefined;
  const abort = (): void => {
    isAborted = true;
    current?.abort();
  };
  const follow = async (headers: Asked["headers"]): Promise<InResponse> => {
    let url = remote.url;
    for (let redirects = 0; ; redirects++) {
      current = remote.outbound.request({ ...asked, headers, url });
      if (isAborted) current.abort();
      const response = await current.response;
      const target = redirectOf(response, url);
      if (target === undefined) return response;
      response.abort();
      const problem = problemOf(target, response.status, remote, asked.method, redirects);
      if (problem !== undefined) throw new NetworkError(problem, false);
      url = target;
    }
  };
  const askAs = async ({ authorization, accepted, again }: SignIn): Promise<InResponse> => {
    for (let isRepeated = false; ; isRepeated = true) {
      const given = authorization();
      // Without a wait where there is none: what is sent first goes first.
      const sent = given instanceof Promise ? await given : given;
      const response = await follow(sent === undefined ? usual : { ...usual, authorization: sent });
      const { status } = response;
      if (status < 400) accepted(sent);
      if (status !== 401 && status !== 403) return response;
      const challenge = response.header("www-authenticate");
      const outcome = await again({ status, challenge, sent, isRepeated });
      if (outcome === undefined) return response;
      response.abort();
      if (outcome !== "again") throw new NotSignedIn(outcome);
    }
  };
  return { response: signIn === undefined ? follow(usual) : askAs(signIn), abort };
}

/** Those of the user's headers that are the user's to set. */
function usersOwn(headers: Remote["headers"]): [string, string][] {
  return Object.entries(headers).filter(([name]) => !own.test(name));
}

function redirectOf({ status, header }: InResponse, from: URL): URL | undefined {
  const location = status >= 300 && status < 400 && status !== 304 ? header("location") : undefined;
  return location !== undefined && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
}

function problemOf(
  target: URL,
  status: number,
  remote: Remote,
  method: OutRequest["method"],
  redirects: number,
): string | undefined {
  const place = withoutSecrets(`${target.protocol}//${target.host}${target.pathname}`, remote);
  const shown = place.slice(0, longestShown);
  const where = `it redirects with HTTP ${status} to ${shown}`;
  if (target.origin !== remote.url.origin)
    return `${where}, which is another server: if that is right, put it into url`;
  if (!followed[method].includes(status)) return `${where}, where a message cannot follow: put that into url`;
  return redirects >= mostRedirects ? `${where}, after ${mostRedirects} redirects before that` : undefined;
}
