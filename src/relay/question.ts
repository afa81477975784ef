import { slot } from "../wire/members.ts";
import { type Edit, encodeString, type Message, spliced } from "../wire/message.ts";
import { membersOf } from "../wire/walk.ts";

/** What can be asked of a client in the middle of a request; everything else is a method that one side does not know. */
export const questions: ReadonlySet<string> = new Set(["elicitation/create", "sampling/createMessage", "roots/list"]);

/** Requests whose reply may ask something. */
export const asking: ReadonlySet<string> = new Set(["tools/call", "prompts/get", "resources/read"]);

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
  const { elicitationId } = JSON.parse(paramsOf(message).toString()) as { elicitationId?: unknown };
  return typeof elicitationId === "string" ? elicitationId : undefined;
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

/** What a reply asks, and the state that goes back with the answers, as it stands; undefined where it cannot be read. */
export function readQuestions(reply: Message): { requests: InputRequest[]; state: string | undefined } | undefined {
  const resultAt = reply.start(slot.result);
  const result = reply.bytes(resultAt, reply.end(slot.result));
  const requests: InputRequest[] = [];
  let state: string | undefined;
  for (const member of membersOf(result, 0)) {
    if (member.name === "requestState") state = result.toString("latin1", member.start, member.end);
    if (member.name !== "inputRequests") continue;
    if (result[member.start] !== 0x7b) return undefined;
    for (const request of membersOf(result, member.start)) {
      const key = result.toString("latin1", request.nameStart, request.nameEnd);
      const read = readRequest(result, request.start);
      if (read === undefined) return undefined;
      const { method, start, end } = read;
      const params = start === -1 ? Buffer.from("{}") : result.subarray(start, end);
      requests.push({ key, method, params, at: resultAt + start });
    }
  }
  return state === undefined && requests.length === 0 ? undefined : { requests, state };
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
  return members.flatMap((member, index) => {
    if (member.name !== name) return [];
    const [before, after] = [members[index - 1], members[index + 1]];
    if (before !== undefined) return [{ start: before.end, end: member.end, bytes: "" }];
    return [{ start: member.nameStart, end: after?.nameStart ?? member.end, bytes: "" }];
  });
}

/** The reply that puts questions to a client, which sends the request again with the answers and `state`. */
export function inputRequired(id: string, requests: readonly string[], state: string): string {
  const result = `"resultType":"input_required","inputRequests":{${requests.join(",")}},"requestState":"${state}"`;
  return `{"jsonrpc":"2.0","id":${id},"result":{${result}}}`;
}
