import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { type AuthorizationServer, type Json, json } from "./authorization-server.ts";

/** What a protected server does otherwise than a good one. All of it can be changed while it runs. */
export type ProtectionFaults = {
  /** The document of the protected resource as it is sent; a string: these bytes; undefined: there is none at that path. */
  document?: (document: Json, path: string) => Json | string | undefined;
  /** `WWW-Authenticate`; undefined: the header is left out. */
  challenge?: (usual: string) => string | undefined;
  /** Every token is refused with this status. */
  refusesAll?: 401 | 403 | undefined;
  /** Any request at all, answered by whoever gives true. */
  intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
};

export type ProtectedServer = {
  readonly origin: string;
  /** Its address, which is also its identifier. */
  readonly url: string;
  readonly faults: ProtectionFaults;
  /** All requests, in order. */
  readonly requests: ResourceRequest[];
  readonly counts: { calls: number; refused: number };
  /** Who may let clients in. */
  authorization: AuthorizationServer;
  /** What a tool needs beside `read`. */
  readonly scopes: Record<string, string>;
  /** What it says that it can do. */
  capabilities: object;
};

export type ResourceRequest = {
  readonly method: string;
  /** With its query. */
  readonly target: string;
  readonly authorization: string | undefined;
  readonly rpc: string | undefined;
};

const tools = ["echo", "admin", "slow"].map((name) => ({ name, inputSchema: { type: "object" } }));
const info = { name: "protected", version: "1" };
const modernMeta = { resultType: "complete", ttlMs: 0, cacheScope: "private" };

/**
 * Starts an MCP server at a free port of 127.0.0.1 that takes only tokens of `authorization` which were issued for it. It
 * ends with the test. `era`: which protocol it speaks.
 */
export async function protectedServer(
  authorization: AuthorizationServer,
  { era = "modern", path = "/mcp" }: { readonly era?: "modern" | "legacy"; readonly path?: string } = {},
): Promise<ProtectedServer> {
  const requests: ResourceRequest[] = [];
  const faults: ProtectionFaults = {};
  const counts = { calls: 0, refused: 0 };
  const wellKnown = "/.well-known/oauth-protected-resource";
  const server = createServer((request, response) => {
    void take(request, response).catch((cause: unknown) => response.destroy(cause as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `${origin}${path}`;
  const self: ProtectedServer = {
    origin,
    url,
    faults,
    requests,
    counts,
    authorization,
    scopes: { admin: "write" },
    capabilities: { tools: {} },
  };
  return self;

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces).toString();
    const rpc = body === "" ? undefined : (JSON.parse(body) as Rpc);
    const target = request.url ?? "/";
    const { authorization: given } = request.headers;
    requests.push({ method: request.method ?? "", target, authorization: given, rpc: rpc?.method });
    if (faults.intercept?.(request, response)) return;
    const { pathname } = new URL(target, origin);
    if (pathname.startsWith(wellKnown)) sendDocument(pathname, response);
    else if (pathname === path) protect(request, response, rpc);
    else response.writeHead(404).end();
  }

  function sendDocument(at: string, response: ServerResponse): void {
    const usual = { resource: url, authorization_servers: [self.authorization.issuer], scopes_supported: ["read"] };
    const isUsual = at === `${wellKnown}${path}`;
    const sent = faults.document === undefined ? (isUsual ? usual : undefined) : faults.document(usual, at);
    if (sent === undefined) response.writeHead(404).end();
    else if (typeof sent === "string") response.writeHead(200, { "content-type": "application/json" }).end(sent);
    else json(response, 200, sent);
  }

  function protect(request: IncomingMessage, response: ServerResponse, rpc: Rpc | undefined): void {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const grant = self.authorization.grants.grantOf(token);
    const needed = rpc?.method === "tools/call" ? self.scopes[rpc.params?.name ?? ""] : undefined;
    if (grant === undefined || grant.resource !== url || faults.refusesAll === 401) refuse(response, 401, "read");
    else if (faults.refusesAll === 403) refuse(response, 403, needed ?? "read");
    else if (needed !== undefined && !grant.scopes.includes(needed)) refuse(response, 403, needed);
    else answer(request, response, rpc);
  }

  function refuse(response: ServerResponse, status: 401 | 403, scope: string): void {
    counts.refused++;
    const error = status === 403 ? ', error="insufficient_scope"' : "";
    const usual = `Bearer resource_metadata="${origin}${wellKnown}${path}", scope="${scope}"${error}`;
    const challenge = faults.challenge === undefined ? usual : faults.challenge(usual);
    response.writeHead(status, challenge === undefined ? {} : { "www-authenticate": challenge }).end();
  }

  function answer(request: IncomingMessage, response: ServerResponse, rpc: Rpc | undefined): void {
    if (request.method !== "POST" || rpc === undefined) {
      response.writeHead(request.method === "DELETE" ? 204 : 405).end();
      return;
    }
    if (rpc.id === undefined) {
      response.writeHead(202).end();
      return;
    }
    if (rpc.method === "tools/call") counts.calls++;
    const result = resultOf(rpc, era, self.capabilities);
    const message = result === undefined ? { error: { code: -32601, message: "not here" } } : { result };
    if (rpc.method === "initialize") response.setHeader("mcp-session-id", `session-${requests.length}`);
    const send = () => json(response, 200, { jsonrpc: "2.0", id: rpc.id, ...message });
    if (rpc.params?.name === "slow") setTimeout(send, 300);
    else send();
  }
}

type Rpc = {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: { readonly text?: string } };
};

function resultOf({ method, params }: Rpc, era: "modern" | "legacy", capabilities: object): Json | undefined {
  const more = era === "modern" ? modernMeta : {};
  switch (method) {
    case "server/discover":
      return era === "legacy"
        ? undefined
        : {
            supportedVersions: ["2026-07-28"],
            capabilities,
            ...modernMeta,
            _meta: { "io.modelcontextprotocol/serverInfo": info },
          };
    case "initialize":
      return era === "modern" ? undefined : { protocolVersion: "2025-11-25", capabilities, serverInfo: info };
    case "ping":
      return {};
    case "tools/list":
      return { tools, ...more };
    case "tools/call":
      return {
        content: [{ type: "text", text: params?.arguments?.text ?? "" }],
        ...(era === "modern" && { resultType: "complete" }),
      };
    default:
      return undefined;
  }
}
