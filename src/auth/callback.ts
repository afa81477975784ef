import type { IncomingMessage, ServerResponse } from "node:http";
import { type Listening, systemListener } from "../ports/listener.ts";
import { AuthError } from "./auth-error.ts";

/** Where a browser brings the answer of an authorization server. */
export type Callback = {
  readonly redirectUri: string;
  /** The parameters of the answer, unchecked; the first one that came. Never rejects. */
  readonly answer: Promise<URLSearchParams>;
  readonly stop: () => Promise<void>;
};

const host = "127.0.0.1";
const path = "/callback";
const bounds = {
  headersMs: 10_000,
  requestMs: 10_000,
  keepAliveMs: 1_000,
  maxHeaderBytes: 16 * 1024,
  maxConnections: 16,
  maxPipelined: 1,
  stalledMs: 10_000,
  stopMs: 500,
};
const headers = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  connection: "close",
};

/**
 * Listens for the answer on this machine alone: at one of the `ports`, in order, and where they are taken, or none is wanted,
 * at any that is free (https://www.rfc-editor.org/rfc/rfc8252#section-7.3). Rejects with an AuthError where there is none.
 */
export async function listenForAnswer(ports: readonly number[]): Promise<Callback> {
  let bring = (_: URLSearchParams): void => {};
  const answer = new Promise<URLSearchParams>((resolve) => {
    bring = resolve;
  });
  let authority = "";
  const request = (incoming: IncomingMessage, response: ServerResponse): void => {
    incoming.resume();
    const url =
      URL.canParse(incoming.url ?? "", `http://${authority}`) && new URL(incoming.url ?? "", `http://${authority}`);
    const isAnswer = url && incoming.method === "GET" && url.pathname === path && incoming.headers.host === authority;
    response.writeHead(isAnswer ? 200 : 404, headers);
    // Nothing of what was brought is shown: it may come from anybody.
    response.end(
      isAnswer ? "<p>tutti has the answer. You can close this page and go back to where you signed in from.</p>" : "",
    );
    if (isAnswer) bring(url.searchParams);
  };
  const spoilt = (): string => "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
  const listening = await listenAtOneOf([...ports, 0], { request, spoilt });
  authority = `${host}:${listening.port}`;
  return { redirectUri: `http://${authority}${path}`, answer, stop: listening.stop };
}

/** The port of an address that `listenForAnswer` gave. */
export function portOfRedirect(redirectUri: string): number | undefined {
  return URL.canParse(redirectUri) ? Number(new URL(redirectUri).port) || undefined : undefined;
}

async function listenAtOneOf(
  ports: readonly number[],
  events: Parameters<typeof systemListener.listen>[3],
): Promise<Listening> {
  let last: unknown;
  for (const port of ports) {
    try {
      return await systemListener.listen([host], port, bounds, events);
    } catch (cause) {
      last = cause;
    }
  }
  throw new AuthError("abandoned", `no port of ${host} is free for the answer: ${(last as Error).message}`, last);
}
