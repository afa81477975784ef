import { rpcCode, toProtocolError } from "../errors.ts";
import type { Link, Pausable } from "../transport/link.ts";
import type { BadLine } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import type { Message, Outgoing } from "../wire/message.ts";
import { answerInitialize } from "./handshake.ts";

/** Who answers what a client itself does not: the relay, once it is there. */
export type Answerer = {
  readonly request: (method: string, message: Message, client: Client) => void;
  readonly notification: (method: string, message: Message, client: Client) => void;
};

const badRequests: Record<BadLine["problem"], readonly [code: number, text: string]> = {
  not_json: [rpcCode.parseError, "The message is not valid JSON."],
  bad_utf8: [rpcCode.parseError, "The message is not valid UTF-8."],
  not_rpc: [
    rpcCode.invalidRequest,
    "The message is no JSON-RPC 2.0 request, notification or reply. Batches are not supported.",
  ],
  too_deep: [rpcCode.invalidRequest, "The message is nested too deeply (limits.maxDepth)."],
  too_long: [rpcCode.invalidRequest, "The message is too long (limits.maxMessageBytes)."],
  duplicate: [rpcCode.invalidRequest, "The message has a member twice that may be there once."],
};

/**
 * One connected client. Handshakes and pings are answered here and at once; everything else waits, in order, until
 * `serve` names who answers it.
 */
export class Client {
  readonly #link: Link;
  readonly #version: string;
  #answerer: Answerer | undefined;
  #backlog: Message[] = [];

  constructor(link: Link, version: string) {
    this.#link = link;
    this.#version = version;
  }

  /** Hands everything that waits, and all that comes from now on, to `answerer`. */
  serve(answerer: Answerer): void {
    this.#answerer = answerer;
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const message of backlog) this.#pass(message, answerer);
  }

  /** Sends to the client; `source` is held up while the client does not read what came from it. */
  send(message: Outgoing, source?: Pausable): void {
    this.#link.send(message, source);
  }

  receive(message: Message): void {
    const method = message.kind === "request" ? message.text(slot.method) : undefined;
    if (method === "initialize") this.send(answerInitialize(message, this.#version));
    else if (method === "ping") this.send(`{"jsonrpc":"2.0","id":${message.raw(slot.id)},"result":{}}`);
    else if (this.#answerer === undefined) this.#backlog.push(message);
    else this.#pass(message, this.#answerer);
  }

  receiveBadLine({ problem, id }: BadLine): void {
    const [code, text] = badRequests[problem];
    this.send(toProtocolError(id ?? "null", code, text));
  }

  #pass(message: Message, answerer: Answerer): void {
    const method = message.text(slot.method) ?? "";
    if (message.kind === "request") answerer.request(method, message, this);
    else if (message.kind === "notification") answerer.notification(method, message, this);
    // A reply answers a question, and we ask none.
  }
}
