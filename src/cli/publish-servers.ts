import { counted } from "../catalog/definition.ts";
import type { Downstream } from "../downstream/downstream.ts";
import type { Events, ServerChanged } from "../events.ts";

/** Tells how a server is now. */
export function publishState(downstream: Downstream, events: Events): void {
  const { name, state, offer } = downstream;
  const tell = (kind: ServerChanged["state"], text: string): void =>
    events.publish("serverChanged", { server: name, state: kind, text });
  if (state.kind === "ready") {
    const tools = counted("tools", offer.tools.definitions.length);
    tell("ready", `ready with ${tools} in ${(state.startedInMs / 1000).toFixed(1)} s`);
  } else if (state.kind === "idle")
    tell("idle", "stopped, because nothing was called (idleStopMs); the next call starts it");
  else if (state.kind === "draining") tell("draining", "finishes what runs and takes nothing new");
  else if (state.kind === "down") {
    const trouble = downstream.lifeTrouble ?? state.reason;
    if (state.needsLogin) tell("needs sign-in", trouble);
    else tell(state.isFailure ? "failed" : "ended", state.isFailure ? `did not start: ${trouble}` : trouble);
  }
}

/** Tells whether calls of a server are refused because others have failed. */
export function publishBreaker({ name, breakerTrouble }: Downstream, events: Events): void {
  const [state, text] =
    breakerTrouble === undefined
      ? (["breaker closed", "used again"] as const)
      : (["breaker open", breakerTrouble] as const);
  events.publish("serverChanged", { server: name, state, text });
}
