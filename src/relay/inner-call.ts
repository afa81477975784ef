import type { Issuer } from "../client/answerer.ts";
import type { Client } from "../client/client.ts";
import type { Origin } from "../client/handshake.ts";
import { cutAt, rpcCode } from "../errors.ts";
import type { Answers, MetaCall, Outcome } from "../metatools/meta-tool.ts";
import type { BadLine } from "../wire/lines.ts";
import { slot } from "../wire/members.ts";
import { encodeString, Message, type Outgoing } from "../wire/message.ts";
import { membersOf } from "../wire/walk.ts";
import { resultTypeOf } from "./eras.ts";
import { kindOf, questions, readQuestions } from "./question.ts";

/** Whose name a call is made in: `request` is the one that waits now, `call` what it has begun. */
type Caller = { readonly client: Client; readonly request: Message; readonly call: MetaCall | undefined };

const done = Promise.resolve();

/** A call that a meta-tool makes in its client's name. */
export class InnerCall implements Issuer {
  readonly #caller: Caller;
  readonly #request: Message | BadLine;
  readonly #read: (reply: Outgoing | Message) => Outcome;
  readonly #settled: (outcome: Outcome) => void;
  #isCancelled = false;

  constructor(
    caller: Caller,
    request: Message | BadLine,
    read: (reply: Outgoing | Message) => Outcome,
    settled: (outcome: Outcome) => void,
  ) {
    this.#caller = caller;
    this.#request = request;
    this.#read = read;
    this.#settled = settled;
  }

  get within(): Message {
    return this.#caller.request;
  }

  begin(origin: Origin): void {
    if (this.#request instanceof Message) this.#caller.client.issue(this.#request, origin, this);
    else this.#settle(tooLarge);
  }

  reply(reply: Outgoing | Message): void {
    this.#settle(this.#read(reply));
  }

  hold(): (() => void) | undefined {
    return this.#caller.call?.hold?.();
  }

  cancel(reason: string): boolean {
    this.#isCancelled = true;
    return this.#withdraw(reason);
  }

  #withdraw(reason: string): boolean {
    return this.#request instanceof Message && this.#caller.client.withdraw(this.#request, reason);
  }

  /** Whoever calls has noted it by then. */
  #settle(outcome: Outcome): void {
    void done.then(() => {
      if (this.#isCancelled) return;
      this.#settled(outcome.kind === "asks" ? { ...outcome, drop: (reason) => void this.#withdraw(reason) } : outcome);
    });
  }
}

const tooLarge: Outcome = {
  kind: "error",
  code: rpcCode.invalidRequest,
  message: "the call is too long or too deep (limits.maxMessageBytes, limits.maxDepth)",
  data: undefined,
};

const broken = {
  kind: "error",
  code: rpcCode.internalError,
  message: "its reply cannot be read",
  data: undefined,
} as const;

/** What a reply is to whoever made the call; `origin` is that of the client, for whom it was written. */
export function outcomeOf(reply: Message | BadLine, { era, identity }: Origin): Outcome {
  if (!(reply instanceof Message)) return broken;
  if (reply.has(slot.error)) {
    const data = reply.has(slot.data) ? reply.bytes(reply.start(slot.data), reply.end(slot.data)) : undefined;
    const message = reply.text(slot.message) ?? "an error without a message";
    return { kind: "error", code: Number(reply.raw(slot.code)), message, data };
  }
  if (reply.firstByte(slot.result) !== 0x7b) return { ...broken, message: "its result is no object" };
  const result = reply.bytes(reply.start(slot.result), reply.end(slot.result));
  const type = resultTypeOf(reply, era);
  if (type === "complete") return { kind: "result", result };
  if (type !== "input_required")
    return { ...broken, message: `its result is of the type ${JSON.stringify(cutAt(40, type))}` };
  const { requests, isWhole } = readQuestions(reply);
  if (!isWhole) return { ...broken, message: "its reply asks something that cannot be read" };
  const wrong = requests.find(
    ({ method, params }) => !questions.has(method) || !identity.canAsk(method, kindOf(params)),
  );
  if (wrong !== undefined) return cannotAsk(wrong.method);
  const members = new Map([...membersOf(result, 0)].map((one) => [one.name, result.subarray(one.start, one.end)]));
  return { kind: "asks", inputRequests: members.get("inputRequests"), requestState: members.get("requestState") };
}

/** Put to a client that does not know it, it would cost what all other calls have given. */
function cannotAsk(method: string): Outcome {
  const text = `it asked ${cutAt(80, method)}, which this client cannot answer. The call may have run.`;
  const mark = { origin: "tutti", code: "cannot_ask", mayHaveRun: true };
  const result = { content: [{ type: "text", text }], isError: true, _meta: { "tutti/error": mark } };
  return { kind: "result", result: Buffer.from(JSON.stringify(result)) };
}

/** An object of a message, as it stands; an empty one where it is none. */
export function objectIn(
  message: Message,
  member: typeof slot.params | typeof slot.inputResponses | typeof slot.meta,
): Buffer {
  const isObject = message.firstByte(member) === 0x7b;
  return isObject ? message.bytes(message.start(member), message.end(member)) : Buffer.from("{}");
}

/** What the client's own request says of it stays in calls in its name, the token of its progress only where `hasToken`: a member, with a comma. */
export function innerMeta(outer: Message, hasToken: boolean): string {
  const meta = objectIn(outer, slot.meta);
  const kept = [...membersOf(meta, 0)]
    .filter(({ name }) => hasToken || name !== "progressToken")
    .map(({ nameStart, end }) => meta.toString("latin1", nameStart, end));
  return kept.length === 0 ? "" : `"_meta":{${kept.join(",")}},`;
}

/** Of a call of `tool`: `args` in bytes, `meta` as `innerMeta` gives it. */
export function innerParams(tool: string, args: string, meta: string, answers: Answers | undefined): string {
  const state = answers?.requestState;
  const responses = answers === undefined ? "" : `,"inputResponses":${answers.inputResponses.toString("latin1")}`;
  const more = state === undefined ? responses : `${responses},"requestState":${state.toString("latin1")}`;
  return `{${meta}"name":${encodeString(tool)},"arguments":${args}${more}}`;
}
