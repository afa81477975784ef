import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { signIn } from "../../src/auth/sign-in.ts";
import { until } from "../e2e/support/until.ts";
import { type AuthorizationServer, authorizationServer } from "../support/auth/authorization-server.ts";
import { here, serverAt, somebody } from "./here.ts";
import { served } from "./served.ts";

/** A server of the transport before Streamable HTTP that lets in who has a token of `authorization`. */
async function sseServer(authorization: AuthorizationServer): Promise<string> {
  let stream: ServerResponse | undefined;
  const server = createServer((request, response) => {
    const token = request.headers.authorization?.replace("Bearer ", "");
    if (request.url?.includes("well-known")) {
      const document = { resource: url, authorization_servers: [authorization.issuer] };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(document));
    } else if (authorization.grants.grantOf(token)?.resource !== url) {
      response.writeHead(401, { "www-authenticate": "Bearer" }).end();
    } else if (request.method === "GET") {
      stream = response.writeHead(200, { "content-type": "text/event-stream" });
      stream.write("event: endpoint\ndata: /sse\n\n");
    } else {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const { id, method } = JSON.parse(body) as { id?: number; method: string };
        const results: Readonly<Record<string, object>> = {
          initialize: {
            protocolVersion: "2024-11-05",
            capabilities: { tools: {} },
            serverInfo: { name: "sse", version: "1" },
          },
          "tools/list": { tools: [{ name: "echo", inputSchema: { type: "object" } }] },
          "tools/call": { content: [{ type: "text", text: "over sse" }] },
        };
        const result = results[method];
        const answer = result === undefined ? { error: { code: -32601, message: "no" } } : { result };
        if (id !== undefined) stream?.write(`data: ${JSON.stringify({ jsonrpc: "2.0", id, ...answer })}\n\n`);
        response.writeHead(202).end();
      });
    }
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`;
  return url;
}

test("over HTTP+SSE a server is left alone until there is a sign-in, joins then, and a token taken back is renewed", async () => {
  const authorization = await authorizationServer();
  const url = await sseServer(authorization);
  const { home, surroundings } = here();
  const { downstream, call } = await served(home, { url, type: "sse" });
  const reason = 'needs you to sign in: run "tutti login docs"';
  expect(downstream.state).toMatchObject({ kind: "down", needsLogin: true, nextTryAt: undefined, reason });
  await signIn({ ...serverAt(url), kind: "sse" }, somebody(), surroundings);
  await until("the server to join", () => downstream.state.kind === "ready");
  expect(await call("echo")).toMatchObject({ text: "over sse" });
  authorization.grants.expireAccess();
  expect(await call("echo")).toMatchObject({ text: "over sse" });
  expect(authorization.counts).toMatchObject({ prompts: 1, refreshes: 1 });
});
