import { Agent, type ClientRequest, type IncomingMessage, request as sendRequest } from "node:http";
import { isIP, type Socket } from "node:net";
import { pipeline, type Readable, Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { basicLogin, type Connector, connector, proxyHeaders } from "./connect.ts";
import { type Environment, hostOf, type ProxyChoice, portOf, proxyFor } from "./proxy.ts";

/** How requests go out to HTTP servers. */
export type Outbound = {
  /** Sends one request; follows no redirect. `abort` ends it at once, before the response or within it. */
  readonly request: (request: OutRequest) => OutExchange;
  /** Ends all that is under way, and the connections that are kept. */
  readonly close: () => void;
};

export type OutRequest = {
  readonly method: "POST" | "GET" | "DELETE";
  /** A user and a password in it go as `Authorization`, where the headers have none. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes: one to a character (latin1), or in pieces. */
  readonly body?: string | readonly Buffer[];
  /** Bytes that a body which comes packed may have unpacked, though none was asked for. Default 64 MiB. */
  readonly maxUnpackedBytes?: number;
  /** Runs once when the system has taken the last byte. Not where that fails. */
  readonly onTaken?: () => void;
};

export type OutExchange = {
  /** Rejects with a `NetworkError`. */
  readonly response: Promise<InResponse>;
  readonly abort: () => void;
};

export type InResponse = {
  readonly status: number;
  /** Several of one name come joined by a comma. */
  readonly header: (name: string) => string | undefined;
  /** Unpacked bytes. Nothing is read before somebody listens for `data`. Fails where the connection breaks: `describeBreak`. */
  readonly body: Readable;
  /** Ends it at once, whatever is still to come. */
  readonly abort: () => void;
};

/** Why there is no response: one line that begins in lower case, without any header's value or secret of a URL. */
export class NetworkError extends Error {
  /** False only where the server has certainly not got the request. */
  readonly isSent: boolean;

  constructor(message: string, isSent: boolean, cause?: unknown) {
    super(message, { cause });
    this.name = "NetworkError";
    this.isSent = isSent;
  }
}

export type OutboundOptions = {
  /** HTTPS_PROXY, HTTP_PROXY, NO_PROXY, SSL_CERT_FILE and NODE_EXTRA_CA_CERTS are read. */
  readonly env: Environment;
  /** Certificate authorities to trust beside Node's own: paths of PEM files, read with the first https request. */
  readonly caFiles?: readonly string[];
  /** For name, connection, proxy and TLS together. Default 10 000. */
  readonly connectMs?: number;
  /**
   * A connection on which nothing is asked is closed after so long. Default 4000: usual servers close it after 5 s, and a
   * request that meets that is lost.
   */
  readonly idleMs?: number;
  /** As `ConnectOptions.refuse`. */
  readonly refuse?: (url: URL, address: string) => string | undefined;
};

const usualConnectMs = 10_000;
const usualIdleMs = 4000;
const maxHeaderBytes = 16 * 1024;
const usualUnpackedBytes = 64 * 1024 * 1024;
/** Answers of which each only says that there will be one. */
const mostInterim = 100;
const pieceBytes = 64 * 1024;
const unpackers: ReadonlyMap<string, () => Transform & { readonly bytesWritten: number }> = new Map([
  ["gzip", () => createGunzip({ chunkSize: pieceBytes })],
  ["x-gzip", () => createGunzip({ chunkSize: pieceBytes })],
  ["deflate", () => createInflate({ chunkSize: pieceBytes })],
  ["br", () => createBrotliDecompress({ chunkSize: pieceBytes })],
]);
/** Who sends so much more than it costs to send, one byte for so many, is read a piece at a time, with rests for others. */
const muchUnpacked = 1024 * 1024;
const bloated = 100;
const restMs = 50;

/**
 * The machine's own network: HTTP/1.1 over connections that are kept, TLS always verified, and no bound on the time a
 * response takes, which is the caller's to set. Which proxy a request takes: `proxyFor`.
 */
export function systemOutbound({
  env,
  caFiles = [],
  connectMs = usualConnectMs,
  idleMs = usualIdleMs,
  refuse,
}: OutboundOptions): Outbound {
  const connections = connector({ env, caFiles, connectMs, refuse });
  const agents = {
    "http:": agentOver(connections, "http:", idleMs),
    "https:": agentOver(connections, "https:", idleMs),
  };
  let isClosed = false;
  return {
    request: (request) => {
      if (isClosed) return refused("the network is closed for good");
      const { protocol } = request.url;
      if (protocol !== "http:" && protocol !== "https:")
        return refused(`${protocol}// is neither http:// nor https://`);
      try {
        return send(request, agents[protocol], proxyFor(request.url, env));
      } catch (cause) {
        return refused(unsendable(cause as NodeJS.ErrnoException));
      }
    },
    close: () => {
      isClosed = true;
      connections.close();
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

/** One line on why a body broke off. */
export function describeBreak(error: Error): string {
  if (error instanceof NetworkError) return error.message;
  const code = codeOf(error);
  return /^(?:Z_|ERR_+Z|ERR_BROTLI|ERR__)/.test(code)
    ? `its packed answer is damaged (${code})`
    : `the connection was lost (${code})`;
}

// The agent gets connections that are ready, so that whatever fails before has certainly sent nothing.
function agentOver(connections: Connector, protocol: "http:" | "https:", idleMs: number): Agent {
  const agent = new Agent({ keepAlive: true, timeout: idleMs });
  Object.assign(agent, { protocol, defaultPort: protocol === "https:" ? 443 : 80 });
  agent.createConnection = ({ host, port }, done) => {
    const name = isIP(host ?? "") === 6 ? `[${host}]` : host;
    connections.open(new URL(`${protocol}//${name}:${port}`)).then(
      (socket) => done?.(null, socket),
      (cause: Error) => done?.(new NetworkError(cause.message, false, cause), undefined as unknown as Socket),
    );
    return undefined;
  };
  return agent;
}

function send({ onTaken, ...request }: OutRequest, agent: Agent, proxy: ProxyChoice): OutExchange {
  const { url, method, body = "", maxUnpackedBytes = usualUnpackedBytes } = request;
  const isForwarded = proxy.kind === "proxy" && url.protocol === "http:";
  const outgoing = sendRequest({
    agent,
    method,
    maxHeaderSize: maxHeaderBytes,
    protocol: url.protocol,
    host: hostOf(url),
    port: portOf(url),
    path: isForwarded ? `${url.origin}${url.pathname}${url.search}` : `${url.pathname}${url.search}`,
    headers: { ...(isForwarded ? proxyHeaders(proxy.url) : {}), ...headersOf(request) },
  });
  const isSent = sentOver(outgoing);
  const response = new Promise<InResponse>((resolve, reject) => {
    outgoing.on("error", (error) => {
      const isOurs = error instanceof NetworkError;
      reject(isOurs ? error : new NetworkError(unanswered(url, error), isSent(), error));
    });
    let interim = 0;
    outgoing.on("information", () => {
      if (++interim <= mostInterim) return;
      const text = `${url.host} says over and over that it will answer, and does not`;
      outgoing.destroy(new NetworkError(text, true));
    });
    outgoing.on("response", (incoming) => {
      try {
        if (isForwarded && incoming.statusCode === 407) {
          throw new NetworkError(
            `${proxy.url.host} wants another user and password: HTTP 407 (${proxy.variable})`,
            false,
          );
        }
        resolve(responseOf(incoming, maxUnpackedBytes));
      } catch (cause) {
        reject(cause);
        outgoing.destroy();
      }
    });
  });
  if (onTaken !== undefined) outgoing.once("finish", onTaken);
  if (typeof body === "string") outgoing.end(body, "latin1");
  else {
    outgoing.cork();
    for (const piece of body) outgoing.write(piece);
    outgoing.uncork();
    outgoing.end();
  }
  return { response, abort: () => void outgoing.destroy() };
}

function headersOf({ method, url, headers, body }: OutRequest): Record<string, string | number> {
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const hasLogin = url.username !== "" || url.password !== "";
  return {
    host: url.host,
    "accept-encoding": "identity",
    ...(method === "POST" ? { "content-length": sizeOf(body ?? "") } : {}),
    ...(hasLogin && !names.has("authorization") ? { authorization: basicLogin(url) } : {}),
    ...headers,
  };
}

/** Tells whether a byte of the request may have gone out. */
function sentOver(outgoing: ClientRequest): () => boolean {
  let socket: Socket | undefined;
  let before = 0;
  outgoing.once("socket", (given) => {
    socket = given;
    before = given.bytesWritten;
  });
  return () => socket !== undefined && socket.bytesWritten > before;
}

function responseOf(incoming: IncomingMessage, maxUnpackedBytes: number): InResponse {
  const { headers, statusCode = 0 } = incoming;
  const body = unpacked(incoming, headers["content-encoding"], maxUnpackedBytes);
  body.on("error", () => {}); // Whoever reads it hears of it too; nobody has to.
  return {
    status: statusCode,
    header: (name) => {
      const value = headers[name.toLowerCase()];
      return typeof value === "object" ? value.join(", ") : value;
    },
    body,
    abort: () => void incoming.destroy(),
  };
}

/** `incoming` without its packing. Throws where that is none we know. */
function unpacked(incoming: IncomingMessage, encoding = "identity", maxBytes: number): Readable {
  const name = encoding.trim().toLowerCase();
  if (name === "identity" || name === "") return incoming;
  const unpacker = unpackers.get(name);
  if (unpacker === undefined) {
    throw new NetworkError(
      `its answer is packed in a way that is not taken (content-encoding ${name.slice(0, 40)})`,
      true,
    );
  }
  let length = 0;
  const packed = unpacker();
  const bound = new Transform({
    transform: (chunk: Buffer, _, done) => {
      length += chunk.length;
      if (length > maxBytes) done(new NetworkError(`its answer unpacks to more than ${maxBytes} bytes`, true));
      else if (length > muchUnpacked && length > bloated * packed.bytesWritten) setTimeout(done, restMs, null, chunk);
      else done(null, chunk);
    },
  });
  pipeline(incoming, packed, bound, () => {}); // The error goes to the last of them, which is the one that is read.
  return bound;
}

function refused(text: string): OutExchange {
  return { response: Promise.reject(new NetworkError(text, false)), abort: () => {} };
}

// Node names the header, and not its value.
function unsendable(error: NodeJS.ErrnoException): string {
  const name = /\["([^"]*)"\]/.exec(error.message)?.[1];
  return name === undefined
    ? `the request cannot be written (${codeOf(error)})`
    : `the header ${name} cannot be sent as it is`;
}

function unanswered(url: URL, error: NodeJS.ErrnoException): string {
  const code = codeOf(error);
  if (code === "HPE_HEADER_OVERFLOW")
    return `the headers of ${url.host}'s answer have over ${maxHeaderBytes / 1024} KiB`;
  if (code.startsWith("HPE_")) return `${url.host} does not answer in HTTP (${code})`;
  return `${url.host} closed the connection before it answered (${code})`;
}

function sizeOf(body: string | readonly Buffer[]): number {
  return typeof body === "string" ? body.length : body.reduce((size, piece) => size + piece.length, 0);
}

function codeOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.name;
}
