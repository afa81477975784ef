import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { onTestFinished } from "vitest";

/** A server at a free port of 127.0.0.1, which ends with the test. */
export type Listening = { readonly port: number; readonly url: URL; readonly end: () => void };

/** One request as its bytes came. */
export type RawRequest = {
  /** `POST /mcp HTTP/1.1` */
  readonly line: string;
  /** By lower-case names; the last one of each. */
  readonly headers: Readonly<Record<string, string>>;
  /** latin1 */
  readonly body: string;
  readonly socket: Socket;
};

export type RawServer = Listening & {
  readonly requests: readonly RawRequest[];
  /** Connections there have been. */
  readonly connections: () => number;
};

/** A server that answers each request with whatever bytes `answer` writes, or does not answer. */
export async function rawServer(answer: (request: RawRequest) => void, tls?: TlsIdentity): Promise<RawServer> {
  const requests: RawRequest[] = [];
  let connections = 0;
  const talk = (socket: Socket): void => {
    connections++;
    readRequests(socket, (request) => {
      requests.push(request);
      answer(request);
    });
  };
  const server = tls === undefined ? createServer(talk) : createTlsServer({ ...tls }, talk);
  server.on("tlsClientError", () => {}); // Whoever does not trust it says so.
  const listening = await listen(server, tls === undefined ? "http" : "https");
  return { ...listening, requests, connections: () => connections };
}

export type TlsIdentity = { readonly key: string; readonly cert: string };

/** A server of node:http. */
export async function httpServer(handler: RequestListener): Promise<Listening> {
  return await listen(createHttpServer(handler), "http");
}

/** Bytes of a whole answer. */
export function answered(status: number, headers: Readonly<Record<string, string>>, body: string | Buffer): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([head(status, { ...headers, "content-length": String(bytes.length) }), bytes]);
}

/** Bytes of an answer's head. Without a length the body goes on until the connection ends. */
export function head(status: number, headers: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/1.1 ${status} Whatever\r\n${lines.join("")}\r\n`);
}

/** One piece of a chunked body; an empty one ends it. */
export function chunk(bytes: string | Buffer): Buffer {
  const piece = Buffer.from(bytes);
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]);
}

/** Writes what `next` gives for as long as the other side takes it. */
export function writeEndlessly(socket: Socket, next: () => Buffer): void {
  const write = (): void => {
    while (!socket.destroyed && socket.write(next())) {}
  };
  socket.on("drain", write);
  write();
}

export type Proxy = RawServer & {
  /** What it was told to connect to: `host:port`. */ readonly tunnels: readonly string[];
};

/** A proxy that sends everything to `port` of this machine, whatever host is asked for. */
export async function proxyServer(port: number, refusal?: Buffer): Promise<Proxy> {
  const tunnels: string[] = [];
  const server = await rawServer(({ line, headers, body, socket }) => {
    const [method = "", target = ""] = line.split(" ");
    if (refusal !== undefined) {
      socket.end(refusal);
      return;
    }
    socket.removeAllListeners("data");
    const onward = connect(port, "127.0.0.1");
    onward.on("error", () => socket.destroy());
    if (method === "CONNECT") {
      tunnels.push(target);
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    } else {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      onward.write(`${line}\r\n${lines.join("")}\r\n${body}`, "latin1");
    }
    socket.pipe(onward).pipe(socket);
  });
  return { ...server, tunnels };
}

async function listen(server: Server | ReturnType<typeof createHttpServer>, scheme: string): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // The other side may break off whenever it likes.
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const end = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(end);
  return { port, url: new URL(`${scheme}://127.0.0.1:${port}/mcp`), end };
}

function readRequests(socket: Socket, onRequest: (request: RawRequest) => void): void {
  let rest = "";
  socket.on("error", () => {}); // As above.
  socket.on("data", (bytes: Buffer) => {
    rest += bytes.toString("latin1");
    for (let end = rest.indexOf("\r\n\r\n"); end !== -1; end = rest.indexOf("\r\n\r\n")) {
      const [line = "", ...fields] = rest.slice(0, end).split("\r\n");
      const headers = Object.fromEntries(fields.map(nameAndValue));
      const length = Number(headers["content-length"] ?? 0);
      const start = end + 4;
      if (rest.length < start + length) return;
      const body = rest.slice(start, start + length);
      rest = rest.slice(start + length);
      onRequest({ line, headers, body, socket });
    }
  });
}

function nameAndValue(field: string): readonly [string, string] {
  const at = field.indexOf(":");
  return [field.slice(0, at).toLowerCase(), field.slice(at + 1).trim()];
}
