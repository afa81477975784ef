import type { ServerConfig } from "../config/config.ts";
import type { Downstream } from "../downstream/downstream.ts";
import type { Events } from "../events.ts";
import type { MetaTools } from "../metatools/index.ts";
import type { CrowdOptions } from "./crowd.ts";
import type { Pins } from "./pins.ts";
import type { Users } from "./users.ts";

export type RelayOptions = CrowdOptions & {
  /** In the order of the configuration. */
  readonly downstreams: readonly Downstream[];
  readonly events: Events;
  /** Random bytes, at least 32, with which what clients carry for us is sealed. */
  readonly sealKey: Buffer;
  readonly metaTools: MetaTools;
  /** Shared by the relays that share servers. */
  readonly users?: Users;
  /** Takes secrets out of what tutti itself says, which may quote a server. */
  readonly redact?: (text: string) => string;
  /** What was pinned of a server; undefined: nothing is compared. */
  readonly pins?: (server: ServerConfig) => Pins | undefined;
  /** All servers have started or had their time, or the lists are others since then. */
  readonly settled?: () => void;
};
