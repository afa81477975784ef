import { StreamableHTTPClientTransport as ModernHttp } from "@modelcontextprotocol/client";
import { StreamableHTTPClientTransport as LegacyHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { onTestFinished } from "vitest";
import { type EraClient, legacyClientOn, modernClientOn } from "./era-client.ts";
import { configFile, type Servers, type Start, type Started, start } from "./program.ts";
import { until } from "./until.ts";

/** A tutti that serves over HTTP. */
export type Served = Started & {
  readonly url: URL;
  /** The answer to a GET of this path. */
  readonly get: (path: string) => Promise<{ readonly status: number; readonly text: string }>;
};

export type Options = {
  /** Beside the servers in the configuration. */
  readonly settings?: object;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly through?: Start["through"];
};

/** Starts `tutti serve --http` at a free port. */
export function startHttp(servers: Servers, { settings = {}, args = [], ...more }: Options = {}): Started {
  const config = configFile(servers, settings);
  return start(["serve", "--http", "0", "--config", config, ...args], more);
}

/** The same, until it listens. */
export async function serveHttp(servers: Servers, options?: Options): Promise<Served> {
  return await listening(startHttp(servers, options));
}

/** The same, until all servers of the common set have started or failed. */
export async function serveHttpReady(servers: Servers, options?: Options): Promise<Served> {
  const served = await serveHttp(servers, options);
  let isReady = false;
  void (async () => {
    while (!isReady && served.ended === undefined) {
      const { status } = await served.get("/readyz").catch(() => ({ status: 0 }));
      isReady = status === 200;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  await until(`all servers; stderr: ${served.stderr}`, () => isReady);
  return served;
}

/** Waits until it says where it listens. */
export async function listening(started: Started): Promise<Served> {
  const address = await until(`where it listens; stderr: ${started.stderr}`, () => {
    if (started.ended !== undefined) throw new Error(`It has ended: ${started.stderr}`);
    return /listening on (http:\/\/127\.0\.0\.1:\d+\/mcp)/.exec(started.stderr)?.[1];
  });
  const url = new URL(address);
  const get: Served["get"] = async (path) => {
    const response = await fetch(new URL(path, url));
    return { status: response.status, text: await response.text() };
  };
  return Object.assign(started, { url, get });
}

/** The kinds of official clients: of SDK v1, and of SDK v2 in either era. */
export type Kind = "SDK v1" | "SDK v2 with a session" | "SDK v2";

export type Connect = {
  readonly can?: object;
  readonly url?: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the client says that it is; clients of the newer era that say the same are one. */
  readonly name?: string;
  readonly fetch?: typeof fetch;
};

/** An official client over HTTP. */
export type HttpClient = EraClient & {
  /** Ends the session, where there is one. */
  readonly leave: () => Promise<void>;
  readonly sessionId: () => string | undefined;
};

const soon = {
  initialReconnectionDelay: 20,
  maxReconnectionDelay: 20,
  reconnectionDelayGrowFactor: 1,
  maxRetries: 5,
};

/** Connects an official client; it is closed when the test is over. */
export async function connectHttp(
  { url }: { readonly url: URL },
  kind: Kind,
  { can, headers = {}, name, ...more }: Connect = {},
): Promise<HttpClient> {
  const address = more.url ?? url;
  const options = {
    requestInit: { headers: { ...headers } },
    reconnectionOptions: soon,
    ...(more.fetch && { fetch: more.fetch }),
  };
  const transport = kind === "SDK v1" ? new LegacyHttp(address, options) : new ModernHttp(address, options);
  const mode = kind === "SDK v2" ? {} : { mode: "legacy" as const };
  const client = await (kind === "SDK v1"
    ? legacyClientOn(transport, can)
    : modernClientOn(transport, can, { ...mode, ...(name !== undefined && { name }) }));
  onTestFinished(() => client.close());
  return {
    ...client,
    leave: async () => {
      if (kind !== "SDK v2") await transport.terminateSession();
      await client.close();
    },
    sessionId: () => transport.sessionId,
  };
}

/** Raw JSON-RPC by POST, as any program sends it. */
export async function post(
  url: URL,
  message: object | string,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: typeof message === "string" ? message : JSON.stringify(message),
    ...(signal && { signal }),
  });
}
