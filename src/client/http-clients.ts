import { CallError, rpcCode, toFailure, toProtocolError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import { Replies } from "../transport/http-replies.ts";
import { isSelfContainedRevision } from "../transport/http-revisions.ts";
import type { HttpRequest } from "../transport/http-server.ts";
import type { ParamHeader } from "../wire/header-value.ts";
import type { MessageLimits } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import { encodeString, type Message, type Outgoing } from "../wire/message.ts";
import { Whole } from "../wire/whole.ts";
import { Callers } from "./callers.ts";
import { Client } from "./client.ts";
import { Envelopes, type Refusal } from "./handshake.ts";
import { versionHeader, versionMismatch } from "./http-checks.ts";
import { headerMismatch, idOf, refuse, refuseBody, respond, shed } from "./http-refusals.ts";
import type { Serving } from "./http-serving.ts";
import { Sessions } from "./sessions.ts";

const tickMs = 5000;

/** Of one who may be asked something, and goes to lunch first. */
const usualIdleMs = 30 * 60_000;
const usualMaxClients = 256;

const lacksEnvelope = 'params._meta lacks "io.modelcontextprotocol/protocolVersion"';
const subscriptionId = "io.modelcontextprotocol/subscriptionId";
const stopping = "tutti: it is being stopped. What was called may have run.";
const revoked = "tutti: the token of this client is not taken any more. What was called may have run.";
const ended = "tutti: the client has ended its session. What was called may have run.";

export type HttpClientsOptions = {
  readonly version: string;
  /** Bounds on a message of a client. */
  readonly limits: MessageLimits;
  readonly clock: Clock;
  /** So many bytes that nobody can guess. */
  readonly random: (count: number) => Buffer;
  /** What a handshake tells the model of a client that nobody serves yet. */
  readonly firstInstructions: () => string;
  /** Called once for each client, before anything that it says is passed on. */
  readonly arrived: (client: Client, about: HttpClient) => void;
  /** A defect of ours, which costs one message. */
  readonly defect: (cause: unknown) => void;
  /** Which arguments of a tool, under the name that the client knows it by, are to be repeated in headers. */
  readonly paramHeaders?: (client: Client, tool: string) => readonly ParamHeader[];
  /** How long a client is kept of which nothing is open. Default 30 minutes. */
  readonly idleMs?: number;
  /** So many with a session and as many without, at most. Default 256. */
  readonly maxClients?: number;
};

/** Who a client over HTTP is. */
export type HttpClient = {
  readonly principal: string;
  /** Whether it came by the path on which tools are found by searching. */
  readonly isLazy: boolean;
};

/**
 * All clients that come over HTTP. Whether a request belongs to a session or speaks for itself is told by its body, each
 * anew: both kinds come by the same address, in any order.
 */
export class HttpClients {
  readonly #options: HttpClientsOptions;
  readonly #sessions: Sessions;
  readonly #callers: Callers;
  readonly #envelopes = new Envelopes();
  readonly #bodies: Whole;
  #isTicking = false;
  #isStopped = false;

  constructor(options: HttpClientsOptions) {
    const { clock, random, version, firstInstructions, arrived, defect } = options;
    const { idleMs = usualIdleMs, maxClients = usualMaxClients } = options;
    this.#options = options;
    this.#bodies = new Whole(options.limits);
    const serving: Serving = {
      ways: { clock, replies: new Replies() },
      random,
      arrive: (link, { principal, path }) => {
        const client = new Client(link, version, firstInstructions);
        arrived(client, { principal, isLazy: path === "/mcp/lazy" });
        this.#tickSoon();
        return client;
      },
      paramHeaders: options.paramHeaders ?? (() => []),
      defect,
    };
    const bounds = { most: maxClients, idleMs };
    this.#sessions = new Sessions(serving, bounds);
    this.#callers = new Callers(serving, bounds);
  }

  /** How many clients there are. */
  get size(): number {
    return this.#sessions.size + this.#callers.size;
  }

  /** Serves one HTTP request. */
  accept(request: HttpRequest): void {
    if (this.#isStopped) shed(request, stopping);
    else if (request.method === "POST") this.#post(request);
    else if (isSelfContainedRevision(request.header(versionHeader))) {
      const text = `${request.method} has no meaning in this protocol version. Use POST.`;
      request.respond(405, { allow: "POST", "content-type": "application/json" }, errorWithoutId(text));
    } else if (request.method === "GET") this.#sessions.listen(request);
    else this.#sessions.leave(request, (message) => lastWord(message, ended));
  }

  /** All clients leave: what is open is ended, and nothing more is served. */
  stop(): void {
    this.#isStopped = true;
    this.#sessions.stop((message) => lastWord(message, stopping));
    this.#callers.stop((message) => lastWord(message, stopping));
  }

  /** From now on only these credentials count: clients with another one leave. */
  keepOnly(principals: ReadonlySet<string>): void {
    this.#sessions.keepOnly(principals, (message) => lastWord(message, revoked));
    this.#callers.keepOnly(principals, (message) => lastWord(message, revoked));
  }

  #post(request: HttpRequest): void {
    const message = this.#bodies.read(request.body);
    if (!("kind" in message)) {
      if (isSelfContainedRevision(request.header(versionHeader))) refuseBody(request, message);
      else this.#sessions.takeBad(request, message);
      return;
    }
    const said = this.#envelopes.read(message);
    if (said === undefined) this.#withoutEnvelope(request, message);
    else if ("era" in said) this.#callers.take(request, message);
    else this.#refuseEnvelope(request, message, said);
  }

  #withoutEnvelope(request: HttpRequest, message: Message): void {
    if (!isSelfContainedRevision(request.header(versionHeader))) this.#sessions.take(request, message);
    else if (message.kind === "notification") request.respond(202, {});
    else if (message.kind === "reply") refuse(request, 400, "In this protocol version the server asks nothing.");
    else if (message.text(slot.method) === "initialize") {
      refuse(request, 400, "MCP-Protocol-Version has no initialize; the body has", message, headerMismatch);
    } else refuse(request, 400, lacksEnvelope, message, rpcCode.invalidParams);
  }

  #refuseEnvelope(request: HttpRequest, message: Message, { code, message: text, data }: Refusal): void {
    const mismatch = code === rpcCode.invalidParams ? undefined : versionMismatch(request.header, message);
    // Notifications need none, and are not answered.
    if (message.kind !== "request") request.respond(202, {});
    else if (mismatch !== undefined) refuse(request, 400, mismatch, message, headerMismatch);
    else {
      const more = data === undefined ? "" : `,"data":${data}`;
      const error = `{"code":${code},"message":${encodeString(text)}${more}}`;
      respond(request, 400, `{"jsonrpc":"2.0","id":${idOf(message)},"error":${error}}`);
    }
  }

  #tickSoon(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    this.#options.clock.after(tickMs, () => {
      this.#isTicking = false;
      this.#sessions.tick();
      this.#callers.tick();
      if (this.size > 0) this.#tickSoon();
    });
  }
}

function errorWithoutId(text: string): Outgoing {
  return toProtocolError("null", rpcCode.invalidRequest, text);
}

/** What a request gets that is open when its client leaves: for streams that is the usual end. */
function lastWord(message: Message, text: string): Outgoing {
  const id = idOf(message);
  if (message.text(slot.method) !== "subscriptions/listen") {
    return toFailure(id, new CallError("connection_lost", text));
  }
  const meta = `{"${subscriptionId}":${id}}`;
  return `{"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete","_meta":${meta}}}`;
}
