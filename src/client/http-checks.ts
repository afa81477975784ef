import { isSelfContainedRevision, isSessionRevision, knownRevisions } from "../transport/http-revisions.ts";
import { fromHeaderValue, type ParamHeader } from "../wire/header-value.ts";
import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";
import { memberOf } from "../wire/object.ts";

/*
 * What the headers of a request must say of its body:
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http. Each check gives what is
 * wrong, in one line, or undefined. Pure.
 */

/** The value of a header by its name in lower case. */
export type Headers = (name: string) => string | undefined;

export const versionHeader = "mcp-protocol-version";
const methodHeader = "mcp-method";
const nameHeader = "mcp-name";

/** Which member of the params Mcp-Name repeats. */
const namedBy: ReadonlyMap<string, string> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
  ["tasks/get", "taskId"],
  ["tasks/update", "taskId"],
  ["tasks/cancel", "taskId"],
]);

const longestShown = 80;
const integer = /^-?\d+$/;
const decimal = /^-?\d+(?:\.\d+)?$/;

/** Of a request within a session: whether its revision is none that has sessions. */
export function sessionVersionProblem(headers: Headers): string | undefined {
  const version = headers(versionHeader);
  if (version === undefined || isSessionRevision(version)) return undefined;
  const why = isSelfContainedRevision(version) ? "begins no session" : "is not known";
  return `MCP-Protocol-Version ${shown(version)} ${why}; there are ${knownRevisions()}`;
}

/** Whether the version in the header, where there is one, is another than that in the body. */
export function versionMismatch(headers: Headers, message: Message): string | undefined {
  return mismatch("MCP-Protocol-Version", headers(versionHeader), message.text(slot.protocolVersion));
}

/** Of a request or a notification that speaks for itself: whether a header says something else, or one is missing. */
export function headerProblem(headers: Headers, message: Message): string | undefined {
  const isRequest = message.kind === "request";
  const method = message.text(slot.method) as string;
  const problem = versionMismatch(headers, message) ?? mismatch("Mcp-Method", headers(methodHeader), method);
  if (problem !== undefined || !isRequest) return problem;
  if (headers(versionHeader) === undefined) return missing("MCP-Protocol-Version", message.text(slot.protocolVersion));
  if (headers(methodHeader) === undefined) return missing("Mcp-Method", method);
  return nameProblem(headers, message, namedBy.get(method));
}

/** Of a call of a tool some of whose arguments are repeated in headers: as `headerProblem`. */
export function paramProblem(headers: Headers, message: Message, params: readonly ParamHeader[]): string | undefined {
  for (const { name, path } of params) {
    const value = valueAt(message, slot.params, ["arguments", ...path]);
    const inBody = textOf(value);
    if (value === undefined || inBody === undefined) continue;
    const header = `Mcp-Param-${name}`;
    const inHeader = headers(header.toLowerCase());
    if (inHeader === undefined) {
      // Integers that a double cannot hold are left out by some clients, which cannot write them.
      if (integer.test(inBody) && !Number.isSafeInteger(Number(inBody)) && !value.startsWith('"')) continue;
      return missing(header, inBody);
    }
    const decoded = fromHeaderValue(inHeader.trim());
    if (decoded === undefined) return broken(header);
    const isSame = value.startsWith('"') ? decoded === inBody : isSameNumber(decoded, inBody);
    if (!isSame) return mismatch(header, decoded, inBody) as string;
  }
  return undefined;
}

function nameProblem(headers: Headers, message: Message, member: string | undefined): string | undefined {
  if (member === undefined) return undefined;
  // A long message is not read through for its name, whose place is known.
  const inBody = member === "name" ? message.text(slot.name) : stringIn(valueAt(message, slot.params, [member]));
  const inHeader = headers(nameHeader);
  if (inHeader === undefined) return inBody === undefined ? undefined : missing("Mcp-Name", inBody);
  const decoded = fromHeaderValue(inHeader.trim());
  if (decoded === undefined) return broken("Mcp-Name");
  return inBody === undefined ? undefined : mismatch("Mcp-Name", decoded, inBody);
}

/** A value as a header repeats it; undefined where none does. */
function textOf(value: string | undefined): string | undefined {
  if (value === undefined || value === "null" || value.startsWith("{") || value.startsWith("[")) return undefined;
  return stringIn(value) ?? value;
}

function isSameNumber(one: string, other: string): boolean {
  if (one === other) return true;
  if (integer.test(one) && integer.test(other)) return BigInt(one) === BigInt(other);
  return decimal.test(one) && !Number.isNaN(Number(other)) && Number(one) === Number(other);
}

/** What stands at `path` in the object in `member`, in bytes. */
function valueAt(message: Message, member: typeof slot.params, path: readonly string[]): string | undefined {
  let start = message.start(member);
  let end = message.end(member);
  for (const name of path) {
    if (start === -1 || message.slice(start, start + 1) !== "{") return undefined;
    const at = memberOf(message, start, end, name);
    if (at === undefined) return undefined;
    ({ start, end } = at);
  }
  return message.slice(start, end);
}

function stringIn(value: string | undefined): string | undefined {
  if (value?.startsWith('"') !== true) return undefined;
  return JSON.parse(Buffer.from(value, "latin1").toString()) as string;
}

function mismatch(header: string, said: string | undefined, inBody: string | undefined): string | undefined {
  if (said === undefined || said === inBody) return undefined;
  return `${header} says ${shown(said)}, the body ${inBody === undefined ? "nothing" : shown(inBody)}`;
}

function missing(header: string, inBody: string | undefined): string {
  return `${header} is missing; the body says ${shown(inBody ?? "")}`;
}

function broken(header: string): string {
  return `${header} is marked as base64 and is none of UTF-8`;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, longestShown));
}
