import { slot } from "./wire/members.ts";
import { type Edit, encodeString, type Message, type Outgoing, toBytes } from "./wire/message.ts";

/**
 * Why a call got no reply of its own from its server. The list is closed; what a person can do about each is in
 * docs/errors.md.
 *
 * - `unknown_tool`: not in the catalog. Did not run.
 * - `queue_full`: the server's queue is at its bound. Did not run.
 * - `unavailable`: the server is not connected, did not start in time, or is being stopped. Did not run.
 * - `timed_out`: no reply by the deadline. May have run.
 * - `connection_lost`: the link closed while the call was under way. May have run.
 * - `bad_reply`: the reply is not valid JSON, too long or too deep. May have run.
 * - `login_required`: the server wants to know who asks, and was not told or does not accept it. Did not run.
 * - `withheld`: it is not what it was when it was first seen, and nobody has approved it. Did not run.
 * - `bad_arguments`: what a tool of tutti's own was given cannot be used. Did not run.
 * - `cannot_ask`: the server asked what this client cannot answer. May have run.
 * - `cancelled`: the client cancelled or left; nobody is told.
 * - `internal`: a defect of ours, logged with its cause.
 */
export type CallErrorCode =
  | "unknown_tool"
  | "queue_full"
  | "unavailable"
  | "timed_out"
  | "connection_lost"
  | "bad_reply"
  | "cannot_ask"
  | "cancelled"
  | "internal"
  | "login_required"
  | "bad_arguments"
  | "withheld";

/** What replaces the name of a member that only tutti may write, where a server wrote it. */
const foreignMark = '"foreign/tutti-error"';

const didNotRun: ReadonlySet<CallErrorCode> = new Set([
  "unknown_tool",
  "queue_full",
  "unavailable",
  "login_required",
  "bad_arguments",
  "withheld",
]);

/** A call that failed through tutti or on the way to its server. The message's first line is for the model. */
export class CallError extends Error {
  override readonly name = "CallError";
  readonly code: CallErrorCode;
  /** The server's configured name, where the call had one. */
  readonly server: string | undefined;
  /** False only where the server has certainly not seen the call. */
  readonly mayHaveRun: boolean;

  constructor(
    code: CallErrorCode,
    message: string,
    options: { server?: string | undefined; sent?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.server = options.server;
    this.mayHaveRun = options.sent ?? !didNotRun.has(code);
  }

  /** The same in other words. */
  saying(message: string, sent = this.mayHaveRun): CallError {
    return message === this.message && sent === this.mayHaveRun
      ? this
      : new CallError(this.code, message, { server: this.server, sent, cause: this.cause });
  }
}

/** JSON-RPC's error codes, https://www.jsonrpc.org/specification#error_object. */
export const rpcCode = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
} as const;

/** Our own failures as JSON-RPC codes, outside the range that JSON-RPC and MCP use themselves; index by index in this order. */
const codes: readonly CallErrorCode[] = [
  "unknown_tool",
  "queue_full",
  "unavailable",
  "timed_out",
  "connection_lost",
  "bad_reply",
  "cannot_ask",
  "cancelled",
  "internal",
  "login_required",
  "bad_arguments",
  "withheld",
];
const firstCode = -31_000;

/**
 * The reply to a `tools/call` that failed: a result that says so, which no client mistakes for a lost connection. `head`:
 * members that every result to this client begins with, each with its comma.
 */
export function toToolResult(id: string, error: CallError, head = ""): Outgoing {
  return failedResult(id, encodeString(error.message), markOf(error), head);
}

/** The reply to any other request that failed through tutti or on the way: a JSON-RPC error with the same mark in its data. */
export function toFailure(id: string, error: CallError): Outgoing {
  const code = firstCode - codes.indexOf(error.code);
  const data = `{"tutti/error":${markOf(error)}}`;
  const members = `"code":${code},"message":${encodeString(error.message)},"data":${data}`;
  return `{"jsonrpc":"2.0","id":${id},"error":{${members}}}`;
}

/** The reply to a request that failed, as a JSON-RPC error; `data`: JSON in bytes. */
export function toProtocolError(id: string, code: number, message: string, data?: string): Outgoing {
  const more = data === undefined ? "" : `,"data":${data}`;
  return `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":${encodeString(message)}${more}}}`;
}

/**
 * A server's JSON-RPC error as the result of its `tools/call`: the message as text, and code, message and data byte for
 * byte in `_meta["tutti/error"]`. Undefined for the codes with which the protocol itself works: −32042 (URL elicitation
 * required) and −32020 … −32099 (reserved).
 */
export function serverErrorAsResult(id: string, server: string, reply: Message, head = ""): Outgoing | undefined {
  const code = reply.raw(slot.code) ?? String(rpcCode.internalError);
  if (isProtocols(Number(code))) return undefined;
  const isText = reply.firstByte(slot.message) === 0x22;
  const message = isText
    ? (reply.raw(slot.message) as string)
    : toBytes('"The server gave an error without a message."');
  const data = reply.has(slot.data) ? `,"data":${reply.raw(slot.data)}` : "";
  const mark = `{"origin":"server","server":${encodeString(server)},"code":${code},"message":${message}${data}}`;
  return failedResult(id, message, mark, head);
}

/** Whether the protocol itself works with an error of this code, so that it stays one. */
export function isProtocols(code: number): boolean {
  return code === -32042 || (code <= -32020 && code >= -32099);
}

/** A server's JSON-RPC error in one line, for people: its message and its code. */
export function serverErrorInOneLine(reply: Message): string {
  const message = cutAt(300, reply.text(slot.message)?.replace(/\s+/g, " ") ?? "no message");
  return `${message} (${reply.raw(slot.code)?.slice(0, 20) ?? "no code"})`;
}

/**
 * At most `longest` characters of what somebody else says, and a mark where it was cut: what is left there of a secret can
 * be told by it.
 */
export function cutAt(longest: number, text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** What takes marks of tutti's out of a server's reply: they get another name. */
export function foreignMarks({ reservedNames }: Message): Edit[] {
  const edits: Edit[] = [];
  for (let index = 0; index < reservedNames.length; index += 2) {
    edits.push({ start: reservedNames[index] as number, end: reservedNames[index + 1] as number, bytes: foreignMark });
  }
  return edits;
}

function markOf({ server, code, mayHaveRun }: CallError): string {
  const shown = server === undefined ? "" : `"server":${encodeString(server)},`;
  return `{"origin":"tutti",${shown}"code":"${code}","mayHaveRun":${mayHaveRun}}`;
}

function failedResult(id: string, text: string, mark: string, head: string): Outgoing {
  const content = `[{"type":"text","text":${text}}]`;
  const result = `{${head}"content":${content},"isError":true,"_meta":{"tutti/error":${mark}}}`;
  return `{"jsonrpc":"2.0","id":${id},"result":${result}}`;
}
