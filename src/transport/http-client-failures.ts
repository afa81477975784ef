import { type InResponse, NetworkError } from "../ports/network.ts";
import { harmless } from "../process/harmless.ts";
import type { LinkFailure } from "./link.ts";

const longestQuote = 200;
const shortestSecret = 6;

/** Refusals that come before anything is done: of the request's form, its sender, or their number. */
const undone: ReadonlySet<number> = new Set([
  400, 401, 402, 403, 404, 405, 406, 407, 411, 412, 413, 414, 415, 417, 421, 422, 426, 428, 429, 431, 501, 505,
]);

/** Why a request had no response. */
export function networkFailure(cause: unknown): LinkFailure {
  const isSent = !(cause instanceof NetworkError) || cause.isSent;
  const text = cause instanceof Error ? cause.message : String(cause);
  return { code: isSent ? "connection_lost" : "unavailable", text, mayHaveRun: isSent };
}

/** Why a request was answered so, and with no reply; `body` is how that answer begins. */
export function statusFailure(
  response: InResponse,
  body: string,
  headers: Readonly<Record<string, string>>,
): LinkFailure {
  const { status } = response;
  const said = body.trim() === "" ? "" : `: ${quoted(body, headers)}`;
  if (status === 401 || status === 403) {
    const isGiven = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
    const cure = isGiven ? "it does not accept the Authorization in headers" : "give it an Authorization in headers";
    return { code: "login_required", text: `it answered with HTTP ${status}${said}; ${cure}`, mayHaveRun: false };
  }
  const wait = retryAfter(response);
  // What stands before a server says 503 too, of one that it had asked already.
  const mayHaveRun = !undone.has(status) && !(status === 503 && wait !== "") && !(status >= 300 && status < 400);
  const text = `it answered with HTTP ${status}${wait}${said}`;
  return { code: mayHaveRun ? "bad_reply" : "unavailable", text, mayHaveRun };
}

/** How a server's text begins, in one line, without what was sent to it in confidence. */
export function quoted(text: string, headers: Readonly<Record<string, string>>): string {
  const secrets = Object.values(headers)
    .flatMap((value) => [value, ...value.split(" ")])
    .filter((value) => value.length >= shortestSecret)
    .sort((one, other) => other.length - one.length);
  const shown = secrets.reduce((all, secret) => all.replaceAll(secret, "[secret]"), text);
  const line = harmless(shown.replace(/\s+/g, " ").trim());
  return JSON.stringify(line.length > longestQuote ? `${line.slice(0, longestQuote - 1)}…` : line);
}

function retryAfter({ header }: InResponse): string {
  const value = header("retry-after");
  if (value === undefined) return "";
  if (/^\d+$/.test(value)) return value.length > 6 ? " (not before many days)" : ` (not before ${value} s)`;
  return /^[\w ,:]{1,40}$/.test(value) ? ` (not before ${value})` : "";
}
