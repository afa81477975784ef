import type { Client } from "../client/client.ts";
import type { Call, Request } from "../downstream/call.ts";
import { CallError, rpcCode, serverErrorAsResult, toProtocolError, toToolResult } from "../errors.ts";
import type { CallEnded } from "../events.ts";
import type { Pausable } from "../transport/link.ts";
import { slot } from "../wire/members.ts";
import type { Edit, Message, Outgoing } from "../wire/message.ts";

/** What replaces the name of a member that only tutti may write, where a server wrote it. */
const foreignMark = '"foreign/tutti-error"';

/** How one `tools/call` is answered. */
export type ExchangeOptions = {
  readonly client: Client;
  readonly message: Message;
  /** The name as the client gave it. */
  readonly tool: string;
  /** The original name as a JSON string, in bytes; an error where there is no such tool. Asked when the call is sent. */
  readonly resolve: () => string | CallError;
  readonly server: string | undefined;
  /** Where the server's bytes come from: held up while the client does not take them. */
  readonly source: Pausable | undefined;
  readonly errors: "result" | "protocol";
  /** Called once, when it is settled. */
  readonly settled: (exchange: Exchange, outcome: CallEnded["outcome"]) => void;
};

/**
 * One `tools/call` of a client, until its one reply. Whatever ends it goes through `#settle`, which does so once; ids
 * and tokens of the client never leave it.
 */
export class Exchange implements Request {
  /** The client's id as it stands, bytes one to a character. */
  readonly id: string;
  readonly tool: string;
  readonly server: string | undefined;
  /** Set once it was handed to a server. */
  call: Call | undefined;
  readonly #options: ExchangeOptions;
  readonly #token: string | undefined;
  #isSettled = false;

  constructor(options: ExchangeOptions) {
    const { message, tool, server } = options;
    this.id = message.raw(slot.id) as string;
    this.tool = tool;
    this.server = server;
    this.#options = options;
    const token = message.raw(slot.wantedToken);
    // Anything but a string or a number is no token, and stays what it is.
    this.#token = token !== undefined && /^["\d-]/.test(token) ? token : undefined;
  }

  encode(id: number): Outgoing | undefined {
    const { message, resolve } = this.#options;
    const name = resolve();
    if (name instanceof CallError) {
      this.fail(name);
      return undefined;
    }
    const edits = [replace(message, slot.id, String(id)), replace(message, slot.name, name)];
    if (this.#token !== undefined) edits.push(replace(message, slot.wantedToken, String(id)));
    return message.splice(edits.sort(byStart));
  }

  reply(reply: Message): void {
    const { errors, server = "" } = this.#options;
    const isError = reply.has(slot.error);
    const asResult = isError && errors === "result" ? serverErrorAsResult(this.id, server, reply) : undefined;
    const edits = [replace(reply, slot.id, this.id), ...foreignMarks(reply)];
    this.#settle(asResult ?? reply.splice(edits.sort(byStart)), isError ? "server_error" : "answered");
  }

  progress(notification: Message): void {
    const { client, source } = this.#options;
    if (this.#isSettled || this.#token === undefined) return;
    client.send(notification.splice([replace(notification, slot.token, this.#token)]), source);
  }

  fail(error: CallError): void {
    const isToTheLetter = error.code === "unknown_tool" && this.#options.errors === "protocol";
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
    const { client, source, settled } = this.#options;
    if (reply !== undefined) client.send(reply, source);
    settled(this, outcome);
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

function byStart(a: Edit, b: Edit): number {
  return a.start - b.start;
}
