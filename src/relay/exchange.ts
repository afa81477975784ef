import type { Client } from "../client/client.ts";
import type { Call, Request } from "../downstream/call.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { CallError, rpcCode, serverErrorAsResult, toProtocolError, toToolResult } from "../errors.ts";
import type { CallEnded } from "../events.ts";
import { slot } from "../wire/members.ts";
import type { Edit, Message, Outgoing } from "../wire/message.ts";

/** What replaces the name of a member that only tutti may write, where a server wrote it. */
const foreignMark = '"foreign/tutti-error"';

/** What the exchanges of one relay share. */
export type Exchanges = {
  readonly errors: "result" | "protocol";
  /** The original name, in bytes, of a tool that nobody had listed when its call came; an error where its server turns out not to have it. */
  readonly resolve: (exchange: Exchange) => string | CallError;
  /** Called once for each, when it is settled. */
  readonly settled: (exchange: Exchange, outcome: CallEnded["outcome"]) => void;
};

/** A `tools/call` that has come in. */
export type Arrival = {
  readonly client: Client;
  readonly message: Message;
  /** The name as the client gave it. */
  readonly tool: string;
  /** The original name as a JSON string, in bytes; undefined where nobody has listed the tool. */
  readonly original: string | undefined;
  /** Undefined where no server can have the tool. */
  readonly downstream: Downstream | undefined;
  readonly arrivedAt: number;
};

/**
 * One `tools/call` of a client, until its one reply. Whatever ends it goes through `#settle`, which does so once; ids
 * and tokens of the client never leave it.
 */
export class Exchange implements Request {
  readonly client: Client;
  /** The client's id as it stands, bytes one to a character. */
  readonly id: string;
  readonly tool: string;
  readonly downstream: Downstream | undefined;
  readonly arrivedAt: number;
  /** Set once it was handed to its server. */
  call: Call | undefined;
  readonly #exchanges: Exchanges;
  readonly #message: Message;
  readonly #original: string | undefined;
  readonly #token: string | undefined;
  #isSettled = false;

  constructor(exchanges: Exchanges, { client, message, tool, original, downstream, arrivedAt }: Arrival) {
    this.client = client;
    this.id = message.raw(slot.id) as string;
    this.tool = tool;
    this.downstream = downstream;
    this.arrivedAt = arrivedAt;
    this.#exchanges = exchanges;
    this.#message = message;
    this.#original = original;
    const token = message.raw(slot.wantedToken);
    // Anything but a string or a number is no token, and stays what it is.
    this.#token = token !== undefined && /^["\d-]/.test(token) ? token : undefined;
  }

  encode(id: number): Outgoing | undefined {
    const message = this.#message;
    const name = this.#original ?? this.#exchanges.resolve(this);
    if (name instanceof CallError) {
      this.fail(name);
      return undefined;
    }
    const edits = [replace(message, slot.id, String(id)), replace(message, slot.name, name)];
    if (this.#token !== undefined) edits.push(replace(message, slot.wantedToken, String(id)));
    return message.splice(edits);
  }

  reply(reply: Message): void {
    const server = this.downstream?.name ?? "";
    const isError = reply.has(slot.error);
    const isResult = isError && this.#exchanges.errors === "result";
    const asResult = isResult ? serverErrorAsResult(this.id, server, reply) : undefined;
    const edits = [replace(reply, slot.id, this.id), ...foreignMarks(reply)];
    this.#settle(asResult ?? reply.splice(edits), isError ? "server_error" : "answered");
  }

  progress(notification: Message): void {
    if (this.#isSettled || this.#token === undefined) return;
    this.client.send(notification.splice([replace(notification, slot.token, this.#token)]), this.downstream);
  }

  fail(error: CallError): void {
    const isToTheLetter = error.code === "unknown_tool" && this.#exchanges.errors === "protocol";
    const reply = isToTheLetter
      ? toProtocolError(this.id, rpcCode.invalidParams, error.message)
      : toToolResult(this.id, error);
    this.#settle(reply, error.code);
  }

  /** The client has taken its request back, and gets no reply. `notice` is its notification; its reason goes on. */
  cancel(notice: Message): void {
    this.call?.cancel((id) => notice.splice([replace(notice, slot.requestId, String(id))]));
    this.#settle(undefined, "cancelled");
  }

  #settle(reply: Outgoing | undefined, outcome: CallEnded["outcome"]): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    if (reply !== undefined) this.client.send(reply, this.downstream);
    this.#exchanges.settled(this, outcome);
  }
}

function replace(message: Message, member: (typeof slot)[keyof typeof slot], bytes: string): Edit {
  return { start: message.start(member), end: message.end(member), bytes };
}

function foreignMarks({ reservedNames }: Message): Edit[] {
  const edits: Edit[] = [];
  for (let index = 0; index < reservedNames.length; index += 2) {
    edits.push({ start: reservedNames[index] as number, end: reservedNames[index + 1] as number, bytes: foreignMark });
  }
  return edits;
}
