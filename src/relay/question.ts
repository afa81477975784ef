import type { ServerConfig } from "../config/config.ts";
import { slot } from "../wire/members.ts";
import { type Edit, encodeString, type Message, spliced } from "../wire/message.ts";
import { memberOf } from "../wire/object.ts";
import { membersOf } from "../wire/walk.ts";

/** What can be asked of a client in the middle of a request; everything else is a method that one side does not know. */
export const questions: ReadonlySet<string> = new Set(["elicitation/create", "sampling/createMessage", "roots/list"]);

/** Requests whose reply may ask something. */
export const asking: ReadonlySet<string> = new Set(["tools/call", "prompts/get", "resources/read"]);

/** What one server may ask at once; more is refused. */
export const mostQuestions = 64;

/** Members of a question's params that decide who can answer it. */
const deciding: ReadonlySet<string> = new Set(["mode", "tools", "toolChoice"]);

/** How long a client has for an answer (0: without limit), and what is said when that is over. */
export function answerLimit({ askTimeoutMs, callTimeoutCapMs }: ServerConfig): { ms: number; text: string } {
  const ms = askTimeoutMs || callTimeoutCapMs;
  const field = askTimeoutMs > 0 ? "askTimeoutMs" : "callTimeoutCapMs";
  return { ms, text: `the client did not answer within ${ms / 1000} s (${field})` };
}

/** How long a client has for an answer at least, whichever of these servers asks; 0: without limit. */
export function longestAskMs(servers: readonly ServerConfig[]): number {
  const limits = servers.map(({ askTimeoutMs }) => askTimeoutMs);
  return limits.includes(0) ? 0 : Math.max(...limits, 1);
}

/** What of a question's params says who can answer it; the rest is not opened. */
export function kindOf(params: Buffer): Readonly<Record<string, unknown>> {
  const members = [...membersOf(params, 0)].filter(({ name }) => deciding.has(name));
  return Object.fromEntries(
    members.map(({ name, start, end }) => [name, JSON.parse(params.toString("utf8", start, end)) as unknown]),
  );
}

/**
 * The edits with which a person sees which server asks: its configured name before the message of an elicitation, whose
 * `params` begin at `at` of a text. Other questions have no text for people.
 */
export function nameEdits(method: string, params: Buffer, at: number, server: string): Edit[] {
  if (method !== "elicitation/create" || params[0] !== 0x7b) return [];
  const name = encodeString(`${server}: `).slice(1, -1);
  return [...membersOf(params, 0)]
    .filter(({ name: member, start }) => member === "message" && params[start] === 0x22)
    .map(({ start }) => ({ start: at + start + 1, end: at + start + 1, bytes: name }));
}

/** The params of a question as they stand in a message; an empty object where it has none. */
export function paramsOf(message: Message): Buffer {
  const has = message.firstByte(slot.params) === 0x7b;
  return has ? message.bytes(message.start(slot.params), message.end(slot.params)) : Buffer.from("{}");
}

/** The server's id for the opening of an address, in its question and in what it tells of it later. */
export function elicitationIdOf(message: Message): string | undefined {
  if (message.firstByte(slot.params) !== 0x7b) return undefined;
  const at = memberOf(message, message.start(slot.params), message.end(slot.params), "elicitationId");
  const id: unknown = at && JSON.parse(message.bytes(at.start, at.end).toString());
  return typeof id === "string" ? id : undefined;
}

/** A question that a server put into its reply. */
export type InputRequest = {
  /** Under which it is answered, as it stands. */
  readonly key: string;
  readonly method: string;
  /** An object. */
  readonly params: Buffer;
  /** Where they begin in the reply. */
  readonly at: number;
};

/** What a reply asks. */
type Questions = {
  /** Those that can be read. */
  readonly requests: readonly InputRequest[];
  /** What goes back with the answers, as it stands. */
  readonly state: string | undefined;
  /** Whether there is something, and all of it can be read. */
  readonly isWhole: boolean;
};

export function readQuestions(reply: Message): Questions {
  const resultAt = reply.start(slot.result);
  const result = reply.bytes(resultAt, reply.end(slot.result));
  const requests: InputRequest[] = [];
  let state: string | undefined;
  let isWhole = true;
  for (const member of membersOf(result, 0)) {
    if (member.name === "requestState") state = result.toString("latin1", member.start, member.end);
    if (member.name !== "inputRequests") continue;
    if (result[member.start] !== 0x7b) {
      isWhole = false;
      continue;
    }
    for (const request of membersOf(result, member.start)) {
      const key = result.toString("latin1", request.nameStart, request.nameEnd);
      const read = readRequest(result, request.start);
      if (read === undefined) {
        isWhole = false;
        continue;
      }
      const { method, start, end } = read;
      const params = start === -1 ? Buffer.from("{}") : result.subarray(start, end);
      requests.push({ key, method, params, at: resultAt + start });
    }
  }
  return { requests, state, isWhole: isWhole && (state !== undefined || requests.length > 0) };
}

function readRequest(result: Buffer, at: number): { method: string; start: number; end: number } | undefined {
  if (result[at] !== 0x7b) return undefined;
  let method: string | undefined;
  let [start, end] = [-1, -1];
  for (const member of membersOf(result, at)) {
    if (member.name === "method" && result[member.start] === 0x22) {
      method = JSON.parse(result.toString("utf8", member.start, member.end)) as string;
    }
    if (member.name === "params" && result[member.start] === 0x7b) ({ start, end } = member);
  }
  return method === undefined ? undefined : { method, start, end };
}

/** A question as part of a reply: with the server's name, without what only a request of its own has. */
export function inputRequest(method: string, params: Buffer, server: string): string {
  const edits = [...nameEdits(method, params, 0, server), ...removal(params, "elicitationId")];
  return `{"method":${encodeString(method)},"params":${spliced(params, edits)}}`;
}

function removal(object: Buffer, name: string): Edit[] {
  const members = [...membersOf(object, 0)];
  const firstKept = members.findIndex((member) => member.name !== name);
  return members.flatMap((member, index) => {
    if (member.name !== name) return [];
    const [before, after] = [members[index - 1], members[index + 1]];
    // With the comma before it, unless nothing before it stays.
    if (before && firstKept !== -1 && index > firstKept) return [{ start: before.end, end: member.end, bytes: "" }];
    return [{ start: member.nameStart, end: after?.nameStart ?? member.end, bytes: "" }];
  });
}

/** The reply that puts questions to a client, which sends the request again with the answers and `state`. */
export function inputRequired(id: string, requests: readonly string[], state: string): string {
  const result = `"resultType":"input_required","inputRequests":{${requests.join(",")}},"requestState":"${state}"`;
  return `{"jsonrpc":"2.0","id":${id},"result":{${result}}}`;
}
