import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { Grants, type Issued } from "./grants.ts";

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** What an authorization server does otherwise than a good one. All of it can be changed while it runs. */
export type AuthFaults = {
  /** The metadata as it is sent; a string: these bytes. */
  metadata?: (metadata: Json) => Json | string;
  /** Paths at which there is metadata, of those where a client may look. Default: RFC 8414's and OpenID's. */
  metadataAt?: (path: string) => boolean;
  /** Where the browser is sent instead of back to the client with a code. */
  authorize?: (back: URL, asked: URLSearchParams) => URL;
  /** The answer to a registration: the status and the body. */
  register?: (asked: Json) => readonly [number, Json] | undefined;
  /** The answer to a token request instead of the right one. Tokens are not issued then. */
  tokenRefusal?: (asked: URLSearchParams) => readonly [number, Json] | undefined;
  /** The right answer to a token request as it is sent; its tokens are issued whatever is made of it. */
  tokenReply?: (reply: Json, asked: URLSearchParams) => Json | string;
  /** What happens when tokens are issued, and their client does not have them yet. */
  beforeReply?: (asked: URLSearchParams) => unknown;
  /** Any request at all, answered by whoever gives true. */
  intercept?: (request: AuthRequest, response: ServerResponse) => boolean;
};

/** One request that came. */
export type AuthRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
};

export type AuthorizationServer = {
  readonly origin: string;
  readonly issuer: string;
  readonly grants: Grants;
  /** Empty: a good server. */
  readonly faults: AuthFaults;
  /** All requests, in order. */
  readonly requests: readonly AuthRequest[];
  readonly counts: {
    /** Times that a browser came to ask the user. */
    prompts: number;
    registrations: number;
    /** Token requests by grant type. */
    codes: number;
    refreshes: number;
    revocations: number;
  };
  /** Takes a client that was made known by hand, or by the document at its URL. */
  readonly know: (clientId: string, redirectUris: readonly string[], secret?: string) => void;
  /** For how long access tokens are said to live. */
  lifeSeconds: number;
  readonly stop: () => void;
};

type Client = { readonly redirectUris: readonly string[]; readonly secret: string | undefined };

/** Starts a good authorization server at a free port of 127.0.0.1, with nobody but the test to ask. It ends with the test. */
export async function authorizationServer(
  faults: AuthFaults = {},
  { issuerPath = "", port = 0 }: { readonly issuerPath?: string; readonly port?: number } = {},
): Promise<AuthorizationServer> {
  const clients = new Map<string, Client>();
  const requests: AuthRequest[] = [];
  const grants = new Grants();
  const counts = { prompts: 0, registrations: 0, codes: 0, refreshes: 0, revocations: 0 };

  const routes: Readonly<Record<string, (request: AuthRequest, response: ServerResponse) => unknown>> = {
    "GET /authorize": authorize,
    "POST /token": token,
    "POST /register": register,
    "POST /revoke": revoke,
  };
  const server = createServer((incoming, response) => {
    void (async () => {
      const request = await read(incoming);
      requests.push(request);
      if (faults.intercept?.(request, response)) return;
      const answer = routes[`${request.method} ${request.path}`];
      if (answer !== undefined) await answer(request, response);
      else if (request.method === "GET" && isMetadataPath(request.path)) sendMetadata(response);
      else json(response, 404, { error: "not_found" });
    })().catch((cause: unknown) => response.destroy(cause as Error));
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(stop);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `${origin}${issuerPath}`;
  const self: AuthorizationServer = {
    origin,
    issuer,
    grants,
    faults,
    requests,
    counts,
    know: (clientId, redirectUris, secret) => clients.set(clientId, { redirectUris, secret }),
    lifeSeconds: 3600,
    stop,
  };
  return self;

  function isMetadataPath(path: string): boolean {
    const usual = metadataPaths(issuerPath);
    return faults.metadataAt?.(path) ?? usual.includes(path);
  }

  function sendMetadata(response: ServerResponse): void {
    const metadata = {
      issuer,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
      revocation_endpoint: `${origin}/revoke`,
      response_types_supported: ["code"],
      grant_types_supported: ["authorization_code", "refresh_token"],
      token_endpoint_auth_methods_supported: ["none", "client_secret_post", "client_secret_basic"],
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
      scopes_supported: ["read", "write", "offline_access"],
    };
    const sent = faults.metadata?.(metadata) ?? metadata;
    if (typeof sent === "string") response.writeHead(200, { "content-type": "application/json" }).end(sent);
    else json(response, 200, sent);
  }

  function authorize({ query }: AuthRequest, response: ServerResponse): void {
    counts.prompts++;
    const client = clients.get(query.get("client_id") ?? "");
    const redirectUri = query.get("redirect_uri") ?? "";
    const challenge = query.get("code_challenge") ?? "";
    const resource = query.get("resource");
    const problem =
      client === undefined
        ? "unknown client"
        : !client.redirectUris.some((known) => isSameRedirect(known, redirectUri))
          ? `redirect_uri ${redirectUri} is not registered`
          : query.get("response_type") !== "code"
            ? "response_type is not code"
            : query.get("code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(challenge)
              ? "no S256 challenge"
              : resource === null
                ? "no resource"
                : undefined;
    if (problem !== undefined || resource === null) {
      json(response, 400, { error: "invalid_request", error_description: problem });
      return;
    }
    const scopes = (query.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
    const clientId = query.get("client_id") ?? "";
    const back = new URL(redirectUri);
    back.searchParams.set("code", grants.code({ clientId, resource, scopes, redirectUri, challenge }));
    const state = query.get("state");
    if (state !== null) back.searchParams.set("state", state);
    back.searchParams.set("iss", issuer);
    response.writeHead(302, { location: (faults.authorize?.(back, query) ?? back).href }).end();
  }

  async function token({ form, headers }: AuthRequest, response: ServerResponse): Promise<void> {
    const isRefresh = form.get("grant_type") === "refresh_token";
    if (isRefresh) counts.refreshes++;
    else counts.codes++;
    const refusal = faults.tokenRefusal?.(form);
    if (refusal !== undefined) {
      json(response, ...refusal);
      return;
    }
    if (!isAuthentic(form, headers["authorization"])) {
      json(response, 401, { error: "invalid_client" });
      return;
    }
    const issued: Issued | string = isRefresh
      ? grants.refresh(form.get("refresh_token") ?? "", form.get("resource"))
      : grants.redeem(form);
    if (typeof issued === "string") {
      json(response, 400, { error: "invalid_grant", error_description: issued });
      return;
    }
    await faults.beforeReply?.(form);
    const scope = grants.grantOf(issued.access)?.scopes.join(" ") ?? "";
    const reply = {
      access_token: issued.access,
      token_type: "Bearer",
      expires_in: self.lifeSeconds,
      refresh_token: issued.refresh,
      ...(scope !== "" && { scope }),
    };
    const sent = faults.tokenReply?.(reply, form) ?? reply;
    if (typeof sent === "string") response.writeHead(200, { "content-type": "application/json" }).end(sent);
    else json(response, 200, sent);
  }

  function isAuthentic(form: URLSearchParams, authorization: string | undefined): boolean {
    const basic = /^Basic (.+)$/.exec(authorization ?? "")?.[1];
    const [id = "", secret = ""] =
      basic === undefined
        ? [form.get("client_id") ?? "", form.get("client_secret") ?? ""]
        : Buffer.from(basic, "base64").toString().split(":").map(decodeURIComponent);
    const client = clients.get(id);
    return client !== undefined && (client.secret ?? "") === secret;
  }

  function register({ body }: AuthRequest, response: ServerResponse): void {
    counts.registrations++;
    const asked = JSON.parse(body) as Json & { readonly redirect_uris?: readonly string[] };
    const refusal = faults.register?.(asked);
    if (refusal !== undefined) {
      json(response, ...refusal);
      return;
    }
    const clientId = `client-${clients.size + 1}-of-${(server.address() as AddressInfo).port}`;
    clients.set(clientId, { redirectUris: asked.redirect_uris ?? [], secret: undefined });
    json(response, 201, { ...asked, client_id: clientId, client_id_issued_at: Math.floor(Date.now() / 1000) });
  }

  function revoke({ form }: AuthRequest, response: ServerResponse): void {
    counts.revocations++;
    grants.revoke(form.get("token") ?? "");
    json(response, 200, {});
  }
}

/** Where a client may look for the metadata of an issuer with this path. */
export function metadataPaths(issuerPath: string): readonly string[] {
  const [oauth, openId] = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];
  return [`${oauth}${issuerPath}`, `${openId}${issuerPath}`, `${issuerPath}${openId}`];
}

/** RFC 8252, 7.3: the port of a redirect to the machine itself may be any. */
function isSameRedirect(known: string, asked: string): boolean {
  if (known === asked) return true;
  if (!URL.canParse(known) || !URL.canParse(asked)) return false;
  const [one, other] = [new URL(known), new URL(asked)];
  const isLoopback = one.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(one.hostname);
  return isLoopback && one.port === "" && one.hostname === other.hostname && one.pathname === other.pathname;
}

async function read(incoming: IncomingMessage): Promise<AuthRequest> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  const body = Buffer.concat(pieces).toString();
  const url = new URL(incoming.url ?? "/", "http://localhost");
  const isForm = incoming.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false;
  return {
    method: incoming.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    form: new URLSearchParams(isForm ? body : ""),
    body,
    headers: incoming.headers as AuthRequest["headers"],
  };
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
