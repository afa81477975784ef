import { Client } from "../client/client.ts";
import type { Relay } from "../relay/relay.ts";
import { Lines } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";

/** What a request came back with. */
export type Answer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } };

/** What of a `tools/call` result is shown to a person. */
export type ToolResult = {
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
  readonly isError?: boolean;
  readonly _meta?: { readonly "tutti/error"?: { readonly code?: unknown } };
};

/** The asking side of JSON-RPC, for our own commands: small numbers of messages, parsed whole. */
export class Rpc {
  readonly #send: (message: string) => void;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  constructor(send: (message: string) => void) {
    this.#send = send;
  }

  /** Never rejects; when the other side leaves, use `close`. */
  request(method: string, params: unknown): Promise<Answer> {
    return this.ask(method, params).answer;
  }

  /** The same, with the id that it was given. */
  ask(method: string, params: unknown): { readonly id: number; readonly answer: Promise<Answer> } {
    const id = ++this.#lastId;
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return { id, answer };
  }

  notify(method: string): void {
    this.#send(JSON.stringify({ jsonrpc: "2.0", method }));
  }

  receive(message: Message): void {
    const id = message.kind === "reply" ? message.integer(slot.id) : 0;
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    const { result, error } = { result: message.parsed(slot.result), error: message.parsed(slot.error) };
    resolve?.(error === undefined ? { result } : { error: error as { code: number; message: string } });
  }

  /** The other side has left: what is still asked is answered with `reason`. */
  close(reason: string): void {
    for (const resolve of this.#waiting.values()) resolve({ error: { code: 0, message: reason } });
    this.#waiting.clear();
  }
}

/** A client of `relay` in this process, on the same path as any other. */
export function connectLocally(relay: Relay, version: string): Rpc {
  const limits = { maxMessageBytes: Number.MAX_SAFE_INTEGER, maxDepth: 512 };
  const out = new Lines(
    limits,
    (message) => rpc.receive(message),
    () => {},
  );
  const client = new Client(
    {
      send: (message) => {
        out.push(typeof message === "string" ? Buffer.from(message, "latin1") : Buffer.concat(message));
        out.end();
      },
      queuedBytes: () => 0,
      heldBytes: () => 0,
      end: () => {},
      pause: () => {},
      resume: () => {},
    },
    version,
    () => "",
  );
  const into = new Lines(
    limits,
    (message) => client.receive(message),
    (line) => client.receiveBadLine(line),
  );
  const rpc = new Rpc((message) => into.push(Buffer.from(`${message}\n`)));
  relay.addClient(client);
  return rpc;
}
