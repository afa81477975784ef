import type { IncomingMessage, ServerResponse } from "node:http";
import { type Listening, systemListener } from "../ports/listener.ts";
import { AuthError } from "./auth-error.ts";

/** Where a browser brings the answer of an authorization server. */
export type Callback = {
  readonly redirectUri: string;
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

const thanks = "<p>tutti has the answer. You can close this page and go back to where you signed in from.</p>";

/**
 * Listens for the answer on this machine alone: at one of the `ports`, in order, and where they are taken, or none is wanted,
 * at any that is free (https://www.rfc-editor.org/rfc/rfc8252#section-7.3). `take` says of what is brought whether it is the
 * answer: others, which anybody on this machine and any page can bring, change nothing. Rejects with an AuthError where no
 * port is free.
 */
export async function listenForAnswer(
  ports: readonly number[],
  take: (parameters: URLSearchParams) => boolean,
): Promise<Callback> {
  let authority = "";
  const request = (incoming: IncomingMessage, response: ServerResponse): void => {
    incoming.resume();
    const base = `http://${authority}`;
    const url = URL.canParse(incoming.url ?? "", base) ? new URL(incoming.url ?? "", base) : undefined;
    const isHere = incoming.method === "GET" && url?.pathname === path && incoming.headers.host === authority;
    const isAnswer = isHere && take(url.searchParams);
    response.writeHead(isAnswer ? 200 : isHere ? 400 : 404, headers);
    // Nothing of what was brought is shown: it may come from anybody.
    response.end(isAnswer ? thanks : isHere ? "<p>This is no answer that tutti waits for.</p>" : "");
  };
  const spoilt = (): string => "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
  const listening = await listenAtOneOf([...ports, 0], { request, spoilt });
  authority = `${host}:${listening.port}`;
  return { redirectUri: `http://${authority}${path}`, stop: listening.stop };
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
