import type { CallEnded, Events } from "../events.ts";
import type { Clock } from "../ports/clock.ts";
import type { Exchange } from "./exchange.ts";

/** Publishes how a tool call has ended; of other requests nothing. */
export function publishEnd(
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
