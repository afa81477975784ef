import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** How others reach us over HTTP. */
export type Listener = {
  /**
   * Listens at `port` of the first of `hosts`, and of the others where the machine has them; 0: at any port that is free
   * at all of them. Rejects with the system's error where it cannot.
   */
  readonly listen: (
    hosts: readonly string[],
    port: number,
    bounds: ListenerBounds,
    events: ListenerEvents,
  ) => Promise<Listening>;
};

export type ListenerBounds = {
  /** For the head of a request, from the opening of its connection or its first byte. */
  readonly headersMs: number;
  /** For the whole of a request, in the same way; not for its answer. */
  readonly requestMs: number;
  /** For a connection on which nothing is asked any more. */
  readonly keepAliveMs: number;
  readonly maxHeaderBytes: number;
  /** Where there are more, the one that has asked nothing for the longest time gives way. */
  readonly maxConnections: number;
  /** Requests of one connection that may be under way at once. */
  readonly maxPipelined: number;
  /** Who takes nothing for so long of an answer that is there as a whole is gone. */
  readonly stalledMs: number;
  /** What is still being answered when it stops may end within this time. */
  readonly stopMs: number;
};

export type ListenerEvents = {
  /** The head of a request has come. `100-continue` is not answered yet. */
  readonly request: (request: IncomingMessage, response: ServerResponse) => void;
  /** What comes cannot be taken as a request: gives the bytes (latin1) that are said before the connection is closed. */
  readonly spoilt: (problem: Problem) => string;
};

export type Problem = "malformed" | "version" | "head_too_long" | "chunk_too_long" | "too_late" | "tunnel" | "full";

export type Listening = {
  readonly port: number;
  /** Addresses that it listens at. */
  readonly addresses: readonly string[];
  /** Bytes of answers that the other sides have not taken. */
  readonly unreadBytes: () => number;
  /** Stops listening and ends all connections; resolves when nothing of that is left. */
  readonly stop: () => Promise<void>;
};

/**
 * A vanished peer is noticed after this and ten probes, one in a second. Where something is sent to it more often,
 * the system waits for that to be confirmed instead, for a quarter of an hour: both together are less than the 15 s after
 * which a response that nothing has come of begins with a comment.
 */
const firstProbeMs = 4_000;

/** Ports that are free at one address may be taken at the other. */
const mostTries = 10;

const problems: ReadonlyMap<string, Problem> = new Map([
  ["ERR_HTTP_REQUEST_TIMEOUT", "too_late"],
  ["HPE_HEADER_OVERFLOW", "head_too_long"],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", "chunk_too_long"],
  ["HPE_INVALID_VERSION", "version"],
]);

/** The machine's own network. */
export const systemListener: Listener = {
  listen: async (hosts, port, bounds, events) => {
    for (let tries = 1; ; tries++) {
      const connections = new Connections(bounds);
      const servers: Server[] = [];
      try {
        for (const host of hosts) {
          const server = serverOf(bounds, events, connections);
          const isOpen = await open(server, host, portOf(servers[0]) ?? port, servers.length > 0);
          if (isOpen) servers.push(server);
        }
        return listening(servers, connections, bounds.stopMs);
      } catch (cause) {
        for (const server of servers) server.close();
        if (port !== 0 || tries === mostTries || !isTaken(cause)) throw cause;
      }
    }
  },
};

/** False: the machine has no such address, and need not have. */
function open(server: Server, host: string, port: number, isOptional: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const isMissing = ["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"].includes(error.code ?? "");
      if (isOptional && isMissing) resolve(false);
      else reject(error);
    });
    server.listen({ host, port }, () => {
      server.removeAllListeners("error");
      // A connection that cannot be taken for want of file descriptors: the next one may be.
      server.on("error", () => {});
      resolve(true);
    });
  });
}

function serverOf(bounds: ListenerBounds, events: ListenerEvents, connections: Connections): Server {
  const server = createServer({
    maxHeaderSize: bounds.maxHeaderBytes,
    headersTimeout: bounds.headersMs,
    requestTimeout: bounds.requestMs,
    connectionsCheckingInterval: Math.min(1000, Math.ceil(bounds.headersMs / 4)),
    keepAliveTimeout: bounds.keepAliveMs,
    keepAlive: true,
    keepAliveInitialDelay: firstProbeMs,
    insecureHTTPParser: false,
    // Said with the other refusals.
    requireHostHeader: false,
  });
  // Those beyond the bound would be dropped unseen.
  server.maxHeadersCount = 0;
  const take = (request: IncomingMessage, response: ServerResponse) => {
    if (connections.begin(request, response)) events.request(request, response);
  };
  server.on("connection", (socket: Socket) => {
    if (!connections.add(socket)) say(socket, events.spoilt("full"));
  });
  server.on("request", take);
  server.on("checkContinue", take);
  server.on("checkExpectation", take);
  server.on("connect", (_request, socket) => say(socket as Socket, events.spoilt("tunnel")));
  server.on("clientError", (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket;
    if (connections.isAnswerable(socket)) say(socket, events.spoilt(problems.get(error.code ?? "") ?? "malformed"));
    // What was said already is still sent.
    else socket.destroySoon();
  });
  return server;
}

function say(socket: Socket, bytes: string): void {
  socket.on("error", () => {});
  if (socket.writable) socket.write(bytes, "latin1");
  socket.destroySoon();
}

function listening(servers: readonly Server[], connections: Connections, stopMs: number): Listening {
  const addresses = servers.map((server) => (server.address() as AddressInfo).address);
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const closed = servers.map((server) => new Promise((resolve) => void server.close(resolve)));
    const drained = connections.drain();
    const timeout = setTimeout(() => connections.destroyAll(), stopMs);
    await Promise.all([...closed, drained]);
    clearTimeout(timeout);
  };
  return {
    port: portOf(servers[0]) as number,
    addresses,
    unreadBytes: () => connections.unreadBytes,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

function portOf(server: Server | undefined): number | undefined {
  return (server?.address() as AddressInfo | undefined)?.port;
}

function isTaken(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException).code === "EADDRINUSE";
}

type State = {
  /** Requests that are not answered to their end. */
  readonly open: Map<ServerResponse, IncomingMessage>;
  hasAsked: boolean;
};

/** All connections of one listener. Invariant: of those that ask nothing, the one for the longest time comes first. */
class Connections {
  readonly #bounds: ListenerBounds;
  readonly #states = new Map<Socket, State>();
  /** Set when it stops: what is called once no connection is left. */
  #drained: (() => void) | undefined;

  constructor(bounds: ListenerBounds) {
    this.#bounds = bounds;
  }

  /** Of answers under way. */
  get unreadBytes(): number {
    let bytes = 0;
    for (const { open } of this.#states.values()) for (const response of open.keys()) bytes += response.writableLength;
    return bytes;
  }

  /** False: there are too many, and all of them are at work. */
  add(socket: Socket): boolean {
    if (this.#states.size >= this.#bounds.maxConnections) {
      const idle = this.#idle();
      if (idle === undefined) return false;
      this.#states.delete(idle);
      idle.destroy();
    }
    this.#states.set(socket, { open: new Map(), hasAsked: false });
    // Each request under way listens for the end.
    socket.setMaxListeners(this.#bounds.maxPipelined + 10);
    socket.once("close", () => {
      this.#states.delete(socket);
      if (this.#states.size === 0) this.#drained?.();
    });
    return true;
  }

  /** False: the request is not to be answered. */
  begin(request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request;
    const state = this.#states.get(socket);
    if (state === undefined) return false;
    if (state.open.size >= this.#bounds.maxPipelined) {
      socket.destroy();
      return false;
    }
    state.open.set(response, request);
    state.hasAsked = true;
    response.once("close", () => this.#end(socket, state, response));
    // It has ended, and all before it have: what is left is for the other side to take. Node counts each bit that it takes.
    response.once("prefinish", () => void socket.setTimeout(this.#bounds.stalledMs));
    response.once("finish", () => {
      const next = [...state.open.keys()].find((other) => other !== response);
      if (next?.writableEnded === false) socket.setTimeout(0);
    });
    return true;
  }

  /** Whether what is said now would be taken for the answer to what the client is just sending. */
  isAnswerable(socket: Socket): boolean {
    const open = [...(this.#states.get(socket)?.open ?? [])];
    return socket.writable && open.every(([response, { complete }]) => !response.headersSent && !complete);
  }

  /** Ends each connection as soon as nothing is asked on it; resolves when none is left. */
  async drain(): Promise<void> {
    for (const [socket, { open }] of this.#states) if (open.size === 0) socket.destroySoon();
    if (this.#states.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
  }

  destroyAll(): void {
    for (const socket of this.#states.keys()) socket.destroy();
  }

  #end(socket: Socket, state: State, response: ServerResponse): void {
    state.open.delete(response);
    if (!this.#states.has(socket) || state.open.size > 0) return;
    this.#states.delete(socket);
    this.#states.set(socket, state);
    if (this.#drained !== undefined) socket.destroySoon();
  }

  #idle(): Socket | undefined {
    let idle: Socket | undefined;
    for (const [socket, { open, hasAsked }] of this.#states) {
      if (open.size > 0) continue;
      if (!hasAsked) return socket;
      idle ??= socket;
    }
    return idle;
  }
}
