import type { Client } from "../client/client.ts";
import type { Request } from "../downstream/call.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { toProtocolError } from "../errors.ts";
import type { Timer } from "../ports/clock.ts";
import { slot } from "../wire/members.ts";
import type { Message, Outgoing } from "../wire/message.ts";
import { Exchange, tokenOf } from "./exchange.ts";
import { nameEdits, paramsOf } from "./question.ts";

/** One question of a server that wrote it as a request. */
export type Ask = {
  readonly downstream: Downstream;
  /** The server's id, as it stands. */
  readonly id: string;
  readonly method: string;
  readonly message: Message;
  /** The request in which it is asked, where that is known. */
  readonly within: Request | undefined;
  /** Takes it back where it was put to somebody. */
  withdraw: (notice: Message | undefined) => void;
  timer: Timer | undefined;
};

/** Tells a server that its question gets no answer, and why. */
export function refuse({ downstream, id }: Ask, code: number, text: string): void {
  downstream.answer(toProtocolError(id, code, `tutti: ${text}`));
}

/** What becomes of a question that was put to a client; one of both is called, once, unless it is taken back. */
type Forwarded = {
  /** For the server, under its id. */
  readonly answered: (answer: Outgoing) => void;
  readonly lost: (why: keyof typeof lostTexts) => void;
};

/** Why no answer of a client will come, for the server. */
export const lostTexts = {
  left: "the client has left",
  spoilt: "the client's answer cannot be read",
  over: "the calls that it could be about are over",
};

/** Puts a question to a client as a request of ours; `about`: its request in which the server asks. */
export function forward(ask: Ask, client: Client, about: Message | undefined, { answered, lost }: Forwarded): void {
  const { downstream, id, method, message } = ask;
  const token = tokenOf(message);
  const encode = (own: number): Outgoing => {
    const edits = [{ start: message.start(slot.id), end: message.end(slot.id), bytes: String(own) }];
    edits.push(...nameEdits(method, paramsOf(message), message.start(slot.params), downstream.name));
    if (token !== undefined) {
      edits.push({ start: message.start(slot.wantedToken), end: message.end(slot.wantedToken), bytes: String(own) });
    }
    return message.splice(edits);
  };
  const asked = {
    reply: (reply: Message) =>
      answered(reply.splice([{ start: reply.start(slot.id), end: reply.end(slot.id), bytes: id }])),
    progress: (notice: Message) => {
      if (token === undefined) return;
      const at = { start: notice.start(slot.token), end: notice.end(slot.token) };
      downstream.notify(notice.splice([{ ...at, bytes: token }]));
    },
    lost,
  };
  const ours = client.ask(encode, asked, downstream, about);
  ask.withdraw = (notice) => {
    if (!client.forgetAsk(ours)) return;
    const at = notice && { start: notice.start(slot.requestId), end: notice.end(slot.requestId) };
    const plain = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${ours}}}`;
    // From the same source as the question, which it would overtake otherwise.
    client.notify(notice && at ? notice.splice([{ ...at, bytes: String(ours) }]) : plain, downstream, about);
  };
}

/** A server over stdio does not say which of its calls asks, so each has the time for an answer. */
export function extendAll(downstream: Downstream, ms: number): void {
  for (const request of downstream.requests()) if (request instanceof Exchange) request.call?.extend(ms);
}
