import { type Credential, principalOf } from "./http-credentials.ts";
import { accepts, isJson } from "./http-media.ts";

/** The head of a request as it came. Names of headers in lower case, each value on its own. */
export type Head = {
  readonly method: string;
  readonly target: string;
  /** "1.1" and the like. */
  readonly version: string;
  readonly headers: Headers;
  /** Where it came in. */
  readonly localAddress: string;
  readonly localPort: number;
};

export type Headers = ReadonlyMap<string, readonly string[]>;

/** What decides over a request. */
export type Rules = {
  /** What may stand in Host before the port, in lower case. */
  readonly names: readonly string[];
  /** Whether the address at which a request came in may stand there as well. */
  readonly isAddressAllowed: boolean;
  /** Whole values of Host that are allowed beside those, in lower case. */
  readonly hosts: ReadonlySet<string>;
  /** In lower case. */
  readonly origins: ReadonlySet<string>;
  /** Empty: nobody is asked who it is. */
  readonly credentials: readonly Credential[];
  readonly maxBodyBytes: number;
};

export type Refusal = {
  readonly status: number;
  /** One line: what is wrong, and the cure. Nothing of the request stands in it. */
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Call = {
  readonly method: "POST" | "GET" | "DELETE";
  readonly path: "/mcp" | "/mcp/lazy";
  readonly principal: string;
};

export type Verdict =
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "health" }
  | { readonly kind: "readiness" }
  | { readonly kind: "preflight"; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "call"; readonly call: Call };

/** More fields than any client sends. */
const mostFields = 200;

const methods: readonly string[] = ["POST", "GET", "DELETE"] satisfies Call["method"][];
const paths: readonly string[] = ["/mcp", "/mcp/lazy"] satisfies Call["path"][];
const probes: ReadonlyMap<string, "health" | "readiness"> = new Map([
  ["/healthz", "health"],
  ["/readyz", "readiness"],
]);

/** Headers that pages of allowed origins may send; beside them `mcp-param-…`. */
const headersOfPages: ReadonlySet<string> = new Set([
  "accept",
  "authorization",
  "content-type",
  "last-event-id",
  "mcp-method",
  "mcp-name",
  "mcp-protocol-version",
  "mcp-session-id",
]);

/** The headers of a request as Node gives them: name, value, name, … */
export function readHeaders(raw: readonly string[]): Headers {
  const headers = new Map<string, string[]>();
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] as string).toLowerCase();
    const value = raw[index + 1] as string;
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value]);
    else values.push(value);
  }
  return headers;
}

/** Whether only programs on this machine reach what listens at `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Whether the body of a request is still to come when its head has. */
export function hasBody(headers: Headers): boolean {
  return headers.has("transfer-encoding") || Number(headers.get("content-length")?.[0] ?? 0) > 0;
}

/** What a page of an allowed origin needs to read the answer; nothing for everybody else. */
export function sharing(headers: Headers, { origins }: Rules): Readonly<Record<string, string>> {
  const origin = originOf(headers);
  if (origin === undefined || !origins.has(origin)) return {};
  return {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": "Mcp-Session-Id, WWW-Authenticate",
    vary: "Origin",
  };
}

/**
 * Decides over a request by its head alone, before anything of its body is read. What is refused here is seen by nobody
 * else: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning.
 */
export function judge(head: Head, rules: Rules): Verdict {
  // The parser lets through 0.9 and 2.0 as well: https://www.rfc-editor.org/rfc/rfc9110#section-15.6.6.
  if (head.version !== "1.1" && head.version !== "1.0") return refused(505, "Use HTTP/1.1.");
  const { path, authority } = placeOf(head.target);
  const probe = probes.get(path);
  if (probe === undefined && !paths.includes(path)) {
    return refused(404, "There is nothing here: tutti serves MCP at /mcp and at /mcp/lazy.");
  }
  const misdirected = tooMany(head) ?? wrongHost(head, authority, rules);
  const foreign = misdirected ?? wrongOrigin(head.headers, rules);
  if (foreign !== undefined) return { kind: "refused", refusal: foreign };
  if (probe !== undefined) return judgeProbe(head, probe);
  // A preflight brings no token: https://fetch.spec.whatwg.org/#cors-preflight-fetch.
  if (isPreflight(head, rules)) return { kind: "preflight", headers: permission(head.headers) };
  const principal = whoAsks(head.headers, rules);
  if (typeof principal !== "string") return { kind: "refused", refusal: principal };
  const refusal = ambiguous(head.headers) ?? wrongMethod(head, rules) ?? wrongContent(head, rules);
  if (refusal !== undefined) return { kind: "refused", refusal };
  return { kind: "call", call: { method: head.method, path, principal } as Call };
}

function judgeProbe({ method, headers }: Head, probe: "health" | "readiness"): Verdict {
  if (method !== "GET" && method !== "HEAD") return refused(405, "Ask with GET.", { allow: "GET, HEAD" });
  if (hasBody(headers)) return refused(400, "A GET has no body.");
  return { kind: probe };
}

/** Path and, of a target in absolute form, authority; the query means nothing to us. */
function placeOf(target: string): { readonly path: string; readonly authority: string | undefined } {
  const [, authority, path = ""] = /^(?:http:\/\/([^/?#]*))?([^?]*)/i.exec(target) ?? [];
  return { path, authority: authority?.toLowerCase() };
}

function tooMany({ headers }: Head): Refusal | undefined {
  let fields = 0;
  for (const values of headers.values()) fields += values.length;
  return fields > mostFields ? { status: 431, text: `More than ${mostFields} header fields: send fewer.` } : undefined;
}

function wrongHost({ headers, localAddress, localPort }: Head, authority: string | undefined, rules: Rules) {
  const [host, ...others] = headers.get("host") ?? [];
  // https://www.rfc-editor.org/rfc/rfc9112#section-3.2
  if (host === undefined || others.length > 0) return { status: 400, text: "Send exactly one Host header." };
  const said = host.toLowerCase();
  const names = rules.isAddressAllowed ? [...rules.names, bracketed(localAddress)] : rules.names;
  const isOurs = names.some((name) => said === `${name}:${localPort}` || (localPort === 80 && said === name));
  if ((isOurs || rules.hosts.has(said)) && (authority === undefined || authority === said)) return undefined;
  return {
    status: 403,
    text: "This Host is not one that tutti serves: use the address it prints at its start, or allow the host in its configuration.",
  };
}

/** An address as it stands in Host. One of IPv4 may come in the clothes of IPv6. */
export function bracketed(address: string): string {
  const bare = address.replace(/^::ffff:(?=[\d.]+$)/, "");
  return bare.includes(":") ? `[${bare}]` : bare;
}

function originOf(headers: Headers): string | undefined {
  const [origin, ...others] = headers.get("origin") ?? [];
  return others.length > 0 ? undefined : origin?.toLowerCase();
}

function wrongOrigin(headers: Headers, { origins }: Rules): Refusal | undefined {
  const origin = originOf(headers);
  // A page of ours is as good as we are: nobody else can have the address that Host was found to name.
  const [host = ""] = headers.get("host") ?? [];
  if (origin !== undefined && (origins.has(origin) || origin === `http://${host.toLowerCase()}`)) return undefined;
  // Browsers leave Origin out of some requests, but say of each where it came from: https://www.w3.org/TR/fetch-metadata/.
  const sites = headers.get("sec-fetch-site") ?? [];
  const isFromElsewhere = sites.some((site) => site !== "same-origin" && site !== "none");
  if (!headers.has("origin") && !isFromElsewhere) return undefined;
  return { status: 403, text: "Web pages of this origin may not call tutti: allow the origin in its configuration." };
}

function isPreflight({ method, headers }: Head, { origins }: Rules): boolean {
  const origin = originOf(headers);
  const isAsking = method === "OPTIONS" && headers.has("access-control-request-method");
  return isAsking && origin !== undefined && origins.has(origin) && !hasBody(headers);
}

function permission(headers: Headers): Readonly<Record<string, string>> {
  const asked = (headers.get("access-control-request-headers") ?? []).join(",").toLowerCase().split(",");
  const names = asked.map((name) => name.trim());
  const allowed = names.filter((name) => headersOfPages.has(name) || /^mcp-param-[\w-]+$/.test(name));
  return {
    "access-control-allow-methods": methods.join(", "),
    "access-control-allow-headers": allowed.join(", "),
    "access-control-max-age": "600",
  };
}

/** Who asks; a refusal where that is to be known and is not. https://www.rfc-editor.org/rfc/rfc6750#section-3 */
function whoAsks(headers: Headers, { credentials }: Rules): string | Refusal {
  if (credentials.length === 0) return "";
  const [authorization, ...others] = headers.get("authorization") ?? [];
  if (others.length > 0) return { status: 400, text: "Send one Authorization header." };
  const principal = principalOf(authorization, credentials);
  if (principal !== undefined) return principal;
  const problem = authorization === undefined ? "" : `, error="invalid_token"`;
  return {
    status: 401,
    text: "tutti wants a token that it knows: send it as Authorization: Bearer TOKEN.",
    headers: { "www-authenticate": `Bearer realm="tutti"${problem}` },
  };
}

/** What comes twice could be read as one by us and as the other by a proxy. */
function ambiguous(headers: Headers): Refusal | undefined {
  const singles = ["authorization", "content-type", "content-length", "last-event-id", "sec-fetch-site", "expect"];
  for (const [name, values] of headers) {
    const isSingle = singles.includes(name) || name.startsWith("mcp-");
    if (isSingle && values.length > 1) return { status: 400, text: "A header that counts comes twice: send it once." };
  }
  return undefined;
}

function wrongMethod({ method }: Head, { origins }: Rules): Refusal | undefined {
  if (methods.includes(method)) return undefined;
  const allow = [...methods, ...(origins.size > 0 ? ["OPTIONS"] : [])].join(", ");
  return { status: 405, text: `MCP uses ${methods.join(", ")}.`, headers: { allow } };
}

function wrongContent(head: Head, rules: Rules): Refusal | undefined {
  const { method, headers, version } = head;
  const expect = headers.get("expect")?.[0]?.toLowerCase();
  if (version === "1.1" && expect !== undefined && expect !== "100-continue") {
    return { status: 417, text: "Expect nothing but 100-continue." };
  }
  if (method === "POST") return wrongFraming(head) ?? wrongMedia(headers, rules);
  if (hasBody(headers)) return { status: 400, text: `A ${method} has no body.` };
  if (method === "DELETE" || accepts(headers.get("accept"), "text/event-stream")) return undefined;
  return { status: 406, text: "A GET opens a stream: send Accept: text/event-stream." };
}

function wrongFraming({ version, headers }: Head): Refusal | undefined {
  const coding = headers.get("transfer-encoding")?.join(",").toLowerCase();
  if (coding === undefined)
    return hasBody(headers) ? undefined : { status: 400, text: "A POST has a body: one message." };
  // https://www.rfc-editor.org/rfc/rfc9112#section-6.1
  if (version !== "1.1" || headers.has("content-length"))
    return { status: 400, text: "The body's length is ambiguous." };
  return coding === "chunked" ? undefined : { status: 501, text: "Use no transfer coding but chunked." };
}

function wrongMedia(headers: Headers, { maxBodyBytes }: Rules): Refusal | undefined {
  if (!isJson(headers.get("content-type")?.[0])) {
    return { status: 415, text: "Send JSON in UTF-8, as Content-Type: application/json." };
  }
  if ((headers.get("content-encoding") ?? []).some((coding) => coding.toLowerCase() !== "identity")) {
    return { status: 415, text: "Send the body uncompressed.", headers: { "accept-encoding": "identity" } };
  }
  const accept = headers.get("accept");
  if (!accepts(accept, "application/json") || !accepts(accept, "text/event-stream")) {
    return { status: 406, text: "Send Accept: application/json, text/event-stream." };
  }
  if (Number(headers.get("content-length")?.[0] ?? 0) > maxBodyBytes) return tooLong(maxBodyBytes);
  return undefined;
}

/** The refusal of a body that is too long. */
export function tooLong(maxBodyBytes: number): Refusal {
  return { status: 413, text: `The body is longer than ${maxBodyBytes} bytes: send less at once.` };
}

function refused(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Verdict {
  return { kind: "refused", refusal: { status, text, headers } };
}
