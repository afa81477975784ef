import { type InResponse, NetworkError } from "../ports/network.ts";
import { harmless } from "../process/harmless.ts";
import { NotSignedIn, type SignIn } from "./http-client-sign-in.ts";
import type { LinkFailure } from "./link.ts";

const longestQuote = 200;
const shortestSecret = 6;

/** Refusals that come before anything is done: of the request's form, its sender, or their number. */
const undone: ReadonlySet<number> = new Set([
  400, 401, 402, 403, 404, 405, 406, 407, 411, 412, 413, 414, 415, 417, 421, 422, 426, 428, 429, 431, 501, 505,
]);

/** Why a request had no response. */
export function networkFailure(cause: unknown): LinkFailure {
  if (cause instanceof NotSignedIn) return cause.failure;
  const isSent = !(cause instanceof NetworkError) || cause.isSent;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (isSent) return { code: "connection_lost", text, mayHaveRun: true };
  // What we have refused to do ourselves has no cause of the system's, and stays refused.
  const isUnreachable = cause.cause !== undefined;
  return { code: "unavailable", text, mayHaveRun: false, ...(isUnreachable && { isUnreachable }) };
}

/** Whom a request went to, and what it said in confidence. */
export type Addressee = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Who says who we are, where `headers` do not. */
  readonly signIn?: SignIn | undefined;
};

/** Why a request was answered so, and with no reply; `body` is how that answer begins. */
export function statusFailure(response: InResponse, body: string, addressee: Addressee): LinkFailure {
  const { status } = response;
  const { headers, signIn } = addressee;
  const said = body.trim() === "" ? "" : `: ${quoted(body, addressee)}`;
  if (status === 401 || status === 403) {
    const isGiven = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
    const isInUrl = addressee.url.username !== "" || addressee.url.password !== "";
    const cure = isGiven
      ? "it does not accept the Authorization in headers of servers.json"
      : isInUrl
        ? "it does not accept the user and password in url of servers.json"
        : (signIn?.cure() ?? "give it an Authorization in headers");
    return { code: "login_required", text: `it answered with HTTP ${status}${said}; ${cure}`, mayHaveRun: false };
  }
  const wait = retryAfter(response);
  // What stands before a server says 503 too, of one that it had asked already.
  const mayHaveRun = !undone.has(status) && !(status === 503 && wait !== "") && !(status >= 300 && status < 400);
  const text = `it answered with HTTP ${status}${wait}${said}`;
  const failure: LinkFailure = { code: mayHaveRun ? "bad_reply" : "unavailable", text, mayHaveRun };
  const retryAfterMs = status === 429 || status === 503 ? pauseIn(response) : undefined;
  return retryAfterMs === undefined ? failure : { ...failure, retryAfterMs };
}

/** How a server's text begins, in one line, without what was sent to it in confidence. */
export function quoted(text: string, addressee: Addressee): string {
  const line = harmless(withoutSecrets(text, addressee).replace(/\s+/g, " ").trim());
  return JSON.stringify(line.length > longestQuote ? `${line.slice(0, longestQuote - 1)}…` : line);
}

/** What a server says, without what was sent to it in confidence: in headers, or beside the path of its address. */
export function withoutSecrets(text: string, { url, headers }: Addressee): string {
  const secrets = [...Object.values(headers).flatMap((value) => [value, ...value.split(" ")]), ...secretsIn(url)]
    .filter((value) => value.length >= shortestSecret)
    .sort((one, other) => other.length - one.length);
  return secrets.reduce((all, secret) => all.replaceAll(secret, "[secret]"), text);
}

function secretsIn({ username, password, search, searchParams }: URL): readonly string[] {
  const login = [username, password].map(decoded);
  const inQuery = search.slice(1).split("&");
  return [
    ...[password, decoded(password)],
    ...(password === "" ? [] : [Buffer.from(login.join(":")).toString("base64")]),
    ...inQuery.map((one) => one.slice(one.indexOf("=") + 1)),
    ...searchParams.values(),
  ];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** In seconds, or until a date by the server's own clock, which is not ours. https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function pauseIn({ header }: InResponse): number | undefined {
  const value = header("retry-after") ?? "";
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  const pauseMs = dateIn(value) - dateIn(header("date") ?? "");
  return Number.isNaN(pauseMs) ? undefined : Math.max(pauseMs, 0);
}

/** In ms since 1970; NaN where it is none. https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
function dateIn(text: string): number {
  const isDate = /^[A-Z][a-z]{2,8},? [\w: -]{15,30}$/.test(text);
  return isDate ? Date.parse(text.endsWith(" GMT") ? text : `${text} GMT`) : Number.NaN;
}

function retryAfter({ header }: InResponse): string {
  const value = header("retry-after");
  if (value === undefined) return "";
  if (/^\d+$/.test(value)) return value.length > 6 ? " (not before many days)" : ` (not before ${value} s)`;
  return /^[\w ,:-]{1,40}$/.test(value) ? ` (not before ${value})` : "";
}
