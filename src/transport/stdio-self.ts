import type { Clock } from "../ports/clock.ts";
import type { MessageLimits } from "../wire/lines.ts";
import { type LineLink, openLineLink } from "./line-link.ts";
import type { LinkEvents } from "./link.ts";

/**
 * The link to the client that started us, over our own stdin and stdout. Nothing else may write to stdout. `closed`
 * means that the client has ended its side or is gone.
 */
export function openStdioSelf(limits: MessageLimits, clock: Clock, events: LinkEvents): LineLink {
  return openLineLink({ input: process.stdin, output: process.stdout }, limits, clock, events);
}
