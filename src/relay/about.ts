import type { About } from "../client/handshake.ts";
import { callingOf } from "../client/introduction.ts";
import type { Config } from "../config/config.ts";
import type { Downstream } from "../downstream/downstream.ts";
import { digest } from "./digest.ts";
import type { Routes } from "./routes.ts";

export type AboutOptions = {
  readonly config: Config;
  readonly downstreams: readonly Downstream[];
  readonly routes: Routes;
  /** Takes secrets out of what tutti itself says, which may quote a server. */
  readonly redact?: (text: string) => string;
  /** What a server says of itself to the model, as far as that is not withheld. */
  readonly instructionsOf: (downstream: Downstream) => string | undefined;
  readonly isLazy: boolean;
  /** For the next start: without the state of servers. */
  readonly isLasting?: boolean;
};

/** What handshakes tell of the servers behind us; the model is told at most 2,048 characters. */
export function aboutServers(options: AboutOptions): About {
  const { config, downstreams, routes, redact, instructionsOf, isLazy, isLasting = false } = options;
  const described = downstreams.map((one) => ({
    name: one.name,
    state: isLasting ? undefined : one.trouble,
    instructions: instructionsOf(one),
  }));
  const calling = callingOf(config.callTools.scope !== "off", isLazy);
  const told = digest(described, config.instructions === "servers", calling);
  return { instructions: redact?.(told) ?? told, extensions: routes.extensions() };
}
