import type { CallEnded, Events } from "../events.ts";
import type { MetaTools } from "../metatools/index.ts";
import type { Clock } from "../ports/clock.ts";
import type { Asking } from "./ask.ts";
import type { Exchange, Exchanges } from "./exchange.ts";
import type { Offers } from "./offers.ts";
import type { Routes } from "./routes.ts";
import type { Tasks } from "./tasks.ts";

export type ExchangeContextOptions = {
  readonly config: { readonly errors: Exchanges["errors"] };
  readonly clock: Clock;
  readonly events: Events;
  readonly metaTools: MetaTools;
  readonly redact?: (text: string) => string;
  readonly routes: Routes;
  readonly offers: Offers;
  readonly asking: Asking;
  readonly tasks: Tasks;
};

/** What all exchanges of a relay have in common. */
export function exchangeContext(options: ExchangeContextOptions): Exchanges {
  const { config, clock, metaTools, redact, routes, offers, asking, tasks } = options;
  return {
    errors: config.errors,
    resolve: ({ arrival }) => routes.original(arrival),
    isHarmlessTwice: ({ arrival: { target } }) => offers.isHarmlessTwice(target),
    question: (exchange, reply, type) => asking.question(exchange, reply, type),
    redact,
    shorten: metaTools.longResults?.shorten,
    task: ({ client, arrival }, reply) => tasks.begin(client, arrival.downstream, reply),
    soon: clock.soon,
    after: clock.after,
    settled: (exchange, outcome) => {
      asking.ended(exchange, outcome);
      publishEnd(exchange, outcome, options);
    },
  };
}

/** Publishes how a tool call has ended; of other requests nothing. */
function publishEnd(
  { id, call, arrival }: Exchange,
  outcome: CallEnded["outcome"],
  { events, clock }: { readonly events: Events; readonly clock: Clock },
): void {
  const { method, target: tool, downstream, arrivedAt } = arrival;
  if (method !== "tools/call" || !events.wants("callEnded")) return;
  const now = clock.now();
  const queuedMs = (call?.sentAt ?? now) - arrivedAt;
  events.publish("callEnded", { server: downstream?.name, tool, id, queuedMs, totalMs: now - arrivedAt, outcome });
}
