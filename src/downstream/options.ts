import type { ServerConfig } from "../config/config.ts";
import type { Clock } from "../ports/clock.ts";
import type { OpenLink } from "../transport/link.ts";
import type { Message } from "../wire/message.ts";
import type { Request } from "./call.ts";
import type { Greeting, Identity } from "./handshake.ts";
import type { Seen } from "./memory.ts";
import type { Verdicts } from "./verdicts.ts";

export type State =
  | { readonly kind: "starting" }
  | { readonly kind: "ready"; readonly greeting: Greeting; readonly startedInMs: number }
  /** `reason`: one line. `isFailure`: it never was ready. */
  | { readonly kind: "down"; readonly reason: string; readonly isFailure: boolean };

export type DownstreamEvents = {
  /** Its lists are other than before. */
  readonly offerChanged: () => void;
  /** It is ready, or down. */
  readonly stateChanged: () => void;
  /** It is ready as before, and knows nothing of what it was told since it was greeted. */
  readonly renewed: () => void;
  /** It asks the client something; `answer` it. `within`: the request in which it asks, where that is known. */
  readonly asked: (method: string, message: Message, within: Request | undefined) => void;
  /** It notifies of something that is neither progress nor a change of its lists; `within` as before. */
  readonly notified: (method: string, message: Message, within: Request | undefined) => void;
  readonly stdoutLine: (line: string) => void;
  readonly oddity: (text: string) => void;
  readonly defect: (cause: unknown) => void;
};

export type DownstreamOptions = {
  readonly config: ServerConfig;
  readonly version: string;
  readonly openLink: OpenLink;
  /** Whom a server that greets its client once is greeted for; resolves when a client is there. */
  readonly who: () => Promise<Identity>;
  /** What was learnt of the server under `launchKey` before. */
  readonly verdicts: Verdicts;
  readonly launchKey: string;
  /** What was seen of it at an earlier start: what it offers until it says so itself. */
  readonly seen?: Seen | undefined;
  /** Takes secrets out of what the server says of itself, before anybody is told. */
  readonly redact: (text: string) => string;
  /** Whether several clients use it, so that what it says outside its replies may be about any of them. */
  readonly isShared: boolean;
  readonly clock: Clock;
  readonly events: DownstreamEvents;
};
