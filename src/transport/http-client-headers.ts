import { type ParamHeader, toHeaderValue } from "../wire/header-value.ts";
import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";
import { memberOf } from "../wire/object.ts";
import { membersOf } from "../wire/walk.ts";

/** What the bytes that a header repeats are part of: the same message that is sent. */
type Headers = Record<string, string>;

const acceptsBoth = "application/json, text/event-stream";
const openingBrace = 0x7b;

/** How every POST of a message says what it brings and what may come back. */
export const postHeaders: Readonly<Headers> = { "Content-Type": "application/json", Accept: acceptsBoth };

/** The same of the GET that asks for a stream of events. */
export const streamHeaders: Readonly<Headers> = { Accept: "text/event-stream" };

/**
 * What a message of the modern era repeats in headers, read from the very bytes that are sent: the version, the method,
 * whatever it names, and the arguments of a tool that are wanted there.
 */
export function modernHeaders(message: Message, paramHeaders: (tool: string) => readonly ParamHeader[]): Headers {
  const method = message.text(slot.method) ?? "";
  const headers: Headers = { "Mcp-Method": toHeaderValue(method) };
  const version = message.text(slot.protocolVersion);
  if (version !== undefined) headers["MCP-Protocol-Version"] = toHeaderValue(version);
  const name = nameIn(message, method);
  if (name !== undefined) headers["Mcp-Name"] = toHeaderValue(name);
  if (method === "tools/call" && name !== undefined) Object.assign(headers, argumentsIn(message, paramHeaders(name)));
  return headers;
}

function nameIn(message: Message, method: string): string | undefined {
  if (method === "tools/call" || method === "prompts/get") return message.text(slot.name);
  const member = method === "resources/read" ? "uri" : method.startsWith("tasks/") ? "taskId" : undefined;
  if (member === undefined || message.firstByte(slot.params) !== openingBrace) return undefined;
  const at = memberOf(message, message.start(slot.params), message.end(slot.params), member);
  const value: unknown = at === undefined ? undefined : JSON.parse(message.bytes(at.start, at.end).toString());
  return typeof value === "string" ? value : undefined;
}

function argumentsIn(message: Message, wanted: readonly ParamHeader[]): Headers {
  const headers: Headers = {};
  if (wanted.length === 0) return headers;
  const at = memberOf(message, message.start(slot.params), message.end(slot.params), "arguments");
  if (at === undefined) return headers;
  const given = message.bytes(at.start, at.end);
  for (const { name, path } of wanted) {
    const value = valueAt(given, path);
    if (value !== undefined) headers[`Mcp-Param-${name}`] = toHeaderValue(value);
  }
  return headers;
}

/** The plain value at `path` as a text; undefined where there is none, or null. */
function valueAt(json: Buffer, path: readonly string[]): string | undefined {
  let start = 0;
  let end = json.length;
  for (const name of path) {
    if (json[start] !== openingBrace) return undefined;
    const member = [...membersOf(json, start)].findLast((one) => one.name === name);
    if (member === undefined) return undefined;
    ({ start, end } = member);
  }
  const raw = json.toString("utf8", start, end);
  if (raw.startsWith('"')) return JSON.parse(raw) as string;
  if (raw === "true" || raw === "false") return raw;
  return /^[-\d]/.test(raw) ? decimal(raw) : undefined;
}

// Digits beyond what a number of ours can hold stay as they are.
function decimal(raw: string): string | undefined {
  const number = Number(raw);
  if (/^-?\d+$/.test(raw) && !Number.isSafeInteger(number)) return raw;
  return Number.isFinite(number) ? String(number) : undefined;
}
