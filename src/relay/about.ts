import type { Client } from "../client/client.ts";
import { callingOf } from "../client/introduction.ts";
import { digest } from "./digest.ts";
import type { RelayOptions } from "./relay.ts";

/** What the model behind a client is told of the servers, at most 2,048 characters. */
export function instructionsFor(client: Client | undefined, { config, downstreams, redact }: RelayOptions): string {
  const calling = callingOf(config.callTools.scope !== "off", client?.isLazy === true);
  const described = downstreams.map(({ name, state, greeting }) => ({
    name,
    state: state.kind === "ready" ? undefined : state.kind === "starting" ? "still starting" : state.reason,
    instructions: greeting?.instructions,
  }));
  const told = digest(described, config.instructions === "servers", calling);
  return redact?.(told) ?? told;
}
