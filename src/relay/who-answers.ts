import type { Client } from "../client/client.ts";
import type { Request } from "../downstream/call.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { cutAt, rpcCode } from "../errors.ts";
import { asksInReplies } from "./eras.ts";
import { Exchange } from "./exchange.ts";
import { asking, questions } from "./question.ts";

/** What a client that knows a question at all can answer one of. */
const variants = [{}, { mode: "url" }];

/**
 * Who is asked what a server asks: the client of the newest of the requests under way there whose client can answer it
 * (a server over stdio does not say in which of them it asks; where it does, it is that one's, `within`), else a client that has greeted us and can. "away": those
 * who could are asked something already and are not back yet. Undefined: nobody can.
 */
export function whoAnswers(
  downstream: Downstream,
  clients: Iterable<Client>,
  method: string,
  params: unknown,
  within?: Request,
): Exchange | Client | "away" | undefined {
  if (within instanceof Exchange) {
    if (!canAnswer(within, method, params)) return undefined;
    return within.isAwaited ? within : "away";
  }
  let isAway = false;
  let newest: Exchange | undefined;
  const isKnown = questions.has(method);
  for (const request of downstream.requests()) {
    if (!(request instanceof Exchange) || !request.call?.isSent) continue;
    if (!canAnswer(request, method, params)) continue;
    if (!request.isAwaited) isAway = true;
    else if (newest === undefined || request.arrivedAt >= newest.arrivedAt) newest = request;
  }
  if (newest !== undefined) return newest;
  const canAsk = ({ session }: Client): boolean =>
    session !== undefined && (!isKnown || session.identity.canAsk(method, params));
  return [...clients].find(canAsk) ?? (isAway ? "away" : undefined);
}

/** Why a server is refused what nobody can answer now. */
export function whyNobody(
  downstream: Downstream,
  clients: readonly Client[],
  method: string,
  params: unknown,
  within?: Request,
): { readonly code: number; readonly text: string } {
  const isKnown = variants.some((one) => whoAnswers(downstream, clients, method, one, within) !== undefined);
  const isTooEarly = within === undefined && isAnsweredWithin(clients, method, params);
  const text = isTooEarly
    ? `${method} can be asked of this client only while one of its requests is under way`
    : `this client cannot be asked ${cutAt(80, method)}${isKnown ? " in this way" : ""}`;
  return { code: isKnown ? rpcCode.invalidParams : rpcCode.methodNotFound, text };
}

/**
 * A question that we do not know is the client's to refuse, where it can be asked by a request. Who is asked in replies
 * can be asked in those alone that may be questions.
 */
function canAnswer({ arrival, client }: Exchange, method: string, params: unknown): boolean {
  const { origin } = arrival;
  if (asksInReplies(origin.era) && !asking.has(arrival.method)) return false;
  return questions.has(method) ? origin.identity.canAsk(method, params) : origin === client.session;
}

/** Whether there is a client that could be asked this in a reply, which it gets to a request of its own alone. */
function isAnsweredWithin(clients: Iterable<Client>, method: string, params: unknown): boolean {
  return (
    questions.has(method) && [...clients].some(({ lastEnvelope }) => lastEnvelope?.identity.canAsk(method, params))
  );
}
