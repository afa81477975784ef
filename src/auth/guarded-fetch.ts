import { isRefused } from "../ports/connect.ts";
import { describeBreak, type InResponse, NetworkError, systemOutbound } from "../ports/network.ts";
import { type Zone, zoneOf, zoneOfHost } from "../ports/zones.ts";
import { AuthError } from "./auth-error.ts";
import type { AuthServer } from "./auth-server.ts";
import type { AuthSurroundings } from "./surroundings.ts";

export type GuardedRequest = {
  readonly method: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Nobody reads the body, which may have no end. */
  readonly isHeadEnough?: boolean;
};

/** Requests to whatever address a server, or its authorization server, has named. */
export type GuardedFetch = {
  /** Throws an AuthError where an address is, as it is written, none that the server may send anybody to. */
  readonly check: (url: URL) => void;
  /** Rejects with an AuthError of one line. */
  readonly fetch: (url: string | URL, request: GuardedRequest) => Promise<Response>;
  /** Ends all that is under way. */
  readonly close: () => void;
};

const mostBytes = 256 * 1024;
const limitMs = 10_000;
const mostRedirects = 3;

/** Where a server may send us: never to where it does not itself stand, nor to any of the others. */
const reachable: Readonly<Record<Zone, readonly Zone[]>> = {
  public: ["public"],
  private: ["public", "private"],
  loopback: ["public", "private", "loopback"],
  "link-local": ["public", "link-local"],
  unusable: [],
};

/**
 * Requests on a server's behalf that go to no address which the server could not reach from where it stands: a public one
 * never makes us ask something inside. Its own origin is the user's to answer for, and so are `oauth.origins`; for all
 * others each address of the name is checked, and the one checked is connected to. https, except where the server is this
 * machine; redirects within the origin, at most three; 256 KiB; 10 s. No cookies.
 */
export function guardedFetch({ url: server, oauth }: AuthServer, surroundings: AuthSurroundings): GuardedFetch {
  const { env, caFiles, clock } = surroundings;
  const { origins = [] } = oauth;
  const ownZone = zoneOfHost(server.hostname) ?? "public";
  const isAllowed = ({ origin }: URL): boolean => origin === server.origin || origins.includes(origin);
  const refuse = (url: URL, address: string): string | undefined => {
    const zone = zoneOf(address);
    if (isAllowed(url) || reachable[ownZone].includes(zone)) return undefined;
    return `it leads to ${url.host}, whose address ${address} is ${zone}; if that is right, put "${url.origin}" into oauth.origins`;
  };
  const outbound = systemOutbound({ env, caFiles, connectMs: limitMs, refuse });
  const check = (url: URL): void => {
    const { protocol, username, password, hostname, origin } = url;
    const host = zoneOfHost(hostname);
    const isPlainAllowed = (ownZone === "loopback" && host === "loopback") || origins.includes(origin);
    if (protocol !== "https:" && !(protocol === "http:" && isPlainAllowed)) {
      throw new AuthError("unsafe_address", `it leads to ${origin === "null" ? protocol : origin}, which is not https`);
    }
    if (username !== "" || password !== "")
      throw new AuthError("unsafe_address", "it leads to an address with a login");
    // Not looked up, so nothing else sees it.
    const problem = host === undefined ? undefined : refuse(url, host === "loopback" ? "127.0.0.1" : hostname);
    if (problem !== undefined) throw new AuthError("unsafe_address", problem);
  };
  const once = async (url: URL, request: GuardedRequest): Promise<Response | URL> => {
    check(url);
    const exchange = outbound.request({ ...request, url, headers: request.headers ?? {}, maxUnpackedBytes: mostBytes });
    let isLate = false;
    let abort = exchange.abort;
    const timer = clock.after(limitMs, () => {
      isLate = true;
      abort();
    });
    try {
      const response = await exchange.response;
      abort = response.abort;
      const target = redirectOf(response, url);
      if (target !== undefined || request.isHeadEnough === true) response.abort();
      if (target !== undefined) return target;
      return toResponse(response, request.isHeadEnough === true ? Buffer.alloc(0) : await bodyOf(response));
    } catch (cause) {
      if (isLate) throw new AuthError("unreachable", `${url.host} did not answer within ${limitMs / 1000} s`, cause);
      throw cause instanceof AuthError ? cause : unanswered(cause);
    } finally {
      timer.cancel();
    }
  };
  return {
    check,
    fetch: async (address, request) => {
      let url = new URL(address);
      for (let redirects = 0; ; redirects++) {
        const answer = await once(url, request);
        if (!(answer instanceof URL)) return answer;
        const isFollowed = request.method === "GET" && answer.origin === url.origin && redirects < mostRedirects;
        if (!isFollowed) throw new AuthError("unsafe_address", `${url.host} redirects to ${answer.origin}`);
        url = answer;
      }
    },
    close: () => outbound.close(),
  };
}

function redirectOf({ status, header }: InResponse, from: URL): URL | undefined {
  const location = [301, 302, 303, 307, 308].includes(status) ? header("location") : undefined;
  return location !== undefined && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
}

async function bodyOf(response: InResponse): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > mostBytes) {
      response.abort();
      throw new AuthError("unsafe_address", `its answer has over ${mostBytes / 1024} KiB`);
    }
  }
  return Buffer.concat(chunks);
}

function toResponse({ status, header }: InResponse, body: Buffer): Response {
  const kept = ["content-type", "www-authenticate"].flatMap((name): [string, string][] => {
    const value = header(name);
    return value === undefined ? [] : [[name, value]];
  });
  // Others have no body, or are none that a Response can have.
  const isUsual = status >= 200 && status <= 599 && ![204, 205, 304].includes(status);
  return new Response(isUsual ? new Uint8Array(body) : null, {
    status: isUsual || status === 204 ? status : 502,
    headers: kept,
  });
}

function unanswered(cause: unknown): AuthError {
  const text = cause instanceof NetworkError ? cause.message : describeBreak(cause as Error);
  return new AuthError(isRefused(cause) ? "unsafe_address" : "unreachable", text, cause);
}

/** A `fetch` as the library wants it. */
export type PlainFetch = (
  url: string,
  request: { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly body?: unknown },
) => Promise<Response>;

/** The same, in the form in which the library sends. An error is in the body, whatever challenge stands beside it. */
export function plainFetch(guarded: GuardedFetch): PlainFetch {
  return async (url, { method, headers, body }) => {
    const text = body === undefined || body === null ? {} : { body: String(body) };
    const response = await guarded.fetch(url, { method: method === "POST" ? "POST" : "GET", headers, ...text });
    response.headers.delete("www-authenticate");
    return response;
  };
}
