import type { Client } from "../client/client.ts";
import { callingOf } from "../client/introduction.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { digest } from "./digest.ts";
import type { RelayOptions } from "./relay.ts";

/** What the model behind a client is told of the servers, at most 2,048 characters. */
export function instructionsFor(
  client: Client | undefined,
  { config, downstreams, redact }: RelayOptions,
  instructionsOf: (downstream: Downstream) => string | undefined,
): string {
  const calling = callingOf(config.callTools.scope !== "off", client?.isLazy === true);
  const described = downstreams.map((one) => ({
    name: one.name,
    state: whyNotReady(one),
    instructions: instructionsOf(one),
  }));
  const told = digest(described, config.instructions === "servers", calling);
  return redact?.(told) ?? told;
}

function whyNotReady({ state }: Downstream): string | undefined {
  if (state.kind === "ready") return undefined;
  return state.kind === "starting" ? "still starting" : state.reason;
}
