import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../ports/clock.ts";
import type { Listener, ListenerBounds } from "../ports/listener.ts";
import type { Outgoing } from "../wire/message.ts";
import { credentialOf } from "./http-credentials.ts";
import {
  bracketed,
  type Call,
  type Head,
  type Headers,
  isLoopback,
  judge,
  type Refusal,
  type Rules,
  readHeaders,
  sharing,
  tooLong,
} from "./http-guards.ts";
import { type BodyBounds, type Received, receiveBody } from "./http-incoming.ts";
import { Answer, Room, rawRefusal } from "./http-server-answer.ts";

/** One request that has passed the guards, with its whole body. */
export type HttpRequest = {
  readonly method: "POST" | "GET" | "DELETE";
  readonly path: "/mcp" | "/mcp/lazy";
  /** The value of a header; lists that came in several lines are joined with ", ", anything else came once at most. */
  readonly header: (lowerCaseName: string) => string | undefined;
  /** The same text for the same credential; "" where none is asked for. Never the credential itself. */
  readonly principal: string;
  /** Of a POST: the whole body, within the bounds; empty otherwise. */
  readonly body: readonly Buffer[];
  /** Answers. Either this or `stream`, once; later ones do nothing. */
  readonly respond: (status: number, headers: Readonly<Record<string, string>>, body?: Outgoing) => void;
  /** Answers with 200 and a stream of events, which is sent at once, empty as it is. */
  readonly stream: (headers?: Readonly<Record<string, string>>) => HttpStream;
  /** Whose answer it is: one who leaves too much unread gets no more. */
  readonly belongsTo: (client: object) => void;
  /** Runs `task` once when the other side has gone before the answer has ended; soon, where it has gone already. */
  readonly onGone: (task: () => void) => void;
};

/** An answer that comes in pieces. Nothing here throws, nor does anything once the other side has gone. */
export type HttpStream = {
  readonly write: (bytes: Outgoing) => void;
  readonly end: () => void;
  /** Bytes that wait to be taken by the other side. */
  readonly queuedBytes: () => number;
  /** Runs `task` each time when what waited has been taken, after it had become much. Not any more once it is closed. */
  readonly onDrain: (task: () => void) => void;
  /** False once it was ended or the other side has gone. */
  readonly isOpen: () => boolean;
};

export type HttpServerOptions = {
  /** "localhost" stands for 127.0.0.1 and, where the machine has it, ::1. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Of which each request has to bring one; none: nothing is asked for, which only loopback addresses allow. */
  readonly tokens: readonly string[];
  /** Further values of Host that are ours, as a proxy sends them: with the port, where it is not the default. */
  readonly hosts: readonly string[];
  /** Origins of web pages that may call; everything with any other is refused. */
  readonly origins: readonly string[];
  readonly limits?: Partial<HttpLimits>;
  readonly accept: (request: HttpRequest) => void;
  readonly isReady: () => boolean;
  /** `accept` threw: a defect of ours, which costs that request alone. */
  readonly defect?: (cause: unknown) => void;
};

export type HttpLimits = ListenerBounds &
  BodyBounds & {
    /** Of all answers together that wait to be taken. */
    readonly maxUnreadBytes: number;
  };

/** Where it listens, and how it ends. */
export type HttpServer = {
  readonly host: string;
  readonly port: number;
  /** All addresses, as they stand in a URL. */
  readonly addresses: readonly string[];
  /** From now on each request has to bring one of these. Gives the principals that there are then. */
  readonly setTokens: (tokens: readonly string[]) => ReadonlySet<string>;
  /** Bytes of requests that have not come whole, and of answers that were not taken. */
  readonly heldBytes: () => number;
  /** Stops listening, and ends all connections within `stopMs`. */
  readonly stop: () => Promise<void>;
};

const usualLimits: HttpLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 60_000,
  maxHeaderBytes: 16 * 1024,
  maxConnections: 128,
  maxPipelined: 8,
  stalledMs: 30_000,
  stopMs: 500,
  maxBodyBytes: 4 * 1024 * 1024,
  maxBodiesBytes: 64 * 1024 * 1024,
  maxUnreadBytes: 256 * 1024 * 1024,
};

const plain = { "content-type": "text/plain; charset=utf-8" };
const later = { "retry-after": "1" };
const noBody: Refusal = { status: 400, text: "A POST has a body: one message." };
const tooMuch: Refusal = { status: 503, text: "Too much is being received: try again later.", headers: later };
const stopping: Refusal = { status: 503, text: "tutti is being stopped: try again later.", headers: later };

const wildcards: readonly string[] = ["0.0.0.0", "::"];

/**
 * Serves MCP over HTTP: what passes the guards comes to `accept`, anything else is answered here. Rejects with an error
 * of one line where it cannot listen or must not: an address that others reach is not served without a token.
 */
export async function serveHttp(
  options: HttpServerOptions,
  { listener, clock }: { readonly listener: Listener; readonly clock: Clock },
): Promise<HttpServer> {
  const { host, port } = options;
  checkTokens(options);
  const limits = { ...usualLimits, ...options.limits };
  const serving = new Serving(options, limits, clock);
  const hosts = host === "localhost" ? ["127.0.0.1", "::1"] : [host];
  try {
    const listening = await listener.listen(hosts, port, limits, {
      request: (request, response) => serving.take(request, response),
      spoilt: rawRefusal,
    });
    return {
      host,
      port: listening.port,
      addresses: listening.addresses.map((address) => `${bracketed(address)}:${listening.port}`),
      setTokens: (tokens) => {
        checkTokens({ host, tokens });
        return serving.setTokens(tokens);
      },
      heldBytes: () => serving.receivedBytes + listening.unreadBytes(),
      stop: () => {
        serving.stop();
        return listening.stop();
      },
    };
  } catch (cause) {
    throw new Error(`${bracketed(host)}:${port} cannot be listened at: ${whyNot(cause)}`, { cause });
  }
}

function checkTokens({ host, tokens }: Pick<HttpServerOptions, "host" | "tokens">): void {
  if (tokens.some((token) => token === "")) throw new Error("An empty token lets everybody in: name a real one.");
  if (tokens.length > 0 || isLoopback(host)) return;
  throw new Error(
    `${bracketed(host)} is reached by other machines, and no token is asked for: set one, or use localhost.`,
  );
}

function whyNot(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return "another program listens there. Choose another port, or end that program.";
  if (code === "EACCES") return "the system does not allow it. Choose a port above 1023.";
  if (code === "EADDRNOTAVAIL") return "this machine has no such address. Use localhost or one of its own.";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return "no address is known for this name. Use localhost or an address.";
  return message;
}

class Serving {
  readonly #options: HttpServerOptions;
  readonly #limits: HttpLimits;
  #rules: Rules;
  readonly #clock: Clock;
  readonly #received: Received = { bytes: 0 };
  readonly #room: Room;
  #isStopping = false;

  constructor(options: HttpServerOptions, limits: HttpLimits, clock: Clock) {
    const { host, hosts, origins, tokens } = options;
    const others = wildcards.includes(host) ? [] : [bracketed(host).toLowerCase()];
    this.#options = options;
    this.#limits = limits;
    this.#room = new Room(limits.maxUnreadBytes);
    this.#clock = clock;
    this.#rules = {
      names: ["127.0.0.1", "[::1]", "localhost", ...others],
      isAddressAllowed: !isLoopback(host),
      hosts: new Set(hosts.map((one) => one.toLowerCase())),
      origins: new Set(origins.map((one) => one.toLowerCase())),
      credentials: tokens.map(credentialOf),
      maxBodyBytes: limits.maxBodyBytes,
    };
  }

  /** Of requests that have not come whole. */
  get receivedBytes(): number {
    return this.#received.bytes;
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    const headers = readHeaders(request.rawHeaders);
    const answer = new Answer(request, response, sharing(headers, this.#rules), this.#room, this.#clock);
    const verdict = judge(headOf(request, headers), this.#rules);
    if (verdict.kind === "refused") answer.refuse(verdict.refusal, request, headers);
    else if (verdict.kind === "preflight") answer.respond(204, verdict.headers);
    else if (verdict.kind === "health") answer.respond(200, plain, "ok");
    else if (verdict.kind === "readiness") this.#tellReadiness(answer);
    else if (this.#isStopping) answer.refuse(stopping, request, headers);
    else if (verdict.call.method === "POST") this.#receive(verdict.call, answer, request, response, headers);
    else this.#accept(verdict.call, answer, headers, []);
  }

  setTokens(tokens: readonly string[]): ReadonlySet<string> {
    this.#rules = { ...this.#rules, credentials: tokens.map(credentialOf) };
    return new Set(this.#rules.credentials.map(({ principal }) => principal));
  }

  /** From now on everything is refused. */
  stop(): void {
    this.#isStopping = true;
  }

  #tellReadiness(answer: Answer): void {
    const isReady = !this.#isStopping && this.#options.isReady();
    answer.respond(isReady ? 200 : 503, plain, isReady ? "ready" : "not ready");
  }

  #receive(call: Call, answer: Answer, request: IncomingMessage, response: ServerResponse, headers: Headers): void {
    if (request.httpVersion === "1.1" && headers.has("expect")) response.writeContinue();
    receiveBody(request, this.#limits, this.#received, (end, body) => {
      if (end === "too_long") answer.refuse(tooLong(this.#limits.maxBodyBytes), request, headers);
      else if (end === "too_many") answer.refuse(tooMuch, request, headers);
      else if (body.length === 0) answer.refuse(noBody, request, headers);
      else this.#accept(call, answer, headers, body);
    });
  }

  #accept(call: Call, answer: Answer, headers: Headers, body: readonly Buffer[]): void {
    try {
      this.#options.accept({
        ...call,
        body,
        header: (name) => headers.get(name)?.join(", "),
        respond: (status, fields, content) => answer.respond(status, fields, content),
        stream: (fields = {}) => answer.stream(fields),
        belongsTo: (client) => answer.belongsTo(client),
        onGone: (task) => answer.onGone(task),
      });
    } catch (cause) {
      this.#options.defect?.(cause);
      answer.fail();
    }
  }
}

function headOf(request: IncomingMessage, headers: Headers): Head {
  const { method = "", url: target = "", httpVersion: version, socket } = request;
  return {
    method,
    target,
    version,
    headers,
    localAddress: socket.localAddress ?? "",
    localPort: socket.localPort ?? 0,
  };
}
