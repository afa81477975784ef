import type { Client } from "../client/client.ts";
import { slot } from "../wire/members.ts";
import type { Message } from "../wire/message.ts";
import type { Exchange } from "./exchange.ts";
import type { MetaRequests } from "./meta-requests.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** Where a request can be that a client takes back. */
export type Places = {
  /** Those that wait for servers to start. */
  readonly early: readonly Message[];
  readonly meta: MetaRequests;
  /** The client's. */
  readonly exchanges: readonly Exchange[];
  readonly subscriptions: Subscriptions;
};

/**
 * What a `notifications/cancelled` means: the request, as long as it waits for its reply, and its exchange where it was
 * passed on. A stream that it means is ended here.
 */
export function meantBy(
  notice: Message,
  client: Client,
  { early, meta, exchanges, subscriptions }: Places,
): { readonly sent?: Exchange | undefined; readonly requests: readonly Message[] } {
  const id = notice.raw(slot.requestId);
  const waiting = early.filter((message) => message.raw(slot.id) === id);
  const sent = exchanges.filter(
    (exchange) => exchange.id === id && exchange.isAwaited && !client.isIssued(exchange.request),
  );
  const requests = [...waiting, ...meta.awaited(client, id), ...sent.map(({ request }) => request)];
  // Of two requests under one id nobody can say which is meant; ending the wrong one is worse than ending none.
  if (Number(subscriptions.has(client, id)) + requests.length !== 1) return { requests: [] };
  subscriptions.cancel(client, id);
  return { sent: sent[0], requests };
}
