import type { Downstream } from "../downstream/downstream.ts";
import type { Message } from "../wire/message.ts";
import type { Asking } from "./ask.ts";
import { Exchange } from "./exchange.ts";

/** All that is under way, or waits for its client; looked for no further than it is taken. */
export function* openExchanges(downstreams: readonly Downstream[], asking: Asking): Generator<Exchange> {
  yield* asking.exchanges();
  for (const downstream of downstreams)
    for (const request of downstream.requests()) if (request instanceof Exchange) yield request;
}

/** The exchange of a request. */
export function exchangeOf(wanted: Message, exchanges: Iterable<Exchange>): Exchange | undefined {
  // All calls of a plan may be taken back at once: none is looked at behind it.
  for (const exchange of exchanges) if (exchange.request === wanted) return exchange;
  return undefined;
}
