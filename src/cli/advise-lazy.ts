import type { Events } from "../events.ts";
import { aboutSize, tokensIn } from "./check/about-tools.ts";
import type { Tutti } from "./compose.ts";

/** Says in the log what it costs to show a model all tools, where that is much. */
export function adviseLazy({ relay }: Tutti, events: Events): void {
  const tokens = (isLazy: boolean): number => tokensIn(relay.catalog.list("tools", false, isLazy).length);
  // How many tools a program takes is said by `check` alone.
  for (const { text, cure } of aboutSize(0, tokens(false), tokens(true)))
    events.publish("notice", { text: `${text}; ${cure}` });
}
